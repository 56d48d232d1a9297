import { createHmac, timingSafeEqual } from "node:crypto";
import { type Json, canonical } from "./canonical.ts";
import type { Secret } from "./secret.ts";

/**
 * A MAC over rows that decide about money, under a key that the database never sees: who can write rows but not read
 * the program's memory cannot make an approval.
 */
export interface Seal {
  /** HMAC-SHA-256 in hexadecimal over the purpose and the canonical facts. */
  of(purpose: string, facts: { readonly [key: string]: Json }): string;
  /** Compares in time that does not depend on where the texts differ. */
  holds(purpose: string, facts: { readonly [key: string]: Json }, seal: string): boolean;
}

/**
 * Opens the seal with a key of at least 32 bytes, given as hexadecimal or any other text.
 * @throws RangeError where the key is shorter than 32 characters
 */
export function openSeal(key: Secret): Seal {
  if (key.reveal().length < 32)
    throw new RangeError("the seal's key needs at least 32 characters; make one with openssl rand -hex 32");
  const of: Seal["of"] = (purpose, facts) =>
    createHmac("sha256", key.reveal())
      .update(canonical([purpose, facts]))
      .digest("hex");
  return {
    of,
    holds: (purpose, facts, seal) => {
      const [want, is] = [Buffer.from(of(purpose, facts)), Buffer.from(seal)];
      return want.length === is.length && timingSafeEqual(want, is);
    },
  };
}
