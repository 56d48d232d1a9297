import { QuantError } from "../errors.ts";
import { requireFinite } from "../options/checks.ts";
import { requireCount } from "../series.ts";
import { chiSquaredSurvival, type TestResult } from "../statistics.ts";

/** What a value-at-risk model was seen to do. */
export interface Coverage {
  /** Days on which it was judged. */
  readonly observations: number;
  /** Days on which the loss was above it. */
  readonly exceptions: number;
  /** The model's confidence (0.99) or, the same thing, its share of exceptions (0.01). */
  readonly level: number;
}

/** Christoffersen's test with its two halves and the counts behind them. */
export interface ConditionalCoverage extends TestResult {
  /** Kupiec's half: is the number of exceptions right? One degree of freedom. */
  readonly unconditional: TestResult;
  /** Do exceptions come alone? One degree of freedom. */
  readonly independence: TestResult;
  /** Days by yesterday's and today's hit: [[no→no, no→yes], [yes→no, yes→yes]]. */
  readonly transitions: readonly [readonly [number, number], readonly [number, number]];
}

/** The expected share of exceptions: `level` itself below one half, 1 − level above it. Throws OUT_OF_RANGE outside (0, 1). */
export function exceptionShare(level: number): number {
  requireFinite({ level });
  if (level <= 0 || level >= 1) {
    throw new QuantError("OUT_OF_RANGE", `level was ${level}; it must lie between 0 and 1, as 0.99 or 0.01`);
  }
  return level > 0.5 ? 1 - level : level;
}

/**
 * Kupiec's proportion-of-failures test: twice the log-likelihood ratio of the observed share of exceptions against the
 * model's, chi-squared with one degree of freedom. Relative error of the statistic about 1e-13, also near zero.
 * Throws OUT_OF_RANGE (no observations, more exceptions than observations, level outside (0, 1)).
 * Source: Kupiec, J. of Derivatives 3 (1995).
 */
export function kupiec({ observations, exceptions, level }: Coverage): TestResult {
  requireCount("observations", observations, 1);
  requireCount("exceptions", exceptions, 0);
  if (exceptions > observations) {
    throw new QuantError("OUT_OF_RANGE", `there were ${exceptions} exceptions in ${observations} observations`);
  }
  const share = exceptionShare(level);
  const statistic = ratioOf([
    [exceptions, observations * share],
    [observations - exceptions, observations * (1 - share)],
  ]);
  return { statistic, pValue: chiSquaredSurvival(statistic, 1) };
}

/**
 * Christoffersen's conditional coverage test: Kupiec's ratio over all days plus the ratio for independence of
 * successive days, chi-squared with two degrees of freedom. `hits` says of each day, oldest first, whether the loss
 * exceeded the value at risk (true or 1); at least two. `level` as in `kupiec`.
 * Throws EMPTY_SERIES, SERIES_TOO_SHORT, NOT_FINITE, OUT_OF_RANGE.
 * Source: Christoffersen, International Economic Review 39 (1998); the sum as in R's rugarch.
 */
export function christoffersen(hits: ArrayLike<boolean | number>, level: number): ConditionalCoverage {
  if (hits.length === 0) throw new QuantError("EMPTY_SERIES", "there are no hits; at least two days are needed");
  if (hits.length < 2) throw new QuantError("SERIES_TOO_SHORT", "there is one day of hits; at least two are needed");
  const days = Array.from<boolean | number, number>(hits, (hit, index) => {
    const value = Number(hit);
    if (Number.isNaN(value)) throw new QuantError("NOT_FINITE", `hits[${index}] was ${hit}; it must be true or false`);
    if (value !== 0 && value !== 1)
      throw new QuantError("OUT_OF_RANGE", `hits[${index}] was ${hit}; it must be 0 or 1`);
    return value;
  });
  const counts: [[number, number], [number, number]] = [
    [0, 0],
    [0, 0],
  ];
  for (let index = 1; index < days.length; index += 1) {
    const [from, to] = [days[index - 1] === 1 ? 1 : 0, days[index] === 1 ? 1 : 0] as const;
    counts[from][to] += 1;
  }
  const exceptions = days.reduce((sum, hit) => sum + hit, 0);
  const unconditional = kupiec({ observations: days.length, exceptions, level });
  const total = days.length - 1;
  const cells = ([0, 1] as const).flatMap((from) =>
    ([0, 1] as const).map((to): [number, number] => {
      const row = counts[from][0] + counts[from][1];
      const column = counts[0][to] + counts[1][to];
      return [counts[from][to], (row * column) / total];
    }),
  );
  const alone = ratioOf(cells);
  const statistic = unconditional.statistic + alone;
  return {
    statistic,
    pValue: chiSquaredSurvival(statistic, 2),
    unconditional,
    independence: { statistic: alone, pValue: chiSquaredSurvival(alone, 1) },
    transitions: counts,
  };
}

/** 2 Σ observed · ln(observed / expected), where observed and expected have the same sum. */
function ratioOf(cells: readonly (readonly [number, number])[]): number {
  let sum = 0;
  for (const [observed, expected] of cells) sum += deviance(observed, expected);
  return 2 * sum;
}

/**
 * x ln(x/m) + m − x, never below zero: the linear parts cancel over all cells, so the sum keeps its digits where the
 * logarithms alone would cancel. Source: Loader (2000), the "saddle-point" binomial.
 */
function deviance(x: number, m: number): number {
  if (x === 0) return m;
  if (Math.abs(x - m) < 0.1 * (x + m)) {
    const v = (x - m) / (x + m);
    let term = 2 * x * v;
    let sum = (x - m) * v;
    for (let index = 1; index < 1000; index += 1) {
      term *= v * v;
      const next = sum + term / (2 * index + 1);
      if (next === sum) return sum;
      sum = next;
    }
  }
  return x * Math.log(x / m) + m - x;
}
