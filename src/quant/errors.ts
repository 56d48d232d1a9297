/** Why a quantity could not be computed; permanent codes that callers branch on. */
export type QuantErrorCode =
  | "NOT_FINITE"
  | "OUT_OF_RANGE"
  | "BELOW_INTRINSIC"
  | "ABOVE_MAXIMUM"
  | "EMPTY_SERIES"
  | "SERIES_TOO_SHORT"
  | "LENGTH_MISMATCH"
  | "NO_CONVERGENCE"
  | "INFEASIBLE"
  | "ARBITRAGE";

/** Thrown by `breakwater/quant` where the inputs admit no answer; never a NaN that travels on. */
export class QuantError extends Error {
  override readonly name = "QuantError";
  readonly code: QuantErrorCode;

  constructor(code: QuantErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
