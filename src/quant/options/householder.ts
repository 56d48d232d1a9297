import { LOG_SQRT_TWO_PI, MILLS_LIMIT, mills } from "../normal.ts";
import { expNegative } from "./elementary.ts";
import { oddSeries, SERIES_LIMIT } from "./normalised-black.ts";

/** Below this relative step the fourth-order iteration has converged: what is left is the fourth power of it. */
export const LAST_STEP = 3e-5;
const TINY = 1e-290;

/**
 * ln(over / target · phi(near)), zero at the root.
 *
 * Beside the root the argument is close to one: its exponential is cheaper than the logarithm and the series 2 atanh keeps
 * every digit. Elsewhere, and where the quotient would overflow, logarithms are taken one by one.
 */
function logOfOne(over: number, target: number, near: number): number {
  const square = 0.5 * near * near + LOG_SQRT_TWO_PI;
  if (target > 0 && target < TINY) return Math.log(over) - Math.log(target) - square;
  const quotient = over / target;
  const y = quotient * expNegative(-square) - 1;
  if (!(y > -0.01 && y < 0.01)) return Math.log(quotient) - square;
  const u = y / (2 + y);
  const u2 = u * u;
  return 2 * u * (1 + u2 * (1 / 3 + u2 * (1 / 5 + u2 * (1 / 7))));
}

/**
 * One fourth-order Householder step from `s` towards the total volatility of a scaled out-of-the-money price.
 *
 * `k` = |ln F/K| >= 0; `ratio` = price / min(F, K) in (0, 1); `rest` = 1 - ratio, given apart so that it keeps its digits.
 * Below one half the root of ln(ratio) is sought, above it that of ln(rest): both are concave in s, and price over vega
 * is a sum of Mills ratios, so a step costs one logarithm and no exponential. The step is kept within a half and twice s.
 * Source: Jäckel, "Let's Be Rational" (2013), sections 3 and 5, with another start and the Mills ratio throughout.
 */
export function householderStep(k: number, ratio: number, rest: number, s: number): number {
  const h = k / s;
  const t = 0.5 * s;
  const low = ratio < 0.5;
  const near = low ? t - h : h - t;
  if (near > MILLS_LIMIT) return low ? 0.75 * s : 1.5 * s;
  const inSeries = low && k + 0.8 * s < SERIES_LIMIT;
  const first = mills(inSeries ? -h : near);
  let over: number;
  if (inSeries) over = oddSeries(h, t, first);
  else if (low) over = first - mills(-t - h);
  else over = -first - mills(-t - h);
  const target = low ? ratio : -rest;
  const newton = -over * logOfOne(over, target, near);
  const slope = 1 / over;
  const inverse = 1 / s;
  const curl = h * h * inverse;
  const bend = curl - 0.5 * t;
  const second = bend - slope;
  const third = (bend - 2 * slope) * second - 3 * curl * inverse - 0.25;
  const divisor = 1 + newton * (second + newton * third * (1 / 6));
  const change = divisor > 0 ? (newton * (1 + 0.5 * newton * second)) / divisor : newton;
  if (!(change > -0.5 * s)) return 0.5 * s;
  return change > s ? 2 * s : s + change;
}

/** `householderStep` from `start` until it no longer moves; NaN where 60 steps do not suffice, which no input has shown. */
export function polish(k: number, ratio: number, rest: number, start: number): number {
  let s = start;
  for (let step = 0; step < 60; step += 1) {
    const next = householderStep(k, ratio, rest, s);
    if (Math.abs(next - s) <= LAST_STEP * s) return next;
    s = next;
  }
  return NaN;
}
