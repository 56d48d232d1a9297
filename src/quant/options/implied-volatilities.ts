import { QuantError } from "../errors.ts";
import type { QuantErrorCode } from "../errors.ts";
import { kindNumbers, requireLengths } from "./checks.ts";
import type { KindColumn } from "./checks.ts";
import { logRatio } from "./elementary.ts";
import { householderStep, LAST_STEP, polish } from "./householder.ts";
import { firstGuess } from "./implied-start.ts";

/** Quotes in columns: `kinds` holds 1 for a call and -1 (or 0) for a put, or the words (copied then); `prices` are undiscounted (rate 0). */
export interface QuoteColumns {
  readonly kinds: KindColumn;
  readonly forwards: Float64Array;
  readonly strikes: Float64Array;
  readonly years: Float64Array;
  readonly prices: Float64Array;
}

/** What a number in the `faults` column means; 0 is a good row. */
export const IMPLIED_FAULTS = [
  "NONE",
  "NOT_FINITE",
  "OUT_OF_RANGE",
  "BELOW_INTRINSIC",
  "ABOVE_MAXIMUM",
  "NO_CONVERGENCE",
] as const satisfies readonly (QuantErrorCode | "NONE")[];

/** Rows taken at a time: the columns in between stay in the first-level cache. */
const CHUNK = 256;

/**
 * Implied volatilities of a whole chain into `out`, without allocation per row; accuracy as `impliedVolatility`.
 *
 * Every column must be as long as `out` (`LENGTH_MISMATCH`). Returns the number of rows without an answer. With `faults`,
 * such a row holds NaN in `out` and its reason in `faults` (an index into `IMPLIED_FAULTS`); without it the first such row
 * throws a `QuantError` with that code and the row's number, so that no NaN travels on unseen.
 */
export function impliedVolatilities(out: Float64Array, quotes: QuoteColumns, faults?: Uint8Array): number {
  const columns: NumberedColumns = { ...quotes, kinds: kindNumbers(quotes.kinds) };
  const { kinds, forwards, strikes, years, prices } = columns;
  const length = out.length;
  requireLengths(length, { kinds, forwards, strikes, years, prices });
  if (faults !== undefined) requireLengths(length, { faults });
  const chunk = {
    k: new Float64Array(CHUNK),
    ratio: new Float64Array(CHUNK),
    rest: new Float64Array(CHUNK),
    s: new Float64Array(CHUNK),
  };
  let failed = 0;
  for (let from = 0; from < length; from += CHUNK) {
    const count = Math.min(CHUNK, length - from);
    scaleColumn(chunk, columns, from, count);
    guessColumn(chunk, count);
    stepColumn(chunk, count);
    failed += finishColumn(out, chunk, quotes, faults, from, count);
  }
  return failed;
}

/** The quotes with their kinds as numbers. */
type NumberedColumns = QuoteColumns & { readonly kinds: Int8Array | Uint8Array };

interface ChunkColumns {
  readonly k: Float64Array;
  readonly ratio: Float64Array;
  readonly rest: Float64Array;
  readonly s: Float64Array;
}

/** Turns each quote out of the money and scales it by min(F, K); a quote out of bounds is left with a ratio outside (0, 1). */
function scaleColumn(chunk: ChunkColumns, quotes: NumberedColumns, from: number, count: number): void {
  const { kinds, forwards, strikes, prices } = quotes;
  for (let j = 0; j < count; j += 1) {
    const forward = forwards[from + j]!;
    const strike = strikes[from + j]!;
    const price = prices[from + j]!;
    const smaller = Math.min(forward, strike);
    const outside = kinds[from + j]! > 0 === forward > strike ? price - Math.abs(forward - strike) : price;
    chunk.k[j] = logRatio(Math.max(forward, strike), smaller);
    chunk.ratio[j] = outside / smaller;
    chunk.rest[j] = (smaller - outside) / smaller;
  }
}

function guessColumn(chunk: ChunkColumns, count: number): void {
  const { k, ratio, rest, s } = chunk;
  for (let j = 0; j < count; j += 1) {
    s[j] = ratio[j]! > 0 && rest[j]! > 0 ? firstGuess(k[j]!, ratio[j]!, rest[j]!) : NaN;
  }
}

/** One step for all; the few rows it moved far are taken to the end one by one. */
function stepColumn(chunk: ChunkColumns, count: number): void {
  const { k, ratio, rest, s } = chunk;
  for (let j = 0; j < count; j += 1) {
    const next = householderStep(k[j]!, ratio[j]!, rest[j]!, s[j]!);
    const far = Math.abs(next - s[j]!) > LAST_STEP * next;
    s[j] = next;
    if (far) polishRow(chunk, j);
  }
}

function polishRow(chunk: ChunkColumns, j: number): void {
  chunk.s[j] = polish(chunk.k[j]!, chunk.ratio[j]!, chunk.rest[j]!, chunk.s[j]!);
}

function finishColumn(
  out: Float64Array,
  chunk: ChunkColumns,
  quotes: QuoteColumns,
  faults: Uint8Array | undefined,
  from: number,
  count: number,
): number {
  const { forwards, years } = quotes;
  let failed = 0;
  for (let j = 0; j < count; j += 1) {
    const i = from + j;
    const time = years[i]!;
    let sigma = chunk.s[j]! / Math.sqrt(time);
    let fault = 0;
    if (!(sigma > 0 && sigma < Infinity && time < Infinity && forwards[i]! > 0)) {
      fault = faultOf(quotes, i, chunk.ratio[j]!);
      if (fault !== 0 && faults === undefined) throw rowError(fault, i, quotes.prices[i]!);
      sigma = fault === 0 ? 0 : NaN;
      failed += fault === 0 ? 0 : 1;
    }
    if (faults !== undefined) faults[i] = fault;
    out[i] = sigma;
  }
  return failed;
}

/** Why a row has no ordinary answer; 0 where its price is exactly the intrinsic value, whose volatility is 0. */
function faultOf(quotes: QuoteColumns, i: number, ratio: number): number {
  const forward = quotes.forwards[i]!;
  const strike = quotes.strikes[i]!;
  const time = quotes.years[i]!;
  if (!Number.isFinite(forward + strike + time + quotes.prices[i]!)) return 1;
  if (!(forward > 0 && strike > 0 && time > 0)) return 2;
  if (ratio < 0) return 3;
  if (ratio === 0) return 0;
  return ratio >= 1 ? 4 : 5;
}

function rowError(fault: number, row: number, price: number): QuantError {
  const code = IMPLIED_FAULTS[fault] as QuantErrorCode;
  return new QuantError(
    code,
    `row ${row} of the batch, price ${price}, has no implied volatility; pass a faults column to skip such rows`,
  );
}
