import type { DeskApi } from "./api.ts";
import type { Person } from "./command.ts";

/** A button's token: `INC-7:12:approve:3f9a01bc22d4e6f8`. */
export interface Token {
  readonly incident: string;
  readonly version: number;
  readonly action: string;
  readonly subject: string | null;
}

const SHAPE = /^(INC-\d{1,12}):(\d{1,9}):([a-z]{2,16})(?::([a-z0-9-]{4,40}))?$/;

/** Reads a token; null where it is not one of ours. */
export function readToken(text: string): Token | null {
  const match = text.length > 100 ? null : SHAPE.exec(text);
  return match
    ? { incident: match[1] as string, version: Number(match[2]), action: match[3] as string, subject: match[4] ?? null }
    : null;
}

/** Silences from a card last this long; longer ones are set by command, with a reason. */
const CARD_SILENCE_MS = 3_600_000;

/** Does what a button says, as the person who pressed it; resolves to the sentence they read. */
export async function pressed(
  desk: DeskApi,
  person: Person,
  token: Token,
  fields: Readonly<Record<string, string>>,
): Promise<{ ok: boolean; text: string }> {
  const { incident } = token;
  switch (token.action) {
    case "acknowledge":
      await desk.acknowledge(person, incident);
      return { ok: true, text: `You acknowledged ${incident}.` };
    case "take":
      await desk.assign(person, incident, person.id);
      return { ok: true, text: `${incident} is yours.` };
    case "approve":
    case "deny":
      return desk.vote(person, token.subject ?? "", token.action, fields["reason"] ?? null);
    case "resolve":
      await desk.resolve(person, incident, "handled", fields["reason"]);
      return { ok: true, text: `${incident} is resolved.` };
    case "escalate":
      return { ok: true, text: await desk.escalate(person, incident) };
    case "silence": {
      const id = await desk.silenceIncident(person, incident, CARD_SILENCE_MS, fields["reason"] ?? "from the card");
      return { ok: true, text: `Alerts like ${incident} are silenced for an hour (silence ${id}).` };
    }
    case "run": {
      const started = await desk.startOn(person, token.subject ?? "", incident, {});
      return { ok: true, text: `${started.run} began on ${incident}.` };
    }
    default:
      return { ok: false, text: "This button is not known here; nothing was done. Reload the card." };
  }
}
