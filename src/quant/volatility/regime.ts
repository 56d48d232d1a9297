import { requireSeries, type Series } from "../series.ts";

/** A change of the variance found in a series. */
export interface VarianceBreak {
  /** Index of the first return of the new regime. */
  readonly index: number;
  /** Largest standardised CUSUM, to be compared with 1.358 (95 %) or 1.628 (99 %). */
  readonly statistic: number;
  /** Standard deviations before and after the break, in the returns' unit, each of its own stretch. */
  readonly sigmaBefore: number;
  readonly sigmaAfter: number;
}

/** How sure a break must be, and how short a regime may be. */
export interface RegimeOptions {
  /** Default 0.05. */
  readonly significance?: 0.05 | 0.01;
  /** Fewest returns of a regime; default 20. */
  readonly shortest?: number;
}

const CRITICAL = { 0.05: 1.358, 0.01: 1.628 } as const;

/**
 * Finds the points at which the variance of returns changed, oldest first, by the iterated cumulative sum of squares
 * whose statistic is corrected for fat tails and for clusters of volatility (κ₂, Bartlett window).
 * Returns are taken about zero; at least 2 × shortest of them.
 * Throws EMPTY_SERIES, SERIES_TOO_SHORT, NOT_FINITE.
 * Source: Inclán and Tiao, JASA 89 (1994); Sansó, Aragó and Carrion, Revista de Economía Financiera 4 (2004).
 */
export function varianceBreaks(returns: Series, options: RegimeOptions = {}): VarianceBreak[] {
  const shortest = options.shortest ?? 20;
  requireSeries("returns", returns, 2 * shortest);
  const critical = CRITICAL[options.significance ?? 0.05];
  const squares = Float64Array.from(returns, (value) => value * value);
  const split = (from: number, to: number): number[] => {
    if (to - from < 2 * shortest) return [];
    const { at, statistic } = largestCusum(squares, from, to, shortest);
    if (statistic <= critical) return [];
    return [...split(from, at), at, ...split(at, to)];
  };
  let points = split(0, squares.length);
  // Each point is judged again between its neighbours until none falls: the second stage of the source.
  for (let pass = 0; pass < 20; pass += 1) {
    const borders = [0, ...points, squares.length];
    const kept: number[] = [];
    for (let index = 1; index + 1 < borders.length; index += 1) {
      const found = largestCusum(squares, kept.at(-1) ?? 0, borders[index + 1]!, shortest);
      if (found.statistic > critical) kept.push(found.at);
    }
    const settled =
      kept.length === points.length && kept.every((point, index) => Math.abs(point - points[index]!) <= 2);
    points = kept;
    if (settled) break;
  }
  const borders = [0, ...points, squares.length];
  return points.map((index, position) => {
    const [from, to] = [borders[position]!, borders[position + 2]!];
    return {
      index,
      statistic: largestCusum(squares, from, to, shortest).statistic,
      sigmaBefore: rootMeanSquare(squares, from, index),
      sigmaAfter: rootMeanSquare(squares, index, to),
    };
  });
}

function rootMeanSquare(squares: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += squares[index]!;
  return Math.sqrt(sum / (to - from));
}

function largestCusum(
  squares: Float64Array,
  from: number,
  to: number,
  shortest: number,
): { at: number; statistic: number } {
  const n = to - from;
  if (n < 2 * shortest) return { at: from, statistic: 0 };
  const variance = rootMeanSquare(squares, from, to) ** 2;
  const spread = Math.sqrt(longRunVariance(squares, from, to, variance) * n);
  if (!(spread > 0)) return { at: from, statistic: 0 };
  let cumulated = 0;
  let at = from;
  let statistic = 0;
  for (let index = from; index < to; index += 1) {
    cumulated += squares[index]! - variance;
    const size = Math.abs(cumulated) / spread;
    const split = index + 1;
    if (split - from >= shortest && to - split >= shortest && size > statistic) [at, statistic] = [split, size];
  }
  return { at, statistic };
}

/** Bartlett long-run variance of the squares, with ⌊4 (n/100)^{2/9}⌋ lags. */
function longRunVariance(squares: Float64Array, from: number, to: number, centre: number): number {
  const n = to - from;
  const lags = Math.floor(4 * (n / 100) ** (2 / 9));
  let sum = 0;
  for (let lag = 0; lag <= lags; lag += 1) {
    let covariance = 0;
    for (let index = from + lag; index < to; index += 1) {
      covariance += (squares[index]! - centre) * (squares[index - lag]! - centre);
    }
    sum += ((lag === 0 ? 1 : 2 * (1 - lag / (lags + 1))) * covariance) / n;
  }
  return sum;
}
