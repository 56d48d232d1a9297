import { generateAuthenticationOptions } from "@simplewebauthn/server";
import { eq } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { plans, ruleChanges } from "../../db/schema.ts";
import { type Json, canonical } from "../../kernel/canonical.ts";
import { compare, decimal, isDecimal } from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { type Plan, fingerprintWords, planHash } from "../../kernel/plan.ts";
import { append } from "../../ledger/append.ts";
import type { Wake } from "./approvals.ts";
import { openChange } from "../rules/change.ts";
import type { Control } from "../judging/gather.ts";
import { type ConsoleIdentity, type Purpose, drawChallenge, passkeysOf, spendChallenge } from "./passkeys.ts";
import { type Assertion, wasTouched } from "./touch.ts";
import { type VoteResult, castVote } from "./vote.ts";

/** What the console shows before it asks for the passkey: all of it from the bytes that were hashed. */
export interface StepUpPage {
  readonly hash: string;
  readonly words: string;
  readonly plan: Plan;
  /** What `navigator.credentials.get` is given. */
  readonly options: Awaited<ReturnType<typeof generateAuthenticationOptions>>;
}

async function ask(
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  person: string,
  purpose: Purpose,
  hash: string | null,
): Promise<StepUpPage["options"]> {
  const keys = await passkeysOf(tx, control, person);
  if (keys.length === 0)
    throw new DeskError(
      "NOT_ALLOWED",
      "you have no confirmed passkey; enrol one in the console and let a second person confirm it",
    );
  const challenge = await drawChallenge(tx, control, person, purpose, hash);
  return generateAuthenticationOptions({
    rpID: where.rpId,
    challenge: new Uint8Array(Buffer.from(challenge, "base64url")),
    userVerification: "required",
    allowCredentials: keys.map((row) => ({ id: row.credentialId })),
  });
}

/**
 * Opens a plan for an approval with step-up.
 * @throws DeskError PLAN_CHANGED where the stored bytes are not those of the hash, NOT_ALLOWED without a confirmed passkey
 */
export async function beginStepUp(
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  person: string,
  hash: string,
): Promise<StepUpPage> {
  const [row] = await tx.select().from(plans).where(eq(plans.hash, hash));
  if (row === undefined || planHash(row.plan) !== hash || canonical(row.plan as unknown as Json) !== row.canonical)
    throw new DeskError("PLAN_CHANGED", "this plan's bytes are not those of its fingerprint; nothing can be approved");
  return {
    hash,
    words: fingerprintWords(hash),
    plan: row.plan,
    options: await ask(tx, control, where, person, "approve", hash),
  };
}

/**
 * Opens a change of the rules for an approval with a passkey.
 * @throws DeskError PLAN_CHANGED where its bytes are not those of the hash
 */
export async function beginChangeStepUp(
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  person: string,
  hash: string,
): Promise<StepUpPage["options"]> {
  const [row] = await tx.select().from(ruleChanges).where(eq(ruleChanges.hash, hash));
  if (row === undefined) throw new DeskError("ROUTE_UNKNOWN", "there is no such change");
  openChange(row);
  return ask(tx, control, where, person, "approve", hash);
}

/**
 * Approves a change of the rules: the first of its four words typed by hand, and a passkey touched for this very change.
 * @throws DeskError INPUT_INVALID where the word differs, NOT_ALLOWED where the passkey does not fit
 */
export async function approveChange(
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  given: { readonly person: string; readonly hash: string; readonly typed: string; readonly response: Assertion },
  wake: Wake,
): Promise<VoteResult> {
  const { person, hash } = given;
  const [row] = await tx.select().from(ruleChanges).where(eq(ruleChanges.hash, hash));
  if (row === undefined) throw new DeskError("ROUTE_UNKNOWN", "there is no such change");
  openChange(row);
  const [word] = fingerprintWords(hash).split(" ");
  if (given.typed.trim().toLowerCase() !== word)
    throw new DeskError(
      "INPUT_INVALID",
      `the word typed was "${given.typed.slice(0, 40)}", the change's first is ${word}; read the change again`,
    );
  await verifyTouch(tx, control, where, { person, purpose: "approve", planHash: hash, response: given.response });
  const ballot = { planHash: hash, person, decision: "approve" as const, surface: "console", reason: null };
  return castVote(tx, control, { ...ballot, stepUp: true }, wake);
}

/** Asks for the passkey for emergency powers, bound to the digest of what was asked for. */
export const beginBreakGlassStepUp = (
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  person: string,
  digest: string,
): Promise<StepUpPage["options"]> => ask(tx, control, where, person, "break-glass", digest);

/**
 * Whether a passkey of this person was touched, with the person verified, for this very purpose and plan.
 * @throws DeskError NOT_ALLOWED where not; nothing is kept of a failed try
 */
export async function verifyTouch(
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  touch: {
    readonly person: string;
    readonly purpose: Purpose;
    readonly planHash: string | null;
    readonly response: Assertion;
  },
): Promise<void> {
  const { person, purpose, planHash: hash, response } = touch;
  const refused = (cause?: unknown): DeskError =>
    new DeskError("NOT_ALLOWED", "the passkey's answer does not fit this plan and person; open the plan anew", {
      cause,
    });
  const key = (await passkeysOf(tx, control, person)).find((row) => row.credentialId === response.id);
  if (key === undefined) throw refused();
  const spend = (challenge: string): Promise<boolean> => spendChallenge(tx, control, challenge, person, purpose, hash);
  const holds = await wasTouched(tx, where, key, response, spend).catch((error: unknown) => {
    throw refused(error);
  });
  if (!holds) throw refused();
}

/** Whether the amount typed by hand is the plan's notional, written with or without thousands separators. */
export function typedRight(typed: string, plan: Pick<Plan, "notionalUsd">): boolean {
  const plain = typed.trim().replaceAll(",", "");
  return isDecimal(plain) && compare(decimal(plain), decimal(plan.notionalUsd)) === 0;
}

/**
 * Approves a plan with step-up: the notional typed by hand, and a passkey touched for this very plan. Vote and proof
 * commit together.
 * @throws DeskError INPUT_INVALID where the amount differs, NOT_ALLOWED where the passkey does not fit
 */
export async function approveWithStepUp(
  tx: Tx,
  control: Control,
  where: ConsoleIdentity,
  given: {
    readonly person: string;
    readonly planHash: string;
    readonly typed: string;
    readonly response: Assertion;
    readonly reason: string | null;
  },
  wake: Wake,
): Promise<VoteResult> {
  const { person, planHash: hash } = given;
  const [row] = await tx.select().from(plans).where(eq(plans.hash, hash));
  if (row === undefined || planHash(row.plan) !== hash)
    throw new DeskError("PLAN_CHANGED", "there is no such plan, or its bytes were changed");
  if (!typedRight(given.typed, row.plan)) {
    throw new DeskError(
      "INPUT_INVALID",
      `the amount typed was "${given.typed.slice(0, 40)}", the plan's is ${row.plan.notionalUsd}; read the plan again`,
    );
  }
  await verifyTouch(tx, control, where, { person, purpose: "approve", planHash: hash, response: given.response });
  return castVote(
    tx,
    control,
    { planHash: hash, person, decision: "approve", surface: "console", reason: given.reason, stepUp: true },
    wake,
  );
}

/** Writes a refused try into the ledger; in a transaction of its own, because the try's was rolled back. */
export const recordRefusedTouch = async (tx: Tx, person: string, hash: string, why: string): Promise<void> =>
  void (await append(tx, {
    actor: `person:${person}`,
    type: "vote.refused",
    object: hash,
    body: { decision: "approve", surface: "console", why },
  }));
