import { sha256 } from "../kernel/canonical.ts";
import type { VenueName } from "./capabilities.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** Whether an id has the form that this desk gives; on Hyperliquid, where every id looks alike, nobody can tell. */
export const isOurs = (id: string): boolean => /^bw[a-z2-7]{26}$/.test(id);

/**
 * The client order id of one leg of one plan: a pure function, so that whoever resumes after a crash computes the same.
 * 130 bits in at most 32 characters that every venue takes; Hyperliquid wants 16 bytes of hexadecimal.
 * @param seed what makes the plan unique (who, when, why), never the plan's hash, which covers this id
 */
export function clientOrderId(venue: VenueName, seed: string, leg: number): string {
  const hex = sha256(`${seed}/${leg}`);
  if (venue === "hyperliquid") return `0x${hex.slice(0, 32)}`;
  const letters = Array.from(
    { length: 26 },
    (_, at) => LETTERS[Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16) % 32],
  );
  return `bw${letters.join("")}`;
}
