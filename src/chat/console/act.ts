import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { CardAction } from "../card.ts";
import { CARD_ACTIONS } from "../card.ts";
import { formOfToken } from "../form.ts";
import type { ChatUser, Click, CommandCall, Inbound, Reply } from "../surface.ts";
import { UNSTORABLE } from "../text.ts";
import { STORE_FAILED } from "../wording.ts";
import type { ConsoleBackend } from "./backend.ts";
import type { Viewer } from "./viewer.ts";
import { type CardOptions, typedWord } from "./card-html.ts";
import type { Guarded } from "./guard.ts";

const TOKEN = /^([A-Za-z0-9_-]{1,32}):(\d{1,9}):([a-z]{1,16})(:[A-Za-z0-9_-]{1,40})?$/;
const LONGEST_COMMAND = 2_000;

/** A click or command as it came: JSON of the page's script, or a plain form. */
interface Sent {
  readonly fields: ReadonlyMap<string, string>;
  readonly form: boolean;
}

/** The person as the other surfaces name people: by surface, space and id. */
export const userOf = (viewer: Viewer): ChatUser => ({ surface: "console", space: "console", user: viewer.person });

function textIn(fields: Map<string, string>): ReadonlyMap<string, string> {
  for (const [key, value] of fields)
    if (UNSTORABLE.test(value))
      throw new DeskError(
        "BODY_MALFORMED",
        `field ${key.slice(0, 40)} holds half a character or a zero byte; remove it`,
      );
  return fields;
}

/**
 * Reads a small body of texts.
 * @throws DeskError CONTENT_TYPE_WRONG or BODY_MALFORMED
 */
export async function readBody(c: Context<Guarded>): Promise<Sent> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "application/x-www-form-urlencoded") {
    return { fields: textIn(new Map(new URLSearchParams(await c.req.text()))), form: true };
  }
  if (type !== "application/json") throw new DeskError("CONTENT_TYPE_WRONG");
  const body: unknown = await c.req.json().catch((cause: unknown) => {
    throw new DeskError("BODY_MALFORMED", undefined, { cause });
  });
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new DeskError("BODY_MALFORMED");
  const fields = new Map<string, string>();
  for (const [key, value] of Object.entries(body)) {
    if (typeof value !== "string") throw new DeskError("BODY_MALFORMED", `field ${key.slice(0, 40)} must be text`);
    fields.set(key, value);
  }
  return { fields: textIn(fields), form: false };
}

/** A delivery's id: the page's own, so that a repeated send is recognised, else a fresh one. */
const deliveryOf = (fields: ReadonlyMap<string, string>): string => {
  const given = fields.get("delivery") ?? "";
  return `console:${/^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID()}`;
};

/** What acting needs. */
export interface ActParts {
  readonly backend: ConsoleBackend;
  readonly inbound: Inbound;
  readonly clock: Clock;
  readonly log: Log;
  readonly card: Omit<CardOptions, "mayAct">;
}

/** `POST /act`: hands a button press on; what it decided comes back as the desk's private answer. */
export async function act(parts: ActParts, viewer: Viewer, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const token = fields.get("token") ?? "";
  const match = TOKEN.exec(token);
  const action = CARD_ACTIONS.find((one): one is CardAction => one === match?.[3]);
  if (!match || !action) return refusal("This button is not one of ours. Nothing was done; reload the page.");
  if (!viewer.mayAct) return refusal("You may look but not decide. Nothing was done.");
  const refused = action === "approve" ? await wordMissing(parts, match[1] ?? "", action, fields.get("word")) : null;
  if (refused) return refused;
  const asked = new Set(formOfToken(token)?.fields.map((one) => one.name));
  return take(parts, {
    type: "click",
    deliveryId: deliveryOf(fields),
    user: userOf(viewer),
    token,
    fields: Object.fromEntries([...fields].filter(([key]) => asked.has(key))),
    at: parts.clock.now(),
  });
}

/** `POST /command`: hands a typed line on. */
export async function command(parts: ActParts, viewer: Viewer, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const text = (fields.get("text") ?? "").trim();
  if (text === "") return refusal("Nothing was typed. Try /help.");
  if (text.length > LONGEST_COMMAND)
    return refusal(`A command has at most ${LONGEST_COMMAND} characters. Nothing was done.`);
  return take(parts, {
    type: "command",
    deliveryId: deliveryOf(fields),
    user: userOf(viewer),
    text: text.startsWith("/") ? text : `/${text}`,
    at: parts.clock.now(),
  });
}

/** Stores a request and waits for its answer; what cannot be stored is refused, and said so. */
async function take(parts: ActParts, event: Click | CommandCall): Promise<Reply> {
  const received = await parts.inbound.receive(event).catch((error: unknown) => {
    parts.log.error({ err: messageOf(error) }, "request not stored");
    return null;
  });
  return received === null ? refusal(STORE_FAILED) : received.reply;
}

const refusal = (text: string): Reply => ({ ok: false, text });

async function wordMissing(
  parts: ActParts,
  incident: string,
  action: CardAction,
  typed: string | undefined,
): Promise<Reply | null> {
  const card = (await parts.backend.cards([incident])).get(incident);
  if (!card) return null;
  const word = typedWord(card, action, parts.card.typedAboveUsd);
  if (word === null || typed?.trim().toLowerCase() === word) return null;
  return refusal(`This plan is large: type its first word, ${word}, and press Approve again. Nothing was done.`);
}
