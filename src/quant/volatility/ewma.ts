import { QuantError } from "../errors.ts";
import { requireSeries, type Series } from "../series.ts";

/**
 * Exponentially weighted variances v_t = lambda·v_{t−1} + (1 − lambda)·r_t², started at v_0 = r_0², in squared units of
 * the returns. Entry t uses returns up to t, so the last one is the forecast for the next period.
 * lambda in [0, 1) (0.94 for daily returns). Throws EMPTY_SERIES, NOT_FINITE, OUT_OF_RANGE.
 * Source: RiskMetrics Technical Document (1996).
 */
export function ewma(returns: Series, lambda: number): Float64Array {
  requireSeries("returns", returns, 1);
  if (!(lambda >= 0 && lambda < 1)) {
    throw new QuantError("OUT_OF_RANGE", `lambda was ${lambda}; it must be at least 0 and below 1`);
  }
  const out = new Float64Array(returns.length);
  let variance = returns[0]! ** 2;
  out[0] = variance;
  for (let index = 1; index < returns.length; index += 1) {
    variance = lambda * variance + (1 - lambda) * returns[index]! ** 2;
    out[index] = variance;
  }
  return out;
}
