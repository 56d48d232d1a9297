import { QuantError } from "../errors.ts";
import { requirePositive } from "./checks.ts";
import type { SmilePoint } from "./heston-calibration.ts";
import { fitSsvi, ssviSlice } from "./ssvi.ts";
import { requireSvi, sviAt } from "./svi.ts";
import type { SviSlice } from "./svi.ts";
import { fitSvi } from "./svi-fit.ts";

/** One expiry of a surface. */
export interface SurfaceSlice {
  readonly years: number;
  readonly forward: number;
  readonly slice: SviSlice;
}

/** A volatility for any strike and expiry. */
export interface VolatilitySurface {
  readonly slices: readonly SurfaceSlice[];
  /** The forward for `years`, log-linear between expiries and flat beyond them. */
  readonly forward: (years: number) => number;
  /** Total variance at log-moneyness `k` = ln(K / forward(years)). */
  readonly totalVariance: (k: number, years: number) => number;
  /** Implied volatility per √year. */
  readonly volatility: (strike: number, years: number) => number;
}

/**
 * Joins slices, each of one expiry, into a surface.
 *
 * Between expiries total variance goes linearly in time at equal log-moneyness, which adds no calendar arbitrage to slices
 * free of it; before the first and after the last the volatility at equal log-moneyness stays. Expiries must rise
 * (`OUT_OF_RANGE`); at least one (`EMPTY_SERIES`). Source: Gatheral and Jacquier (2014), section 5.
 */
export function joinSlices(slices: readonly SurfaceSlice[]): VolatilitySurface {
  const first = slices[0];
  const last = slices.at(-1);
  if (first === undefined || last === undefined)
    throw new QuantError("EMPTY_SERIES", "the surface held no expiry; give at least one slice");
  slices.forEach(({ years, forward, slice }, i) => {
    requirePositive({ years, forward });
    requireSvi(slice);
    if (i > 0 && years <= slices[i - 1]!.years) {
      throw new QuantError(
        "OUT_OF_RANGE",
        `expiry ${i} was ${years} years after ${slices[i - 1]!.years}; expiries must rise`,
      );
    }
  });
  /** The two neighbours of `years` and how far it lies from the first to the second. */
  const between = (years: number): readonly [SurfaceSlice, SurfaceSlice, number] => {
    const after = slices.findIndex((slice) => slice.years >= years);
    if (after <= 0) return after === 0 ? [first, first, 0] : [last, last, 0];
    const [left, right] = [slices[after - 1]!, slices[after]!];
    return [left, right, (years - left.years) / (right.years - left.years)];
  };
  const forward = (years: number): number => {
    requirePositive({ years });
    const [left, right, share] = between(years);
    return left.forward * (right.forward / left.forward) ** share;
  };
  const totalVariance = (k: number, years: number): number => {
    requirePositive({ years });
    const [left, right, share] = between(years);
    const from = sviAt(left.slice, k).w;
    if (left === right) return (from * years) / left.years;
    return from + share * (sviAt(right.slice, k).w - from);
  };
  const volatility = (strike: number, years: number): number => {
    requirePositive({ strike, years });
    return Math.sqrt(totalVariance(Math.log(strike / forward(years)), years) / years);
  };
  return { slices, forward, totalVariance, volatility };
}

/**
 * The surface nearest to implied volatilities of several expiries, free of butterfly and calendar arbitrage.
 *
 * An SSVI surface is fitted to all points; then each expiry with five quotes or more gets a raw SVI slice of its own that
 * may not undercut the one before, a thinner one with the SSVI smile as light company. All points of an
 * expiry share its forward. Throws `SERIES_TOO_SHORT`, `NOT_FINITE`, `OUT_OF_RANGE`, `ARBITRAGE`.
 */
export function fitSurface(points: readonly SmilePoint[]): VolatilitySurface {
  const whole = fitSsvi(points);
  const slices: SurfaceSlice[] = [];
  whole.years.forEach((years, i) => {
    const smile = points.filter((point) => point.years === years);
    const { forward } = smile[0]!;
    const start = ssviSlice(whole, whole.thetas[i]!);
    const earlier = slices.at(-1)?.slice;
    const quotes = smile.map(({ strike, sigma, weight = 1 }) => ({ k: Math.log(strike / forward), sigma, weight }));
    // A thin expiry borrows the SSVI smile as quotes beside its own, too light to outweigh them.
    const borrowed = [-2, -1, 0, 1, 2].map((z) => {
      const k = z * Math.sqrt(whole.thetas[i]!);
      return { k, sigma: Math.sqrt(sviAt(start, k).w / years), weight: 0.01 };
    });
    const enough = quotes.length >= 5 ? quotes : [...quotes, ...borrowed];
    slices.push({
      years,
      forward,
      slice: fitSvi(enough, years, earlier === undefined ? { start } : { start, earlier }),
    });
  });
  return joinSlices(slices);
}
