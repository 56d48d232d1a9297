import { type CommandHead, commandText, quoted } from "../command-head.ts";
import { safeToken } from "../detail.ts";
import { type Form, formOfCommand, formOfToken } from "../form.ts";
import type { ChatUser, Click, CommandCall } from "../surface.ts";

/** How the interaction is answered: its own id and token, and where it happened. */
export interface Handle {
  readonly id: string;
  readonly token: string;
  readonly channel: string;
}

/** What Discord sent, in our words. */
export type DiscordRequest =
  | { readonly kind: "ping" }
  | { readonly kind: "event"; readonly event: Click | CommandCall; readonly handle: Handle }
  | { readonly kind: "form"; readonly form: Form; readonly customId: string; readonly handle: Handle }
  | { readonly kind: "complete"; readonly user: ChatUser; readonly text: string; readonly handle: Handle }
  | { readonly kind: "refused"; readonly why: string; readonly handle: Handle }
  | { readonly kind: "ignored" };

type Bag = Readonly<Record<string, unknown>>;
const bag = (value: unknown): Bag => (typeof value === "object" && value !== null ? (value as Bag) : {});
const str = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): Bag[] => (Array.isArray(value) ? value.map(bag) : []);

const FOREIGN = "This desk takes no requests from other servers or from direct messages; nothing was done.";
const BOT = "Programs may not decide here; nothing was done.";

/** Kinds of interaction: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object */
const TYPE = { ping: 1, command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

interface From {
  readonly guild: string;
  readonly heads: readonly CommandHead[];
  readonly at: Date;
}

/**
 * Reads an interaction as the gateway or HTTP brought it.
 * @param from.guild the one server whose people are heard
 */
export function readDiscord(interaction: unknown, from: From): DiscordRequest {
  const one = bag(interaction);
  if (one["type"] === TYPE.ping) return { kind: "ping" };
  const handle = { id: str(one["id"]), token: str(one["token"]), channel: str(one["channel_id"]) };
  if (handle.id === "" || handle.token === "") return { kind: "ignored" };
  const user = bag(bag(one["member"])["user"]);
  const guild = str(one["guild_id"]);
  if (guild !== from.guild || str(user["id"]) === "") return { kind: "refused", why: FOREIGN, handle };
  if (user["bot"] === true) return { kind: "refused", why: BOT, handle };
  const who: ChatUser = { surface: "discord", space: guild, user: str(user["id"]) };
  const data = bag(one["data"]);
  const base = { deliveryId: `discord:${handle.id}`, user: who, at: from.at };
  switch (one["type"]) {
    case TYPE.component: {
      const token = safeToken(str(data["custom_id"]));
      const form = formOfToken(token);
      // The opening interaction's id makes each opened form one delivery, however often it is submitted.
      if (form !== undefined) return { kind: "form", form, customId: formId("t", handle.id, token), handle };
      return { kind: "event", handle, event: { type: "click", ...base, token, fields: {} } };
    }
    case TYPE.command:
      return readCommand(data, base, handle, from);
    case TYPE.autocomplete:
      return { kind: "complete", user: who, text: typed(data, from), handle };
    case TYPE.modal:
      return readForm(data, base, handle, from);
    default:
      return { kind: "ignored" };
  }
}

const formId = (kind: "t" | "c", opened: string, subject: string): string => `bwf:${kind}:${opened}:${subject}`;

type Base = Pick<Click, "deliveryId" | "user" | "at">;

function optionValues(data: Bag): Record<string, string> {
  const values: Record<string, string> = {};
  for (const option of list(data["options"])) {
    const value = option["value"];
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      values[str(option["name"])] = String(value).slice(0, 4_000);
    }
  }
  return values;
}

function readCommand(data: Bag, base: Base, handle: Handle, from: From): DiscordRequest {
  const name = str(data["name"]);
  const head = from.heads.find((one) => one.name === name);
  const values = optionValues(data);
  if (head === undefined) {
    const rest = Object.values(values).join(" ");
    return { kind: "event", handle, event: { type: "command", ...base, text: `/${name} ${rest}`.trim() } };
  }
  const form = formOfCommand(head, values);
  if (form !== undefined) return { kind: "form", form, customId: formId("c", handle.id, name), handle };
  return { kind: "event", handle, event: { type: "command", ...base, text: commandText(head, values) } };
}

/** The line as far as it is typed: everything given, the focused option last. */
function typed(data: Bag, from: From): string {
  const name = str(data["name"]);
  const head = from.heads.find((one) => one.name === name);
  const focused = list(data["options"]).find((option) => option["focused"] === true);
  const values = optionValues(data);
  const last = str(focused?.["value"]);
  const at = head?.args.findIndex((arg) => arg.name === str(focused?.["name"])) ?? -1;
  // What stands before it and is left out keeps its place, so that the desk knows which argument is being typed.
  const before = (head?.args ?? []).slice(0, Math.max(0, at)).map((arg) => quoted(values[arg.name] ?? ""));
  return [`/${name}`, ...before, last].join(" ");
}

/** Answers of a form, from labels and from the older rows. */
function answers(data: Bag): Record<string, string> {
  const given: Record<string, string> = {};
  for (const component of list(data["components"])) {
    const inner = component["component"] === undefined ? list(component["components"]) : [bag(component["component"])];
    for (const one of inner) {
      const values = one["values"];
      const value = str(one["value"]) || (Array.isArray(values) ? str(values[0]) : "");
      if (value !== "") given[str(one["custom_id"])] = value.slice(0, 3_000);
    }
  }
  return given;
}

function readForm(data: Bag, base: Base, handle: Handle, from: From): DiscordRequest {
  const [mark, kind, opened = "", ...rest] = str(data["custom_id"]).split(":");
  const subject = rest.join(":");
  const fields = answers(data);
  const once = { ...base, deliveryId: `discord:form:${opened}` };
  if (mark === "bwf" && kind === "t") {
    return { kind: "event", handle, event: { type: "click", ...once, token: safeToken(subject), fields } };
  }
  const head = from.heads.find((one) => one.name === subject);
  if (mark !== "bwf" || kind !== "c" || head === undefined) {
    return { kind: "refused", why: "This form is not known any more; nothing was done.", handle };
  }
  return { kind: "event", handle, event: { type: "command", ...once, text: commandText(head, fields) } };
}
