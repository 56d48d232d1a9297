import { randomBytes } from "node:crypto";
import { generateAuthenticationOptions } from "@simplewebauthn/server";
import { eq } from "drizzle-orm";
import { z } from "zod";
import type { Tx } from "../../db/client.ts";
import { challenges, passkeys } from "../../db/schema.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Control } from "../judging/gather.ts";
import { type ConsoleIdentity, passkeysOf } from "./passkeys.ts";
import { databaseNow } from "../rows.ts";
import { type Assertion, wasTouched } from "./touch.ts";

/** How long a browser may take to find the key and have its owner verified. */
const SIGN_IN_MS = 120_000;
const CHALLENGE = /^([0-9a-f]{32})([0-9a-f]{12})([0-9a-f]{64})$/;
const named = z.object({ id: z.string().regex(/^[\w-]{1,1400}$/) });

/** Whose passkey was touched, or why none counts; `person` is null where the passkey is nobody's here. */
export type SignInTouch =
  | { readonly holds: true; readonly person: string }
  | { readonly holds: false; readonly person: string | null; readonly why: string };

/**
 * Begins a sign-in by passkey alone: what `navigator.credentials.get` is given. It is the same for everybody, because the
 * browser finds the key, and nothing is stored before somebody is known: the challenge carries its own end and a seal.
 */
export async function beginPasskeySignIn(
  tx: Tx,
  control: Pick<Control, "seal">,
  where: ConsoleIdentity,
): Promise<Awaited<ReturnType<typeof generateAuthenticationOptions>>> {
  const nonce = randomBytes(16).toString("hex");
  const expiresMs = (await databaseNow(tx)).getTime() + SIGN_IN_MS;
  const mac = control.seal.of("challenge", { nonce, purpose: "sign-in", expiresMs });
  return generateAuthenticationOptions({
    rpID: where.rpId,
    challenge: new Uint8Array(Buffer.from(nonce + expiresMs.toString(16).padStart(12, "0") + mac, "hex")),
    timeout: SIGN_IN_MS,
    userVerification: "required",
  });
}

/** Uses a sign-in's challenge up; false where it is not ours, is too old, or was used before. */
async function spendSignIn(
  tx: Tx,
  control: Pick<Control, "seal">,
  challenge: string,
  person: string,
): Promise<boolean> {
  const [, nonce, expires, mac] = CHALLENGE.exec(Buffer.from(challenge, "base64url").toString("hex")) ?? [];
  if (nonce === undefined || expires === undefined || mac === undefined) return false;
  const expiresMs = Number.parseInt(expires, 16);
  if (!control.seal.holds("challenge", { nonce, purpose: "sign-in", expiresMs }, mac)) return false;
  const now = await databaseNow(tx);
  if (expiresMs <= now.getTime()) return false;
  const spent = await tx
    .insert(challenges)
    .values({ challenge, person, purpose: "sign-in", expiresAt: new Date(expiresMs), usedAt: now })
    .onConflictDoNothing()
    .returning({ challenge: challenges.challenge });
  return spent.length === 1;
}

/** Reads a browser's answer: whose passkey was touched for a sign-in here, now and for the first time. */
export async function readPasskeySignIn(
  tx: Tx,
  control: Pick<Control, "seal">,
  where: ConsoleIdentity,
  response: unknown,
): Promise<SignInTouch> {
  const shape = named.safeParse(response);
  if (!shape.success) return { holds: false, person: null, why: "the answer names no passkey" };
  const { id } = shape.data;
  // Held until the end, so that of two answers with one counter only the first counts.
  const [row] = await tx.select().from(passkeys).where(eq(passkeys.credentialId, id)).for("update");
  if (row === undefined) return { holds: false, person: null, why: "the passkey is unknown" };
  const { person } = row;
  const key = (await passkeysOf(tx, control, person)).find((one) => one.credentialId === id);
  if (key === undefined) return { holds: false, person, why: "the passkey was revoked, or nobody confirmed it" };
  const spend = (challenge: string): Promise<boolean> => spendSignIn(tx, control, challenge, person);
  try {
    return (await wasTouched(tx, where, key, response as Assertion, spend))
      ? { holds: true, person }
      : { holds: false, person, why: "the passkey's signature does not hold" };
  } catch (error) {
    return { holds: false, person, why: messageOf(error).slice(0, 200) };
  }
}
