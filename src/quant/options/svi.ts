import { QuantError } from "../errors.ts";
import { requireFinite } from "./checks.ts";

/**
 * Raw SVI: total variance w(k) = a + b (rho (k - m) + √((k - m)² + width²)) over log-moneyness k = ln(K / F).
 *
 * b >= 0, -1 < rho < 1, width > 0. Total variance is sigma² · years.
 */
export interface SviSlice {
  readonly a: number;
  readonly b: number;
  readonly rho: number;
  readonly m: number;
  readonly width: number;
}

/** Total variance and its first two derivatives in k. */
export interface VarianceAt {
  readonly w: number;
  readonly slope: number;
  readonly curvature: number;
}

/** SVI's total variance at log-moneyness `k`, with derivatives. Source: Gatheral (2004). */
export function sviAt(slice: SviSlice, k: number): VarianceAt {
  const { a, b, rho, m, width } = slice;
  const x = k - m;
  const root = Math.sqrt(x * x + width * width);
  return {
    w: a + b * (rho * x + root),
    slope: b * (rho + x / root),
    curvature: (b * width * width) / (root * root * root),
  };
}

/**
 * Durrleman's function: the risk-neutral density at k up to a positive factor; below zero is butterfly arbitrage.
 *
 * Source: Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", section 2.2.
 */
export function densityFactor({ w, slope, curvature }: VarianceAt, k: number): number {
  const tilt = 1 - (k * slope) / (2 * w);
  return tilt * tilt - 0.25 * slope * slope * (1 / w + 0.25) + 0.5 * curvature;
}

/** Throws `NOT_FINITE`, `OUT_OF_RANGE` unless the numbers are an SVI slice with variance above zero. */
export function requireSvi(slice: SviSlice): void {
  const { a, b, rho, m, width } = slice;
  requireFinite({ a, b, rho, m, width });
  const least = a + b * width * Math.sqrt(Math.max(1 - rho * rho, 0));
  if (b < 0 || Math.abs(rho) >= 1 || width <= 0 || least <= 0) {
    throw new QuantError(
      "OUT_OF_RANGE",
      `the SVI slice had b ${b}, rho ${rho}, width ${width} and least variance ${least}; b must not be negative, rho inside -1..1, the others above zero`,
    );
  }
}

/** Log-moneyness from far left to far right of a slice, dense where it bends. */
function scan(slice: SviSlice): number[] {
  return Array.from({ length: 401 }, (_, i) => slice.m + slice.width * Math.sinh((i - 200) / 25));
}

/**
 * The least value of Durrleman's function over a slice, wings included: below zero the slice holds butterfly arbitrage.
 *
 * 401 points in the inverse hyperbolic sine of (k - m) / width; in the wings the limit 1/4 - slope²/16 (Lee, 2004).
 */
export function leastDensity(slice: SviSlice): number {
  requireSvi(slice);
  const steepest = slice.b * (1 + Math.abs(slice.rho));
  let least = 0.25 - (steepest * steepest) / 16;
  for (const k of scan(slice)) least = Math.min(least, densityFactor(sviAt(slice, k), k));
  return least;
}

/** The least of later less earlier total variance over all k: below zero is calendar arbitrage between the two expiries. */
export function leastCalendarGap(earlier: SviSlice, later: SviSlice): number {
  requireSvi(earlier);
  requireSvi(later);
  const steeper = (sign: number): boolean =>
    later.b * (1 + sign * later.rho) < earlier.b * (1 + sign * earlier.rho) - 1e-12;
  // A flatter wing crosses somewhere far out, whatever the points in between say.
  if (steeper(1) || steeper(-1)) return -Infinity;
  let least = Infinity;
  for (const k of [...scan(earlier), ...scan(later)]) least = Math.min(least, sviAt(later, k).w - sviAt(earlier, k).w);
  return least;
}
