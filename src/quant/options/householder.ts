import { LOG_SQRT_TWO_PI, MILLS_LIMIT, mills } from "../normal.ts";
import { priceOverVega } from "./normalised-black.ts";

/** Below this relative step the fourth-order iteration has converged: what is left is the fourth power of it. */
const LAST_STEP = 3e-5;
const TINY = 1e-290;

/**
 * Total volatility s = sigma √years from a scaled out-of-the-money price, by fourth-order Householder steps from `start`.
 *
 * `k` = |ln F/K| >= 0; `ratio` = price / min(F, K) in (0, 1); `rest` = 1 - ratio, given apart so that it keeps its digits.
 * Below one half the root of ln(ratio) is sought, above it that of ln(rest): both are concave in s, and price over vega
 * is free of exponentials, so a step costs one logarithm. NaN where 60 steps do not suffice.
 * Source: Jäckel, "Let's Be Rational" (2013), sections 3 and 5, with another start and the Mills ratio throughout.
 */
export function polish(k: number, ratio: number, rest: number, start: number): number {
  const low = ratio < 0.5;
  let s = start;
  for (let step = 0; step < 60; step += 1) {
    const h = k / s;
    const near = 0.5 * s - h;
    let misfit: number;
    let slope: number;
    if (low) {
      if (near > MILLS_LIMIT) {
        s = 0.75 * s;
        continue;
      }
      const over = priceOverVega(k, s);
      slope = 1 / over;
      misfit = (ratio > TINY ? Math.log(over / ratio) : Math.log(over) - Math.log(ratio)) - LOG_SQRT_TWO_PI;
    } else {
      if (near < -MILLS_LIMIT) {
        s = 1.5 * s;
        continue;
      }
      const over = mills(-near) + mills(near - s);
      slope = -1 / over;
      misfit = Math.log(over / rest) - LOG_SQRT_TWO_PI;
    }
    const newton = -(misfit - 0.5 * near * near) / slope;
    const bend = (h * h) / s - 0.25 * s;
    const second = bend - slope;
    const third = (-3 * h * h) / (s * s) - 0.25 + (bend - 2 * slope) * second;
    const divisor = 1 + newton * (second + (newton * third) / 6);
    let change = divisor > 0 ? (newton * (1 + 0.5 * newton * second)) / divisor : newton;
    if (!(change > -0.5 * s)) change = -0.5 * s;
    else if (change > s) change = s;
    s += change;
    if (Math.abs(change) <= LAST_STEP * s) return s;
  }
  return NaN;
}
