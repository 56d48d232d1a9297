import type { ChatUser, Click, CommandCall, Reply } from "../chat/surface.ts";
import { commandValues, words } from "../chat/command-head.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Db } from "../db/client.ts";
import { append } from "../ledger/append.ts";
import { RESOLUTIONS } from "../incidents/lifecycle.ts";
import type { DeskApi } from "./api.ts";
import type { Completion, DeskCommand, Person } from "./command.ts";
import { pressed, readToken } from "./deed.ts";
import type { PeopleBook } from "./people/people.ts";

/** Writes each command that somebody may call into the ledger, before it is done. */
export const writesCalls =
  (db: Db): InboundContext["called"] =>
  (person, text) =>
    db.transaction(async (tx) => {
      await append(tx, {
        actor: `person:${person.id}`,
        type: "command.called",
        object: text.slice(0, 80),
        body: { text, surface: person.surface },
      });
    });

/** What judging an inbound event needs. */
export interface InboundContext {
  readonly desk: DeskApi;
  readonly commands: readonly DeskCommand[];
  readonly people: PeopleBook;
  readonly called: (person: Person, text: string) => Promise<void>;
  readonly log: Log;
}

const STRANGER: Reply = {
  ok: false,
  text: "The desk does not know this chat account, so nothing was done. Type /link here and confirm the code in the console.",
};

/** What a person reads when something was refused or went wrong; nothing internal leaves. */
function refusal(error: unknown, log: Log): Reply {
  if (error instanceof DeskError)
    return {
      ok: false,
      text: `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`.replace(/\.\.$/, "."),
    };
  if (error instanceof RangeError) return { ok: false, text: `${messageOf(error)}; nothing was done.` };
  log.error({ err: error }, "inbound event failed");
  return {
    ok: false,
    text: "Something went wrong on our side; it is in the log. Look at the card before you try again.",
  };
}

/** An answer as chats show it: the console's page with its whole address, or with its path where nobody knows it yet. */
export function withAddress(reply: Reply, console: string | null): Reply {
  if (reply.link === undefined) return reply;
  const { link, ...rest } = reply;
  if (console === null) return { ...rest, text: `${rest.text} The console has it at ${link.url.split("?")[0]}.` };
  return { ...rest, link: { ...link, url: new URL(link.url, console).href } };
}

const mayCall = ({ needs }: DeskCommand["head"], person: Person): boolean =>
  needs.length === 0 || needs.some((role) => person.roles.includes(role));

async function runCommand(context: InboundContext, person: Person, text: string): Promise<Reply> {
  const [first, ...typed] = words(text);
  const name = (first ?? "").replace(/^\//, "").toLowerCase();
  const found = context.commands.find((one) => one.head.name === name);
  if (!found) throw new DeskError("UNKNOWN_COMMAND", `there is no /${name.slice(0, 40)}; /help lists the commands`);
  const { head } = found;
  if (!mayCall(head, person)) {
    throw new DeskError(
      "NOT_ALLOWED",
      `/${name} is for ${head.needs.join(" or ")}; you are ${person.roles.join(", ") || "without a role"}`,
    );
  }
  const args = commandValues(head, typed);
  const missing = head.args.find((arg) => arg.required && args[arg.name] === undefined);
  if (missing)
    throw new DeskError(
      "INPUT_INVALID",
      `/${name} needs ${missing.name} (${missing.summary}); for example ${head.example}`,
    );
  for (const arg of head.args) {
    const value = args[arg.name];
    if (value !== undefined && value.length > 500)
      throw new DeskError("INPUT_INVALID", `${arg.name} is ${value.length} characters long; write at most 500`);
  }
  await context.called(person, text);
  return found.run({ person, desk: context.desk, args });
}

/** Judges a stored event: who is it, may they, and what comes of it. Never throws. */
export async function judgeInbound(context: InboundContext, event: Click | CommandCall): Promise<Reply> {
  try {
    const known = await context.people.identify(event.user);
    if (!known)
      return event.type === "command" && /^\/?link\b/.test(event.text.trim())
        ? await context.people.offer(event.user)
        : STRANGER;
    const person = { ...known, request: event.deliveryId };
    if (event.type === "command") return await runCommand(context, person, event.text);
    const token = readToken(event.token);
    if (!token)
      return { ok: false, text: "This button is not one of ours or too old; nothing was done. Reload the card." };
    return { ...(await pressed(context.desk, person, token, event.fields)), incident: token.incident };
  } catch (error) {
    return refusal(error, context.log);
  }
}

const MOST_COMPLETIONS = 25;

async function candidates(desk: DeskApi, source: Completion): Promise<readonly { value: string; hint: string }[]> {
  switch (source) {
    case "accounts":
      return desk.accounts.map((value) => ({ value, hint: "account" }));
    case "assets": {
      const assets = (await desk.states()).flatMap(({ state }) =>
        state.positions.map((one) => one.symbol.split("/")[0] ?? ""),
      );
      return [...new Set(assets)].sort().map((value) => ({ value, hint: "asset" }));
    }
    case "incidents":
      return (await desk.incidents("unresolved", MOST_COMPLETIONS)).map((one) => ({ value: one.id, hint: one.title }));
    case "playbooks":
      return desk.playbooks.map((one) => ({ value: one.name, hint: one.title }));
    case "people":
      return desk.knownPeople().map((one) => ({ value: one.id, hint: one.name }));
    case "scopes":
      return [
        { value: "firm", hint: "everything" },
        ...desk.accounts.map((id) => ({ value: `account:${id}`, hint: "account" })),
      ];
    case "recordings":
      return desk.recordings();
    case "runs":
      return (await desk.runs(MOST_COMPLETIONS)).map((one) => ({
        value: one.id,
        hint: `${one.playbook}, ${one.state}`,
      }));
    case "open orders":
      return (await desk.openOrders()).map((one) => ({
        value: one.clientOrderId,
        hint: `${one.account}: ${one.side} ${one.quantity} ${one.symbol}, ${one.state}`,
      }));
    case "commands":
      return desk.commands.map((one) => ({ value: one.name, hint: one.summary }));
    case "resolutions":
      return RESOLUTIONS.map((value) => ({ value, hint: "resolution" }));
  }
}

/**
 * Whole command lines that the typed one may become, best first. Accounts, assets and incidents are told only to whom the
 * desk knows and the command takes: on a platform everybody in the room may begin to type it.
 */
export async function completeLine(
  context: InboundContext,
  user: ChatUser,
  text: string,
): Promise<readonly { value: string; hint: string }[]> {
  const typed = text.replace(/^\//, "");
  const parts = typed.split(/\s+/);
  if (parts.length <= 1) {
    return context.commands
      .filter((one) => one.head.name.startsWith(parts[0] ?? ""))
      .map((one) => ({ value: `/${one.head.name}`, hint: one.head.summary }));
  }
  const head = context.commands.find((one) => one.head.name === parts[0])?.head;
  const arg = head?.args[parts.length - 2];
  if (!head || !arg) return [];
  const person = await context.people.identify(user);
  if (person === null || !mayCall(head, person)) return [];
  const last = (parts.at(-1) ?? "").toLowerCase();
  const before = `/${parts.slice(0, -1).join(" ")}`;
  const source = head.complete?.[arg.name];
  const words = arg.choices
    ? arg.choices.map((value) => ({ value, hint: arg.summary }))
    : source
      ? await candidates(context.desk, source)
      : [];
  return words
    .filter((one) => one.value.toLowerCase().startsWith(last))
    .slice(0, MOST_COMPLETIONS)
    .map((one) => ({ value: `${before} ${one.value}`, hint: one.hint }));
}
