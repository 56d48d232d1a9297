import { QuantError } from "../errors.ts";
import { mean, requireSameLength, requireSeries, sampleVariance, type Series } from "../series.ts";
import { studentTwoSided, type TestResult } from "../statistics.ts";

/** Variance of one book against another over the same periods. */
export interface VarianceComparison {
  readonly variance: number;
  readonly otherVariance: number;
  /** 1 − variance / otherVariance: 0.9 is 90 % less variance, below zero is more. */
  readonly reductionRatio: number;
  /** Pitman–Morgan test that both variances are equal, two-sided; the statistic is negative where `variance` is smaller. */
  readonly test: TestResult;
}

/** How well a hedge did. */
export interface HedgeEffectiveness {
  readonly periods: number;
  readonly againstUnhedged: VarianceComparison;
  /** Present where the profits of a daily fixed-delta hedge were given. */
  readonly againstFixedDelta?: VarianceComparison;
  /** Sum of profits of the hedged book less the unhedged one: what the hedge cost or earned. */
  readonly hedgeProfit: number;
}

/**
 * Measures a hedge by the variance of profits, period by period, all in one unit; costs belong in the hedged series.
 * At least 10 periods. Throws EMPTY_SERIES, SERIES_TOO_SHORT, LENGTH_MISMATCH, NOT_FINITE, OUT_OF_RANGE (no variance).
 * Sources: Ederington, J. of Finance 34 (1979); Pitman and Morgan, Biometrika 31 (1939), for pairs that move together.
 */
export function hedgeEffectiveness(profits: {
  readonly hedged: Series;
  readonly unhedged: Series;
  readonly fixedDelta?: Series;
}): HedgeEffectiveness {
  const { hedged, unhedged, fixedDelta } = profits;
  const againstUnhedged = compareVariances(hedged, unhedged, ["hedged", "unhedged"]);
  const n = hedged.length;
  return {
    periods: n,
    againstUnhedged,
    ...(fixedDelta === undefined
      ? {}
      : { againstFixedDelta: compareVariances(hedged, fixedDelta, ["hedged", "fixedDelta"]) }),
    hedgeProfit: n * (mean(hedged) - mean(unhedged)),
  };
}

function compareVariances(own: Series, other: Series, names: readonly [string, string]): VarianceComparison {
  requireSeries(names[0], own, 10);
  requireSeries(names[1], other, 10);
  requireSameLength(names, own, other);
  const n = own.length;
  const [variance, otherVariance] = [sampleVariance(own), sampleVariance(other)];
  if (!(otherVariance > 0))
    throw new QuantError("OUT_OF_RANGE", `the ${names[1]} profits do not vary, so nothing can be reduced`);
  const [sums, differences] = [
    Float64Array.from({ length: n }, (_, index) => own[index]! + other[index]!),
    Float64Array.from({ length: n }, (_, index) => own[index]! - other[index]!),
  ];
  const [sumCentre, differenceCentre] = [mean(sums), mean(differences)];
  let covariance = 0;
  for (let index = 0; index < n; index += 1)
    covariance += (sums[index]! - sumCentre) * (differences[index]! - differenceCentre);
  const spread = Math.sqrt(sampleVariance(sums) * sampleVariance(differences));
  // Sum and difference are uncorrelated exactly when both variances are equal; one that never moves says nothing.
  const correlation = spread > 0 ? Math.max(-1, Math.min(1, covariance / (n - 1) / spread)) : 0;
  const statistic = correlation * Math.sqrt((n - 2) / Math.max(1e-300, 1 - correlation * correlation));
  return {
    variance,
    otherVariance,
    reductionRatio: 1 - variance / otherVariance,
    test: { statistic, pValue: studentTwoSided(statistic, n - 2) },
  };
}
