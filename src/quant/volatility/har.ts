import { QuantError } from "../errors.ts";
import { leastSquares, zeros, type Matrix } from "../matrix.ts";
import { mean, requireCount, requireSameLength, requireSeries, type Series } from "../series.ts";

const WEEK = 5;
const MONTH = 22;

interface HarFit {
  readonly intercept: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  /** Realised variance of the day after the sample, kept within the range seen in it (Bollerslev et al.'s insanity filter). */
  readonly forecast: number;
  /** Realised variances of the next 1 … days, each forecast fed into the next. */
  readonly forecastOver: (days: number) => number[];
  readonly rSquared: number;
}

/** A heterogeneous autoregression of realised variance on its last day, week (5) and month (22). */
export type Har = HarFit & {
  /** Ordinary standard errors in the order of the coefficients. */
  readonly standardErrors: {
    readonly intercept: number;
    readonly daily: number;
    readonly weekly: number;
    readonly monthly: number;
  };
};

/** HARQ: the daily coefficient is daily + dailyQuarticity · (√RQ − quarticityCentre). */
export type Harq = HarFit & {
  readonly dailyQuarticity: number;
  /** √mean(RQ) of the sample, so that `daily` is the coefficient on a day of usual uncertainty. */
  readonly quarticityCentre: number;
};

/**
 * Fits RV_t = intercept + daily·RV_{t−1} + weekly·mean(last 5) + monthly·mean(last 22) by least squares.
 * `realisedVariance` one value a day, oldest first, at least 32 days, each ≥ 0; the forecast is in its units.
 * Throws EMPTY_SERIES, SERIES_TOO_SHORT, NOT_FINITE, OUT_OF_RANGE, NO_CONVERGENCE (dependent regressors).
 * Source: Corsi, J. Financial Econometrics 7 (2009).
 */
export function fitHar(realisedVariance: Series): Har {
  requireVariances("realisedVariance", realisedVariance);
  const { coefficients, errors, rSquared } = regress(realisedVariance, 4, () => []);
  const [intercept, daily, weekly, monthly] = [coefficients[0]!, coefficients[1]!, coefficients[2]!, coefficients[3]!];
  const next = (history: Series): number => {
    const [day, week, month] = lags(history, history.length);
    return intercept + daily * day + weekly * week + monthly * month;
  };
  const over = iterate(realisedVariance, next);
  return {
    intercept,
    daily,
    weekly,
    monthly,
    forecast: over(1)[0]!,
    forecastOver: over,
    rSquared,
    standardErrors: { intercept: errors[0]!, daily: errors[1]!, weekly: errors[2]!, monthly: errors[3]! },
  };
}

/**
 * Fits HARQ, in which the daily coefficient falls on days whose realised variance is itself uncertain:
 * RV_t = intercept + (daily + dailyQuarticity·(√RQ_{t−1} − √mean RQ))·RV_{t−1} + weekly·… + monthly·….
 * `rv` and `rq` (realised quarticity) pair up, one a day, at least 32 days, each ≥ 0. Forecasts beyond one day use the
 * usual quarticity. Throws as `fitHar`, and LENGTH_MISMATCH.
 * Source: Bollerslev, Patton and Quaedvlieg, J. Econometrics 192 (2016); centring as in R's highfrequency.
 */
export function fitHarq(rv: Series, rq: Series): Harq {
  requireVariances("rv", rv);
  requireVariances("rq", rq);
  requireSameLength(["rv", "rq"], rv, rq);
  const quarticityCentre = Math.sqrt(mean(rq));
  const term = (day: number): number => (Math.sqrt(rq[day]!) - quarticityCentre) * rv[day]!;
  const { coefficients, rSquared } = regress(rv, 5, (day) => [term(day)]);
  const [intercept, daily, weekly, monthly] = [coefficients[0]!, coefficients[1]!, coefficients[2]!, coefficients[3]!];
  const dailyQuarticity = coefficients[4]!;
  const next = (history: Series): number => {
    const [day, week, month] = lags(history, history.length);
    const known = history.length === rv.length ? dailyQuarticity * term(rv.length - 1) : 0;
    return intercept + daily * day + weekly * week + monthly * month + known;
  };
  const over = iterate(rv, next);
  return {
    intercept,
    daily,
    weekly,
    monthly,
    dailyQuarticity,
    quarticityCentre,
    forecast: over(1)[0]!,
    forecastOver: over,
    rSquared,
  };
}

function requireVariances(name: string, series: Series): void {
  requireSeries(name, series, MONTH + 10);
  for (let index = 0; index < series.length; index += 1) {
    if (series[index]! < 0) {
      throw new QuantError("OUT_OF_RANGE", `${name}[${index}] was ${series[index]}; a variance is not below 0`);
    }
  }
}

/** The last day, week and month before `end`. */
function lags(series: Series, end: number): [number, number, number] {
  let week = 0;
  let month = 0;
  for (let back = 1; back <= MONTH; back += 1) {
    const value = series[end - back]!;
    month += value;
    if (back <= WEEK) week += value;
  }
  return [series[end - 1]!, week / WEEK, month / MONTH];
}

interface Regression {
  readonly coefficients: Float64Array;
  readonly errors: Float64Array;
  readonly rSquared: number;
}

function regress(series: Series, columns: number, extra: (day: number) => readonly number[]): Regression {
  const rows = series.length - MONTH;
  const design: Matrix = zeros(rows, columns);
  const target = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const day = row + MONTH;
    target[row] = series[day]!;
    design.values.set([1, ...lags(series, day), ...extra(day - 1)], row * columns);
  }
  const { coefficients, unscaledVariances, residuals } = leastSquares(design, target);
  const squares = residuals.reduce((sum, value) => sum + value * value, 0);
  const centre = mean(target);
  const total = target.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const residualVariance = squares / (rows - columns);
  return {
    coefficients,
    errors: unscaledVariances.map((value) => Math.sqrt(value * residualVariance)),
    rSquared: 1 - squares / total,
  };
}

function iterate(series: Series, next: (history: Series) => number): (days: number) => number[] {
  const sample = Float64Array.from(series);
  const lowest = sample.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = sample.reduce((most, value) => Math.max(most, value), 0);
  return (days) => {
    requireCount("days", days, 1);
    const history = Array.from(sample);
    for (let day = 0; day < days; day += 1) history.push(Math.min(highest, Math.max(lowest, next(history))));
    return history.slice(sample.length);
  };
}
