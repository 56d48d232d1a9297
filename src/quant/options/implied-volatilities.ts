import { QuantError } from "../errors.ts";
import type { QuantErrorCode } from "../errors.ts";
import { requireLengths } from "./checks.ts";
import { impliedTotalVolatility } from "./implied-volatility.ts";

/** Quotes in columns: `kinds` holds 1 for a call and -1 (or 0) for a put; `prices` are undiscounted (rate 0). */
export interface QuoteColumns {
  readonly kinds: Int8Array | Uint8Array;
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

/**
 * Implied volatilities of a whole chain into `out`, without allocation; accuracy as `impliedVolatility`.
 *
 * Every column must be as long as `out` (`LENGTH_MISMATCH`). Returns the number of rows without an answer. With `faults`,
 * such a row holds NaN in `out` and its reason in `faults` (an index into `IMPLIED_FAULTS`); without it the first such row
 * throws a `QuantError` with that code and the row's number, so that no NaN travels on unseen.
 */
export function impliedVolatilities(out: Float64Array, quotes: QuoteColumns, faults?: Uint8Array): number {
  const { kinds, forwards, strikes, years, prices } = quotes;
  const length = out.length;
  requireLengths(length, { kinds, forwards, strikes, years, prices });
  if (faults !== undefined) requireLengths(length, { faults });
  let failed = 0;
  for (let i = 0; i < length; i += 1) {
    const forward = forwards[i]!;
    const strike = strikes[i]!;
    const time = years[i]!;
    const price = prices[i]!;
    const above = forward > strike;
    const smaller = above ? strike : forward;
    const outside = kinds[i]! > 0 === above ? price - Math.abs(forward - strike) : price;
    let fault = 0;
    let sigma = 0;
    if (outside > 0 && outside < smaller && time > 0 && forward + strike + time < Infinity) {
      sigma = impliedTotalVolatility(forward, strike, outside, smaller) / Math.sqrt(time);
      if (!(sigma < Infinity)) fault = 5;
    } else {
      fault = faultOf(forward, strike, time, outside, smaller);
    }
    if (fault !== 0) {
      if (faults === undefined) throw rowError(fault, i, price);
      sigma = NaN;
      failed += 1;
    }
    if (faults !== undefined) faults[i] = fault;
    out[i] = sigma;
  }
  return failed;
}

/** Why a row is not an ordinary one; 0 where its price is exactly the intrinsic value, whose volatility is 0. */
function faultOf(forward: number, strike: number, years: number, outside: number, smaller: number): number {
  if (!Number.isFinite(forward + strike + years + outside)) return 1;
  if (!(forward > 0 && strike > 0 && years > 0)) return 2;
  if (outside < 0) return 3;
  return outside >= smaller ? 4 : 0;
}

function rowError(fault: number, row: number, price: number): QuantError {
  const code = IMPLIED_FAULTS[fault] as QuantErrorCode;
  return new QuantError(
    code,
    `row ${row} of the batch, price ${price}, has no implied volatility; pass a faults column to skip such rows`,
  );
}
