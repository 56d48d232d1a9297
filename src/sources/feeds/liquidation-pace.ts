import { type Decimal, decimal, div, mul, sign, sub } from "../../kernel/decimal.ts";

/** A margin ratio and when it was read, in ms. */
export interface RatioPoint {
  readonly atMs: number;
  readonly ratio: Decimal;
}

/** The pace is that of the last minute at most: a storm's own measure, and short enough to notice that it turned. */
const WINDOW_MS = 60_000;
/** A few looks right after each other show noise. */
const LEAST_MS = 15_000;
/** Further away nothing is foretold. */
const FURTHEST_MS = 3_600_000;

/** The points that the pace is measured by, with the newest at the end. */
export const recent = (points: readonly RatioPoint[], newest: RatioPoint): readonly RatioPoint[] => [
  ...points.filter((one) => newest.atMs - one.atMs <= WINDOW_MS),
  newest,
];

/** How long a margin ratio takes to 1 at its pace, when that was measured and over how long, in ms. */
export interface LiquidationPace {
  readonly measuredAtMs: number;
  readonly overMs: number;
  readonly leftMs: number;
}

/**
 * How long until the margin ratio is 1, if it goes on rising as from the first to the last: a straight line, which
 * says how much time there is to decide and not what will happen. Null where it does not rise, too little is known, or
 * it is over an hour away.
 */
export function liquidationPace(points: readonly RatioPoint[]): LiquidationPace | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const overMs = last.atMs - first.atMs;
  const [rise, left] = [sub(last.ratio, first.ratio), sub(decimal("1"), last.ratio)];
  if (overMs < LEAST_MS || sign(rise) <= 0 || sign(left) <= 0) return null;
  const leftMs = Number(div(mul(left, decimal(String(overMs))), rise, 0, "down"));
  return leftMs > FURTHEST_MS ? null : { measuredAtMs: last.atMs, overMs, leftMs };
}
