import { sha256 } from "../../kernel/canonical.ts";
import { type CommandHead, commandText, commandValues, words } from "../command-head.ts";
import { type Form, formOfCommand, formOfToken } from "../form.ts";
import { safeToken } from "../detail.ts";
import type { ChatUser, Click, CommandCall } from "../surface.ts";
import { unescapeSlack } from "./escape.ts";

/** Where the private answer goes. */
export interface Back {
  readonly responseUrl?: string;
  readonly channel?: string;
  readonly user: string;
}

/** What a form remembers while it is open: the button's token, or the command's name. */
export interface FormState {
  readonly token?: string;
  readonly command?: string;
  readonly channel?: string;
}

/** What Slack sent, in our words. */
export type SlackRequest =
  | { readonly kind: "event"; readonly event: Click | CommandCall; readonly back: Back }
  | {
      readonly kind: "form";
      readonly form: Form;
      readonly state: FormState;
      readonly triggerId: string;
      readonly back: Back;
    }
  | { readonly kind: "refused"; readonly why: string; readonly back: Back }
  | { readonly kind: "ignored" };

type Bag = Readonly<Record<string, unknown>>;
const bag = (value: unknown): Bag => (typeof value === "object" && value !== null ? (value as Bag) : {});
const str = (value: unknown): string => (typeof value === "string" ? value : "");

/** The command that stands for all others where a workspace has taken their names: "/desk help". */
export const UMBRELLA = "desk";

const FOREIGN = "This desk takes no requests from other workspaces; nothing was done.";
const NOBODY = "The request did not say who sent it; nothing was done.";

/** Chars of a delivery id that come from outside, bounded. */
const id = (text: string): string => (text.length <= 200 ? text : sha256(text));

interface From {
  readonly team: string;
  readonly heads: readonly CommandHead[];
  readonly at: Date;
}

/**
 * Reads an interaction, a form's submission or a slash command.
 * @param from.team the one workspace whose people are heard
 */
export function readSlack(body: unknown, from: From): SlackRequest {
  const one = bag(body);
  if (one["command"] !== undefined) return readCommand(one, from);
  if (one["type"] === "block_actions") return readClick(one, from);
  if (one["type"] === "view_submission") return readForm(one, from);
  return { kind: "ignored" };
}

const person = (space: string, user: string): ChatUser => ({ surface: "slack", space, user });

function refusal(space: string, user: string, from: From): string | null {
  if (space === "" || user === "") return NOBODY;
  return space === from.team ? null : FOREIGN;
}

function readClick(body: Bag, from: From): SlackRequest {
  const user = bag(body["user"]);
  const action = bag((body["actions"] as unknown[] | undefined)?.[0]);
  const space = str(user["team_id"]) || str(bag(body["team"])["id"]);
  const back = {
    user: str(user["id"]),
    ...(str(body["response_url"]) === "" ? {} : { responseUrl: str(body["response_url"]) }),
    ...(str(bag(body["channel"])["id"]) === "" ? {} : { channel: str(bag(body["channel"])["id"]) }),
  };
  // The link to the console is a button too: Slack reports the press, there is nothing to do.
  if (str(action["action_id"]) === "bw-open") return { kind: "ignored" };
  const why = refusal(space, back.user, from);
  if (why !== null) return { kind: "refused", why, back };
  const token = safeToken(str(action["value"]));
  const form = formOfToken(token);
  const triggerId = str(body["trigger_id"]);
  if (form !== undefined) {
    const state = { token, ...(back.channel === undefined ? {} : { channel: back.channel }) };
    return { kind: "form", form, state, triggerId, back };
  }
  const delivery = triggerId || `${str(bag(body["container"])["message_ts"])}:${str(action["action_ts"])}:${back.user}`;
  return {
    kind: "event",
    back,
    event: {
      type: "click",
      deliveryId: `slack:${id(delivery)}`,
      user: person(space, back.user),
      token,
      fields: {},
      at: from.at,
    },
  };
}

function readCommand(body: Bag, from: From): SlackRequest {
  const back = {
    user: str(body["user_id"]),
    ...(str(body["response_url"]) === "" ? {} : { responseUrl: str(body["response_url"]) }),
    ...(str(body["channel_id"]) === "" ? {} : { channel: str(body["channel_id"]) }),
  };
  const why = refusal(str(body["team_id"]), back.user, from);
  if (why !== null) return { kind: "refused", why, back };
  const typed = unescapeSlack(str(body["text"])).slice(0, 4_000);
  const name = str(body["command"]).replace(/^\//, "");
  const text = name === UMBRELLA ? `/${typed.replace(/^\s*\//, "").trim() || "help"}` : `/${name} ${typed}`.trim();
  const [called = "", ...rest] = words(text);
  const head = from.heads.find((one) => `/${one.name}` === called);
  const values = head === undefined ? {} : commandValues(head, rest);
  const form = head === undefined ? undefined : formOfCommand(head, values);
  const triggerId = str(body["trigger_id"]);
  if (form !== undefined && head !== undefined) {
    const state = { command: head.name, ...(back.channel === undefined ? {} : { channel: back.channel }) };
    return { kind: "form", form, state, triggerId, back };
  }
  return {
    kind: "event",
    back,
    event: {
      type: "command",
      deliveryId: `slack:${id(triggerId || sha256(JSON.stringify(body)))}`,
      user: person(str(body["team_id"]), back.user),
      text,
      at: from.at,
    },
  };
}

/** What was filled in, by field name; block ids are the names. */
function answers(view: Bag): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, elements] of Object.entries(bag(bag(view["state"])["values"]))) {
    const element = bag(Object.values(bag(elements))[0]);
    const value = str(element["value"]) || str(bag(element["selected_option"])["value"]);
    if (value !== "") given[name] = value.slice(0, 3_000);
  }
  return given;
}

/** The state a form carried, or null where it is not one of ours. */
function readState(text: string): FormState | null {
  try {
    const state = bag(JSON.parse(text));
    const known = (name: string) => (typeof state[name] === "string" ? { [name]: state[name] } : {});
    return { ...known("token"), ...known("command"), ...known("channel") };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function readForm(body: Bag, from: From): SlackRequest {
  const user = bag(body["user"]);
  const view = bag(body["view"]);
  const state = readState(str(view["private_metadata"]));
  const space = str(user["team_id"]) || str(bag(body["team"])["id"]);
  const back = { user: str(user["id"]), ...(state?.channel === undefined ? {} : { channel: state.channel }) };
  const why = refusal(space, back.user, from);
  if (why !== null) return { kind: "refused", why, back };
  const fields = answers(view);
  // One form is submitted once: the view's id, not the press, is the delivery.
  const head = { deliveryId: `slack:view:${id(str(view["id"]))}`, user: person(space, back.user), at: from.at };
  if (state?.token !== undefined) {
    return { kind: "event", back, event: { type: "click", ...head, token: safeToken(state.token), fields } };
  }
  const command = from.heads.find((one) => one.name === state?.command);
  if (command === undefined)
    return { kind: "refused", why: "This form is not known any more; nothing was done.", back };
  return { kind: "event", back, event: { type: "command", ...head, text: commandText(command, fields) } };
}
