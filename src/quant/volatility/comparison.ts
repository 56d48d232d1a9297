import { QuantError } from "../errors.ts";
import { mean, requireCount, requireSameLength, requireSeries, type Series } from "../series.ts";
import { studentTwoSided, type TestResult } from "../statistics.ts";

/**
 * QLIKE losses rv/f − ln(rv/f) − 1 of variance forecasts, one a period, zero for a perfect one; ranks forecasts rightly
 * even though the realised variance is itself noisy. Both series above zero, in the same unit.
 * Throws EMPTY_SERIES, LENGTH_MISMATCH, NOT_FINITE, OUT_OF_RANGE. Source: Patton, J. Econometrics 160 (2011).
 */
export function qlikeLosses(realised: Series, forecasts: Series): Float64Array {
  requireSeries("realised", realised, 1);
  requireSeries("forecasts", forecasts, 1);
  requireSameLength(["realised", "forecasts"], realised, forecasts);
  return Float64Array.from({ length: realised.length }, (_, index) => {
    const [actual, forecast] = [realised[index]!, forecasts[index]!];
    if (actual <= 0 || forecast <= 0) {
      throw new QuantError(
        "OUT_OF_RANGE",
        `at ${index} the realised variance was ${actual} and the forecast ${forecast}; both must be above 0`,
      );
    }
    const excess = (actual - forecast) / forecast;
    return excess - Math.log1p(excess);
  });
}

/** The mean QLIKE loss: lower is better, 0 is perfect. */
export function qlike(realised: Series, forecasts: Series): number {
  return mean(qlikeLosses(realised, forecasts));
}

/** A comparison of two forecasts; the statistic is negative where the first one loses less. */
export interface ForecastComparison extends TestResult {
  readonly meanDifference: number;
}

/**
 * Diebold–Mariano test that two forecasts lose equally, from their losses (QLIKE, squared errors, …), two-sided.
 * The variance sums `horizon` − 1 autocovariances; the statistic has the small-sample factor of Harvey, Leybourne and
 * Newbold and is judged by Student's t with n − 1 degrees, as R's forecast::dm.test does.
 * `horizon` in periods, default 1. Throws EMPTY_SERIES, SERIES_TOO_SHORT, LENGTH_MISMATCH, NOT_FINITE, OUT_OF_RANGE
 * (losses that never differ, or a variance not above zero). Source: J. Business & Economic Statistics 13 (1995);
 * International J. of Forecasting 13 (1997).
 */
export function dieboldMariano(firstLosses: Series, secondLosses: Series, horizon = 1): ForecastComparison {
  requireCount("horizon", horizon, 1);
  requireSeries("firstLosses", firstLosses, Math.max(8, horizon + 1));
  requireSeries("secondLosses", secondLosses, 1);
  requireSameLength(["firstLosses", "secondLosses"], firstLosses, secondLosses);
  const n = firstLosses.length;
  const differences = Float64Array.from({ length: n }, (_, index) => firstLosses[index]! - secondLosses[index]!);
  const meanDifference = mean(differences);
  let longRun = 0;
  for (let lag = 0; lag < horizon; lag += 1) {
    let covariance = 0;
    for (let index = lag; index < n; index += 1) {
      covariance += (differences[index]! - meanDifference) * (differences[index - lag]! - meanDifference);
    }
    longRun += ((lag === 0 ? 1 : 2) * covariance) / n;
  }
  if (!(longRun > 0)) {
    throw new QuantError(
      "OUT_OF_RANGE",
      "the losses' difference has no positive variance, so no test can be made; try a shorter horizon",
    );
  }
  const small = Math.sqrt((n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n);
  const statistic = (small * meanDifference) / Math.sqrt(longRun / n);
  return { statistic, pValue: studentTwoSided(statistic, n - 1), meanDifference };
}
