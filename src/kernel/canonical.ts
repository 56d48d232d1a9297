import { createHash } from "node:crypto";
import canonicalizeJson from "canonicalize";

/** JSON values that can be hashed: decimals are strings, so numbers are only small integers. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * Canonical JSON (RFC 8785): the same value gives the same bytes everywhere.
 * @throws TypeError for values JSON cannot hold (undefined at the top, NaN, functions).
 */
export function canonical(value: Json): string {
  const text = canonicalizeJson(value);
  if (text === undefined) throw new TypeError("the value has no JSON form");
  return text;
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** SHA-256 over the canonical bytes. */
export const digest = (value: Json): string => sha256(canonical(value));
