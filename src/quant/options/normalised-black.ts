import { mills } from "../normal.ts";

/**
 * |ln(F / K)| without the rounding of the quotient: log1p(|F - K| / min) near the money, where F - K is exact.
 *
 * A logarithm of the rounded quotient costs up to 20,000 attainable units of implied volatility minutes before expiry.
 */
export function absoluteLogMoneyness(forward: number, strike: number): number {
  return forward < strike ? Math.log1p((strike - forward) / forward) : Math.log1p((forward - strike) / strike);
}

/** Below this value of h·s + 0.8·s the difference of two Mills ratios cancels and the Taylor series takes over. */
export const SERIES_LIMIT = 0.75;

/**
 * How many powers the Taylor series needs for a half width t = s / 2, given as t squared (at most 0.22): the term n is at
 * most t^(2n) / (2n + 1)!! of the first, and the first one left out stays below 1e-18.
 */
export function seriesOrder(t2: number): number {
  return t2 < 1e-4 ? 7 : t2 < 0.0064 ? 11 : t2 < 0.049 ? 15 : 23;
}

/**
 * The out-of-the-money price over vega, Y(t - h) - Y(-t - h) with Y the Mills ratio, h = k / s and t = s / 2.
 *
 * `k` = |ln F/K| >= 0, `s` = sigma √years > 0, t - h <= 1.25. A ratio of price to ∂price/∂s needs no exponential.
 * Close to the money at small s both terms agree in their leading digits: there the odd part of the Taylor series about
 * -h is summed instead, with Y' = 1 + zY and (n+1) a(n+1) = z a(n) + a(n-1). After Jäckel, "Let's Be Rational" (2013), section 6.
 */
export function priceOverVega(k: number, s: number): number {
  const h = k / s;
  const t = 0.5 * s;
  if (k + 0.8 * s >= SERIES_LIMIT) return mills(t - h) - mills(-t - h);
  return oddSeries(h, t);
}

/** 2 (a1 t + a3 t³ + …): the difference of the Mills ratio at -h + t and -h - t by its Taylor series. */
export function oddSeries(h: number, t: number): number {
  const t2 = t * t;
  const order = seriesOrder(t2);
  let even = mills(-h);
  let odd = 1 - h * even;
  let power = t;
  let sum = odd * power;
  for (let n = 2; n < order; n += 2) {
    even = (even - h * odd) / n;
    odd = (odd - h * even) / (n + 1);
    power *= t2;
    sum += odd * power;
  }
  return 2 * sum;
}
