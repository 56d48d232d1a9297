import { RESOLUTIONS, type Resolution } from "../incidents/lifecycle.ts";
import { durationMs, spanOf } from "../kernel/duration.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Role } from "../policy/rules/schema.ts";
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

/** A silence from a card lasts an hour where its form asked for nothing else. */
const SILENCE_TIME = "1h";
/** Longer ones are set by command, with matchers that somebody wrote. */
const SILENCE_MAX = "1d";

/** What a form said, without the space around it; undefined where it said nothing. */
const said = (fields: Readonly<Record<string, string>>, name: string): string | undefined =>
  (Object.hasOwn(fields, name) ? fields[name]?.trim() : undefined) || undefined;

/** How the incident ended, by the form: one of the fixed words. @throws DeskError INPUT_INVALID */
function resolutionOf(fields: Readonly<Record<string, string>>): Resolution {
  const word = said(fields, "resolution") ?? "handled";
  const found = RESOLUTIONS.find((one) => one === word);
  if (found === undefined)
    throw new DeskError(
      "INPUT_INVALID",
      `the resolution was "${word.slice(0, 40)}"; it is one of ${RESOLUTIONS.join(", ")}. Nothing was changed`,
    );
  return found;
}

/** How long to be silent, in milliseconds: from a second to a day. @throws DeskError INPUT_INVALID, RangeError */
function silenceMs(fields: Readonly<Record<string, string>>): number {
  const text = said(fields, "time") ?? SILENCE_TIME;
  const ms = durationMs(text.slice(0, 20));
  if (ms < 1 || ms > durationMs(SILENCE_MAX))
    throw new DeskError(
      "INPUT_INVALID",
      `the silence was to last ${text}; from a card it lasts at most ${SILENCE_MAX}, /silence sets longer ones. Nothing was changed`,
    );
  return ms;
}

/** As by /incident and /label. */
const HANDLING: readonly Role[] = ["trader", "risk", "operator", "compliance"];
/** As by /silence and /playbook. */
const STEERING: readonly Role[] = ["trader", "risk", "operator"];

/** What a button asks of a person: the same as the command that does it. Whose vote counts says the policy alone. */
const NEEDS: Readonly<Record<string, readonly Role[]>> = {
  acknowledge: HANDLING,
  take: HANDLING,
  escalate: HANDLING,
  resolve: HANDLING,
  silence: STEERING,
  run: STEERING,
  true: HANDLING,
  false: HANDLING,
  useful: HANDLING,
};

/** @throws DeskError NOT_ALLOWED */
function refuseWithoutRole(person: Person, action: string): void {
  const needs = Object.hasOwn(NEEDS, action) ? NEEDS[action] : undefined;
  if (needs === undefined || needs.some((role) => person.roles.includes(role))) return;
  throw new DeskError(
    "NOT_ALLOWED",
    `this button is for ${needs.join(" or ")}, and you are ${person.roles.join(", ") || "without a role"}; nothing was changed`,
  );
}

/**
 * Does what a button says, as the person who pressed it; resolves to the sentence they read.
 * @throws DeskError NOT_ALLOWED where their roles do not carry it
 */
export async function pressed(
  desk: DeskApi,
  person: Person,
  token: Token,
  fields: Readonly<Record<string, string>>,
): Promise<{ ok: boolean; text: string }> {
  const { incident } = token;
  refuseWithoutRole(person, token.action);
  switch (token.action) {
    case "acknowledge":
      await desk.acknowledge(person, incident);
      return { ok: true, text: `You acknowledged ${incident}.` };
    case "take":
      await desk.assign(person, incident, person.id);
      return { ok: true, text: `${incident} is yours.` };
    case "approve":
    case "deny":
      return desk.vote(person, token.subject ?? "", token.action, said(fields, "reason") ?? null);
    case "resolve": {
      const resolution = resolutionOf(fields);
      await desk.resolve(person, incident, resolution, said(fields, "reason"));
      return { ok: true, text: `${incident} is resolved as ${resolution}.` };
    }
    case "escalate":
      return { ok: true, text: await desk.escalate(person, incident) };
    case "silence": {
      const ms = silenceMs(fields);
      const id = await desk.silenceIncident(person, incident, ms, said(fields, "reason") ?? "from the card");
      return { ok: true, text: `Alerts like ${incident} are silenced for ${spanOf(ms)} (silence ${id}).` };
    }
    case "run": {
      const started = await desk.startOn(person, token.subject ?? "", incident, {});
      return { ok: true, text: `${started.run} began on ${incident}.` };
    }
    case "true":
    case "false":
    case "useful": {
      const detectors = await desk.label(person, incident, token.action);
      return { ok: true, text: `You said ${token.action} of ${detectors.join(" and ")} on ${incident}.` };
    }
    default:
      return { ok: false, text: "This button is not known here; nothing was done. Reload the card." };
  }
}
