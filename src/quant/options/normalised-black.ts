import { logRatio } from "./elementary.ts";

/**
 * |ln(F / K)| with full relative accuracy, by (F - K) / (F + K) near the money, where F - K is exact.
 *
 * A logarithm of the rounded quotient costs up to 20,000 attainable units of implied volatility minutes before expiry.
 */
export function absoluteLogMoneyness(forward: number, strike: number): number {
  return forward < strike ? logRatio(strike, forward) : logRatio(forward, strike);
}

/** Below this value of k + 0.8·s the difference of two Mills ratios cancels and `oddSeries` takes over. */
export const SERIES_LIMIT = 0.75;

/** 1 / ((2n + 2)(2n + 3)), the factors between neighbouring odd Taylor coefficients. */
const STEP = Float64Array.from({ length: 12 }, (_, n) => 1 / ((2 * n + 2) * (2 * n + 3)));

/**
 * 2 (a1 t + a3 t³ + …): the difference of the Mills ratio Y at -h + t and -h - t by its Taylor series about -h.
 *
 * This is the out-of-the-money price over its vega where both ratios agree in their leading digits: close to the money
 * at small s. `h` = k / s, `t` = s / 2, `centre` = Y(-h). After Jäckel, "Let's Be Rational" (2013), section 6.
 * From Y' = 1 + zY follow a1 = 1 - hY(-h), a3 = ((h² + 3) a1 - 1) / 6 and, without the even ones,
 * a(2n+3) = ((h² + 4n + 3) a(2n+1) - a(2n-1)) / ((2n + 2)(2n + 3)). The term n is at most t^2n / (2n + 1)!! of the
 * first; enough are taken that the first one left out stays below 1e-18 for t² < 0.22.
 */
export function oddSeries(h: number, t: number, centre: number): number {
  const t2 = t * t;
  const q = h * h;
  const a1 = 1 - h * centre;
  const a3 = ((q + 3) * a1 - 1) * (1 / 6);
  const a5 = ((q + 7) * a3 - a1) * (1 / 20);
  const a7 = ((q + 11) * a5 - a3) * (1 / 42);
  if (t2 < 1e-4) return 2 * t * (a1 + t2 * (a3 + t2 * (a5 + t2 * a7)));
  const a9 = ((q + 15) * a7 - a5) * (1 / 72);
  const a11 = ((q + 19) * a9 - a7) * (1 / 110);
  let tail = t2 * (a9 + t2 * a11);
  if (t2 >= 0.0064) {
    const last = t2 < 0.049 ? 7 : 11;
    let before = a9;
    let at = a11;
    let power = t2 * t2;
    for (let n = 5; n < last; n += 1) {
      const next = ((q + 4 * n + 3) * at - before) * STEP[n]!;
      before = at;
      at = next;
      power *= t2;
      tail += at * power;
    }
  }
  return 2 * t * (a1 + t2 * (a3 + t2 * (a5 + t2 * (a7 + tail))));
}
