import { asc, eq, isNull, like } from "drizzle-orm";
import type { PasskeyBackend, PlanPage } from "../../chat/console/passkeys.ts";
import type { Database } from "../../db/client.ts";
import { approvals, passkeys, plans } from "../../db/schema.ts";
import { TooMany, openStrikes } from "../../kernel/bucket.ts";
import { type Json, canonical } from "../../kernel/canonical.ts";
import type { Clock } from "../../kernel/clock.ts";
import { spanOf } from "../../kernel/duration.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import { fingerprintWords, planHash } from "../../kernel/plan.ts";
import type { Wake } from "../../policy/people/approvals.ts";
import type { Control } from "../../policy/judging/gather.ts";
import {
  beginEnrolment,
  confirmPasskey,
  finishEnrolment,
  makeRecoveryCodes,
  passkeysOf,
  revokedOf,
  useRecoveryCode,
} from "../../policy/people/passkeys.ts";
import { planLines } from "../../policy/plans/plan-file.ts";
import { approveWithStepUp, beginStepUp, recordRefusedTouch } from "../../policy/people/step-up.ts";
import { noteVote, votedText } from "../../policy/people/voted.ts";
import { issueSignIn } from "../../views/sessions.ts";
import { identityAt } from "./console-identity.ts";
import { voteLines } from "./vote-lines.ts";

/** What the console's passkeys stand on. */
export interface PasskeyParts {
  readonly database: Database;
  readonly control: Control;
  readonly wake: Wake;
  readonly deskName: string;
  readonly nameOf: (person: string) => string;
  readonly clock: Clock;
}

/** Recovery codes that a person may get wrong at once, and a second. */
const GUESSES = { burst: 5, perSecond: 1 / 60 };

type PlanRow = typeof plans.$inferSelect;
const PREFIX = /^[0-9a-f]{16,64}$/;

/** Answers the console's pages of plans and passkeys. */
export function openPasskeys({ database, control, wake, deskName, nameOf, clock }: PasskeyParts): PasskeyBackend {
  const { db } = database;
  const guesses = openStrikes(clock, GUESSES.perSecond, GUESSES.burst);
  const at = (origin: string) => identityAt(origin, deskName);
  const find = async (prefix: string): Promise<PlanRow | null> => {
    if (!PREFIX.test(prefix)) return null;
    const rows = await db
      .select()
      .from(plans)
      .where(like(plans.hash, `${prefix}%`))
      .limit(2);
    return rows.length === 1 ? (rows[0] ?? null) : null;
  };
  const named = async (prefix: string): Promise<PlanRow> => {
    const row = await find(prefix);
    if (!row) throw new DeskError("ROUTE_UNKNOWN", `there is no plan ${prefix.slice(0, 20)}`);
    return row;
  };

  return {
    async plan(person, prefix): Promise<PlanPage | null> {
      const row = await find(prefix);
      if (!row) return null;
      const text = canonical(row.plan as unknown as Json);
      const sound = planHash(row.plan) === row.hash && text === row.canonical;
      const [question] = await db.select().from(approvals).where(eq(approvals.planHash, row.hash));
      const keys = await db.transaction((tx) => passkeysOf(tx, control, person));
      return {
        hash: row.hash,
        words: fingerprintWords(row.hash),
        incident: row.incidentId,
        sound,
        lines: sound ? planLines(row.plan) : [],
        changes: sound ? row.plan.changes : [],
        notionalUsd: row.plan.notionalUsd,
        canonical: text,
        state: row.state,
        question: question
          ? {
              state: question.state,
              stepUp: question.stepUp,
              needed: question.needed,
              roles: question.roles,
              expiresAt: question.expiresAt.toISOString(),
            }
          : null,
        votes: await voteLines(db, row.hash, nameOf),
        hasPasskey: keys.length > 0,
      };
    },
    async begin(person, prefix, origin) {
      const { hash } = await named(prefix);
      return (await db.transaction((tx) => beginStepUp(tx, control, at(origin), person, hash))).options;
    },
    async approve(person, prefix, origin, typed, response) {
      const row = await named(prefix);
      try {
        return await db.transaction(async (tx) => {
          const given = { person, planHash: row.hash, typed, response: response as never, reason: null };
          const result = await approveWithStepUp(tx, control, at(origin), given, wake);
          await noteVote(tx, row, result, {
            person: { id: person, surface: "console, with a passkey" },
            decision: "approve",
            reason: null,
          });
          return votedText(result, "approve", row.hash);
        });
      } catch (error) {
        if (error instanceof DeskError && error.code === "NOT_ALLOWED")
          await db.transaction((tx) => recordRefusedTouch(tx, person, row.hash, messageOf(error)));
        throw error;
      }
    },
    async keys() {
      const rows = await db.select().from(passkeys).where(isNull(passkeys.revokedAt)).orderBy(asc(passkeys.createdAt));
      const people = [...new Set(rows.map((row) => row.person))];
      const revoked = new Set((await Promise.all(people.map((one) => revokedOf(db, one)))).flatMap((ids) => [...ids]));
      const standing = rows.filter((row) => !revoked.has(row.credentialId));
      return standing.map((row) => ({
        id: row.credentialId,
        person: row.person,
        name: nameOf(row.person),
        createdAt: row.createdAt.toISOString(),
        confirmedBy: row.confirmedBy === null ? null : nameOf(row.confirmedBy),
      }));
    },
    enrolment: (person, origin) => db.transaction((tx) => beginEnrolment(tx, control, at(origin), person)),
    async enrol(person, origin, response) {
      await db.transaction((tx) => finishEnrolment(tx, control, at(origin), person, response as never));
      return { ok: true, text: "The passkey is kept. It counts once a second person has confirmed it on this page." };
    },
    async confirm(by, credential) {
      await db.transaction((tx) => confirmPasskey(tx, control, credential, by));
      return { ok: true, text: "Confirmed. This passkey may approve from now on." };
    },
    codes: (person) => db.transaction((tx) => makeRecoveryCodes(tx, person)),
    async recover(person, code) {
      const waitMs = guesses.add(person);
      if (waitMs > 0)
        throw new TooMany(`too many codes were wrong; try again in ${spanOf(waitMs)}. Nothing was changed`, waitMs);
      const used = await db.transaction((tx) => useRecoveryCode(tx, person, code));
      if (used) guesses.forgive(person);
      return used
        ? { ok: true, text: "All your passkeys are revoked. Enrol a new one, and let a second person confirm it." }
        : { ok: false, text: "This code is unknown or was used before. Nothing was changed." };
    },
    signIn: (person) => issueSignIn(db, person),
  };
}
