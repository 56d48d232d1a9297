import { type Decimal, compare, div, add, decimal, sub } from "../../kernel/decimal.ts";
import type { LifeResult } from "./life.ts";

/** One side of a comparison over all seeds: medians, and the worst and best where spread matters. */
export interface SideSummary {
  readonly name: string;
  readonly lives: number;
  readonly liquidated: number;
  readonly equityEndUsd: { readonly low: Decimal; readonly median: Decimal; readonly high: Decimal };
  readonly drawdownRatio: Decimal;
  readonly dangerMs: number;
  readonly feesUsd: Decimal;
  readonly slippageBps: Decimal | null;
  readonly runs: number;
  readonly orders: number;
}

const sorted = (values: readonly Decimal[]): readonly Decimal[] => values.toSorted(compare);

/** The middle value, or the mean of the two middle ones. */
function median(values: readonly Decimal[]): Decimal {
  const all = sorted(values);
  const half = Math.floor(all.length / 2);
  const [low, high] = [all[half - 1], all[half]];
  if (high === undefined) throw new RangeError("there is no median of nothing");
  return all.length % 2 === 1 || low === undefined ? high : div(add(low, high), decimal("2"), 8, "half-even");
}

const middle = (values: readonly number[]): number => Number(median(values.map((one) => decimal(String(one)))));

/** What the lives of one side came to. @param lives at least one */
export function summarise(name: string, lives: readonly LifeResult[]): SideSummary {
  const ends = sorted(lives.map((one) => one.equityEndUsd));
  const slips = lives.flatMap((one) => (one.slippageBps === null ? [] : [decimal(one.slippageBps)]));
  return {
    name,
    lives: lives.length,
    liquidated: lives.filter((one) => one.liquidated).length,
    equityEndUsd: {
      low: ends[0] as Decimal,
      median: median(ends),
      high: ends.at(-1) as Decimal,
    },
    drawdownRatio: median(lives.map((one) => one.drawdownRatio)),
    dangerMs: middle(lives.map((one) => one.dangerMs)),
    feesUsd: median(lives.map((one) => one.feesUsd)),
    slippageBps: slips.length === 0 ? null : median(slips),
    runs: middle(lives.map((one) => one.runs)),
    orders: middle(lives.map((one) => one.orders)),
  };
}

/** Median gain in final equity, seed by seed, from having the first side instead of the second. */
export const gainUsd = (ours: readonly LifeResult[], theirs: readonly LifeResult[]): Decimal =>
  median(ours.map((one, at) => sub(one.equityEndUsd, (theirs[at] as LifeResult).equityEndUsd)));
