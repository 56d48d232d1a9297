import { randomBytes } from "node:crypto";
import { generateRegistrationOptions, verifyRegistrationResponse } from "@simplewebauthn/server";
import { and, eq, gt, isNull, lt, sql } from "drizzle-orm";
import type { Db, Tx } from "../../db/client.ts";
import { challenges, ledger, passkeys, recoveryCodes } from "../../db/schema.ts";
import { sha256 } from "../../kernel/canonical.ts";
import { DeskError } from "../../kernel/errors.ts";
import { append, appendMany, lockDesk } from "../../ledger/append.ts";
import type { Control } from "../judging/gather.ts";
import { rolesOf } from "./voices.ts";
import { databaseNow } from "../rows.ts";

/** Where the console stands, as browsers see it. */
export interface ConsoleIdentity {
  /** "https://desk.example" or "http://localhost:7070". */
  readonly origin: string;
  /** The origin's host name, which passkeys are bound to. */
  readonly rpId: string;
  readonly deskName: string;
}

/** What a passkey is asked for. */
export type Purpose = "enrol" | "approve" | "break-glass";

/** How long a person may take to touch the key. */
const CHALLENGE_MS = 300_000;

type Registration = Parameters<typeof verifyRegistrationResponse>[0]["response"];
type PasskeyRow = typeof passkeys.$inferSelect;

/** What a passkey row's seal covers; the counter moves and is left out. */
export const passkeyFacts = (row: Pick<PasskeyRow, "credentialId" | "person" | "publicKey" | "confirmedBy">) => ({
  credentialId: row.credentialId,
  person: row.person,
  publicKey: row.publicKey,
  confirmedBy: row.confirmedBy,
});

/**
 * Draws a challenge for one person, purpose and plan. It carries the seal over all three, so that a row changed in the
 * database cannot turn a touch for one plan into a touch for another.
 */
export async function drawChallenge(
  tx: Tx,
  control: Pick<Control, "seal">,
  person: string,
  purpose: Purpose,
  planHash: string | null,
): Promise<string> {
  const nonce = randomBytes(16).toString("hex");
  const mac = control.seal.of("challenge", { nonce, person, purpose, planHash });
  const challenge = Buffer.from(nonce + mac, "hex").toString("base64url");
  const expiresAt = new Date((await databaseNow(tx)).getTime() + CHALLENGE_MS);
  await tx.insert(challenges).values({ challenge, person, purpose, planHash, expiresAt });
  return challenge;
}

/** Uses a challenge up; false where it was drawn for something else, is too old, or was used before. */
export async function spendChallenge(
  tx: Tx,
  control: Pick<Control, "seal">,
  challenge: string,
  person: string,
  purpose: Purpose,
  planHash: string | null,
): Promise<boolean> {
  const hex = Buffer.from(challenge, "base64url").toString("hex");
  const nonce = hex.slice(0, 32);
  if (!control.seal.holds("challenge", { nonce, person, purpose, planHash }, hex.slice(32))) return false;
  const now = await databaseNow(tx);
  const used = await tx
    .update(challenges)
    .set({ usedAt: now })
    .where(and(eq(challenges.challenge, challenge), isNull(challenges.usedAt), gt(challenges.expiresAt, now)))
    .returning({ challenge: challenges.challenge });
  return used.length === 1;
}

/** Forgets challenges that ended a day ago: one that is over cannot be spent, whether its row stands or not. */
export async function pruneChallenges(db: Db): Promise<void> {
  await db.delete(challenges).where(lt(challenges.expiresAt, sql`now() - interval '1 day'`));
}

/**
 * Passkeys of a person that a recovery code revoked, by the ledger: a row that was taken out of the database, or whose
 * revocation was wiped off, does not come back to life.
 */
export async function revokedOf(tx: Pick<Tx, "select">, person: string): Promise<ReadonlySet<string>> {
  // The types are written out, so that the index over them serves.
  const used = await tx
    .select({ body: ledger.body })
    .from(ledger)
    .where(and(eq(ledger.object, `person:${person}`), sql`type = 'recovery.used'`));
  return new Set(used.flatMap(({ body }) => (JSON.parse(body) as { revoked: readonly string[] }).revoked));
}

/** A person's passkeys that a second person confirmed and nobody revoked. */
export async function passkeysOf(
  tx: Tx,
  control: Pick<Control, "seal">,
  person: string,
): Promise<readonly PasskeyRow[]> {
  const rows = await tx
    .select()
    .from(passkeys)
    .where(and(eq(passkeys.person, person), isNull(passkeys.revokedAt)));
  const revoked = await revokedOf(tx, person);
  return rows.filter(
    (row) =>
      !revoked.has(row.credentialId) &&
      row.confirmedAt !== null &&
      row.confirmedBy !== person &&
      control.seal.holds("passkey", passkeyFacts(row), row.seal),
  );
}

/** Begins enrolment: what `navigator.credentials.create` is given. */
export async function beginEnrolment(tx: Tx, control: Control, where: ConsoleIdentity, person: string) {
  const challenge = await drawChallenge(tx, control, person, "enrol", null);
  const known = await tx
    .select()
    .from(passkeys)
    .where(and(eq(passkeys.person, person), isNull(passkeys.revokedAt)));
  return generateRegistrationOptions({
    rpName: where.deskName,
    rpID: where.rpId,
    userName: person,
    challenge: new Uint8Array(Buffer.from(challenge, "base64url")),
    attestationType: "none",
    excludeCredentials: known.map((row) => ({ id: row.credentialId })),
    authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
  });
}

/**
 * Keeps a new passkey, which counts for nothing before a second person confirmed it.
 * @throws DeskError NOT_ALLOWED where the browser's answer does not fit
 */
export async function finishEnrolment(
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  person: string,
  response: Registration,
): Promise<string> {
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: (challenge) => spendChallenge(tx, control, challenge, person, "enrol", null),
    expectedOrigin: where.origin,
    expectedRPID: where.rpId,
    requireUserVerification: true,
  }).catch((error: unknown) => {
    throw new DeskError("NOT_ALLOWED", "the passkey was not accepted; begin the enrolment anew", { cause: error });
  });
  if (!verified.verified) throw new DeskError("NOT_ALLOWED", "the passkey was not accepted; begin the enrolment anew");
  const { credential } = verified.registrationInfo;
  const row = {
    credentialId: credential.id,
    person,
    publicKey: Buffer.from(credential.publicKey).toString("base64url"),
    confirmedBy: null,
  };
  await tx.insert(passkeys).values({
    ...row,
    counter: credential.counter,
    transports: [...(credential.transports ?? [])],
    seal: control.seal.of("passkey", passkeyFacts(row)),
  });
  await append(tx, {
    actor: `person:${person}`,
    type: "passkey.enrolled",
    object: `person:${person}`,
    body: { credential: credential.id },
  });
  return credential.id;
}

/**
 * Confirms somebody else's new passkey, after looking at the person.
 * @throws DeskError NOT_ALLOWED where it is one's own, or the role is missing
 */
export async function confirmPasskey(tx: Tx, control: Control, credentialId: string, by: string): Promise<void> {
  const [row] = await tx.select().from(passkeys).where(eq(passkeys.credentialId, credentialId)).for("update");
  if (row === undefined || row.revokedAt !== null || (await revokedOf(tx, row.person)).has(credentialId))
    throw new DeskError("NOT_ALLOWED", "there is no such passkey");
  if (row.person === by) throw new DeskError("NOT_ALLOWED", "a second person must confirm a passkey");
  const roles = await rolesOf(tx, control, by);
  if (!roles.some((role) => role === "risk" || role === "operator" || role === "policy-admin"))
    throw new DeskError("NOT_ALLOWED", "confirming a passkey needs the role risk, operator or policy-admin");
  await tx
    .update(passkeys)
    .set({
      confirmedBy: by,
      confirmedAt: await databaseNow(tx),
      seal: control.seal.of("passkey", passkeyFacts({ ...row, confirmedBy: by })),
    })
    .where(eq(passkeys.credentialId, credentialId));
  await append(tx, {
    actor: `person:${by}`,
    type: "passkey.confirmed",
    object: `person:${row.person}`,
    body: { credential: credentialId },
  });
}

const digestOf = (person: string, code: string): string =>
  sha256(`${person}\n${code.toLowerCase().replace(/[^a-z2-7]/g, "")}`);
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** Makes eight one-time codes of 80 bits for the day the passkey is lost; only digests are kept, older codes end. */
export async function makeRecoveryCodes(tx: Tx, person: string): Promise<readonly string[]> {
  const codes = Array.from({ length: 8 }, () =>
    [...randomBytes(16)]
      .map((byte) => LETTERS[byte % 32])
      .join("")
      .replace(/(.{4})(?=.)/g, "$1-"),
  );
  await tx.delete(recoveryCodes).where(and(eq(recoveryCodes.person, person), isNull(recoveryCodes.usedAt)));
  await tx.insert(recoveryCodes).values(codes.map((code) => ({ person, codeHash: digestOf(person, code) })));
  return codes;
}

/**
 * Uses a code: every passkey of the person is revoked, and a new one may be enrolled, which a second person confirms as
 * ever. A code approves nothing. False where it is unknown or was used, which is written down.
 */
export async function useRecoveryCode(tx: Tx, person: string, code: string): Promise<boolean> {
  // No key is enrolled between the look and the entry.
  await lockDesk(tx);
  const now = await databaseNow(tx);
  const used = await tx
    .update(recoveryCodes)
    .set({ usedAt: now })
    .where(
      and(
        eq(recoveryCodes.person, person),
        eq(recoveryCodes.codeHash, digestOf(person, code)),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ person: recoveryCodes.person });
  if (used.length === 0) {
    await append(tx, { actor: `person:${person}`, type: "recovery.refused", object: `person:${person}`, body: {} });
    return false;
  }
  // By the ledger beside the rows: one that is missing now, or called revoked, may be put back later.
  const enrolled = await tx
    .select({ body: ledger.body })
    .from(ledger)
    .where(and(eq(ledger.object, `person:${person}`), sql`type = 'passkey.enrolled'`));
  const kept = await tx.select({ id: passkeys.credentialId }).from(passkeys).where(eq(passkeys.person, person));
  const before = await revokedOf(tx, person);
  const all = [
    ...enrolled.map(({ body }) => (JSON.parse(body) as { credential: string }).credential),
    ...kept.map(({ id }) => id),
  ];
  const revoked = [...new Set(all)].filter((id) => !before.has(id));
  await tx
    .update(passkeys)
    .set({ revokedAt: now })
    .where(and(eq(passkeys.person, person), isNull(passkeys.revokedAt)));
  const deed = { actor: `person:${person}`, object: `person:${person}` };
  await appendMany(tx, [
    { ...deed, type: "recovery.used", body: { revoked } },
    ...revoked.map((credential) => ({ ...deed, type: "passkey.revoked" as const, body: { credential } })),
  ]);
  return true;
}
