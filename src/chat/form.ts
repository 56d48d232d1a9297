import type { CardAction } from "./card.ts";
import type { CommandArg, CommandHead } from "./command-head.ts";

/** One thing a form asks for. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  /** One sentence below the label. */
  readonly hint?: string;
  readonly required: boolean;
  /** The only answers; without them any line is taken. */
  readonly choices?: readonly string[];
  /** Stands in the field when it opens. */
  readonly value?: string;
  /** Several lines. */
  readonly long?: boolean;
}

/** What a person fills in where a button or a bare command is not enough; drawn as a modal by Slack and Discord. */
export interface Form {
  readonly title: string;
  readonly submit: string;
  readonly fields: readonly FormField[];
}

/** How an incident may end: the words of incidents/lifecycle.ts, which chat may not import; a test compares. */
export const RESOLUTIONS = ["handled", "recovered", "false-alarm", "duplicate", "accepted-risk", "test"] as const;
/** How long a silence may last when asked for with a button. */
const SILENCE_TIMES = ["30m", "1h", "4h", "1d"] as const;

/** Buttons that ask before they are sent; the answers come back as the click's fields. */
const ACTION_FORMS: Partial<Record<CardAction, Form>> = {
  deny: {
    title: "Deny the plan",
    submit: "Deny",
    fields: [{ name: "reason", label: "Why", required: true, long: true }],
  },
  resolve: {
    title: "Resolve the incident",
    submit: "Resolve",
    fields: [
      { name: "resolution", label: "How it ended", required: true, choices: RESOLUTIONS },
      { name: "reason", label: "Note", required: false, long: true },
    ],
  },
  silence: {
    title: "Silence such alerts",
    submit: "Silence",
    fields: [
      { name: "time", label: "For how long", required: true, choices: SILENCE_TIMES },
      { name: "reason", label: "Why", required: true },
    ],
  },
};

/** The action a token asks for: `incident:version:action[:subject]`. */
const tokenAction = (token: string): string => token.split(":")[2] ?? "";

/** The form a token's button opens, or undefined where the press itself is the request. */
export function formOfToken(token: string): Form | undefined {
  const action = tokenAction(token);
  return Object.hasOwn(ACTION_FORMS, action) ? ACTION_FORMS[action as CardAction] : undefined;
}

const asked = (arg: CommandArg, verb: string | undefined): boolean =>
  arg.ask === true || (arg.ask !== undefined && verb !== undefined && arg.ask.includes(verb));

/** The form for a command typed without what it asks for, or undefined where it can go as it is. */
export function formOfCommand(head: CommandHead, values: Readonly<Record<string, string>>): Form | undefined {
  const first = head.args[0];
  const verb = first === undefined ? undefined : values[first.name];
  const missing = head.args.some((arg) => asked(arg, verb) && (values[arg.name] ?? "") === "");
  if (!missing) return undefined;
  return {
    title: `/${head.name}`,
    submit: "Go on",
    // Five is the most that Discord's modals hold.
    fields: head.args.slice(0, 5).map((arg) => ({
      name: arg.name,
      label: arg.name.charAt(0).toUpperCase() + arg.name.slice(1),
      hint: arg.summary,
      required: arg.required || asked(arg, verb),
      ...(arg.choices === undefined ? {} : { choices: arg.choices }),
      ...(values[arg.name] === undefined ? {} : { value: values[arg.name] as string }),
    })),
  };
}
