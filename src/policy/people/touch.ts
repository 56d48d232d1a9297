import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import { eq } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { passkeys } from "../../db/schema.ts";
import type { ConsoleIdentity } from "./passkeys.ts";

/** A browser's answer to `navigator.credentials.get`, as JSON. */
export type Assertion = Parameters<typeof verifyAuthenticationResponse>[0]["response"];

/**
 * Whether this key was touched at this console, with the person verified, for a challenge that `spend` takes; its counter
 * moves on where it was.
 * @param spend uses the challenge up, false where it does not hold
 * @throws Error of the library where the answer does not fit at all, or the counter did not move
 */
export async function wasTouched(
  tx: Tx,
  where: ConsoleIdentity,
  key: Pick<typeof passkeys.$inferSelect, "credentialId" | "publicKey" | "counter">,
  response: Assertion,
  spend: (challenge: string) => Promise<boolean>,
): Promise<boolean> {
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    expectedChallenge: spend,
    expectedOrigin: where.origin,
    expectedRPID: where.rpId,
    requireUserVerification: true,
    credential: {
      id: key.credentialId,
      publicKey: new Uint8Array(Buffer.from(key.publicKey, "base64url")),
      counter: key.counter,
    },
  });
  if (!verified) return false;
  await tx
    .update(passkeys)
    .set({ counter: authenticationInfo.newCounter })
    .where(eq(passkeys.credentialId, key.credentialId));
  return true;
}
