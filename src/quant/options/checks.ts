import { QuantError } from "../errors.ts";

/** Which right the option gives: to buy ("call") or to sell ("put"). */
export type OptionKind = "call" | "put";

/** Throws `NOT_FINITE` unless every named number is finite. */
export function requireFinite(facts: Readonly<Record<string, number>>): void {
  for (const name in facts) {
    const value = facts[name];
    if (!Number.isFinite(value)) throw new QuantError("NOT_FINITE", `${name} was ${value}; give a finite number`);
  }
}

/** Throws `NOT_FINITE` or `OUT_OF_RANGE` unless every named number is finite and above zero. */
export function requirePositive(facts: Readonly<Record<string, number>>): void {
  requireFinite(facts);
  for (const name in facts) {
    const value = facts[name]!;
    if (value <= 0) throw new QuantError("OUT_OF_RANGE", `${name} was ${value}; it must be above zero`);
  }
}

/** Throws `NOT_FINITE` or `OUT_OF_RANGE` unless every named number is finite and not negative. */
export function requireNotNegative(facts: Readonly<Record<string, number>>): void {
  requireFinite(facts);
  for (const name in facts) {
    const value = facts[name]!;
    if (value < 0) throw new QuantError("OUT_OF_RANGE", `${name} was ${value}; it must not be negative`);
  }
}

/** Throws `OUT_OF_RANGE` unless `kind` is "call" or "put": callers in plain JavaScript get a clear error too. */
export function requireKind(kind: OptionKind): void {
  if (kind !== "call" && kind !== "put") {
    throw new QuantError("OUT_OF_RANGE", `the option's kind was ${String(kind)}; it must be "call" or "put"`);
  }
}

/** Throws `LENGTH_MISMATCH` unless every named array is as long as the output. */
export function requireLengths(length: number, arrays: Readonly<Record<string, ArrayLike<unknown>>>): void {
  for (const name in arrays) {
    const actual = arrays[name]!.length;
    if (actual !== length)
      throw new QuantError(
        "LENGTH_MISMATCH",
        `${name} held ${actual} numbers and the output ${length}; make them equal`,
      );
  }
}

/** Throws `NOT_FINITE` where a computed price or Greek left the range of doubles, so that no NaN travels on. */
export function requireFiniteResult<T extends object>(what: string, result: T): T {
  for (const name in result) {
    const value: unknown = result[name];
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new QuantError(
        "NOT_FINITE",
        `the ${what}'s ${name} came out as ${value}; the inputs are beyond the range of double precision`,
      );
    }
  }
  return result;
}

/** A column of kinds: 1 for a call and -1 (or 0) for a put, or the words themselves. */
export type KindColumn = Int8Array | Uint8Array | readonly OptionKind[];

/** The column as numbers; words are turned into a new column of 1 and -1. */
export function kindNumbers(kinds: KindColumn): Int8Array | Uint8Array {
  if (!isWords(kinds)) return kinds;
  for (const kind of kinds) requireKind(kind);
  return Int8Array.from(kinds, (kind) => (kind === "call" ? 1 : -1));
}

function isWords(kinds: KindColumn): kinds is readonly OptionKind[] {
  return Array.isArray(kinds);
}
