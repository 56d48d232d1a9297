import { requireNotNegative, requirePositive } from "../options/checks.ts";
import { addExposures, exposureOf, NO_EXPOSURE, type Holding } from "../risk/holdings.ts";
import { addProfits, bookColumns } from "../risk/revaluation.ts";
import { requireSeries, type Series } from "../series.ts";
import { whalleyWilmottBand } from "./no-trade-band.ts";

/** When delta is hedged with the asset itself. */
export type DeltaPolicy =
  | { readonly kind: "none" }
  /** To the delta of the moment, every so many steps: a daily fixed-delta hedge where that is a day. */
  | { readonly kind: "periodic"; readonly everySteps: number }
  /** To the edge of Whalley and Wilmott's band, whenever delta is outside it. */
  | { readonly kind: "band"; readonly riskAversion: number };

/** A book of one asset along a path of prices. */
export interface PathQuestion {
  /** The book at the first price; options keep their volatility unless `sigmas` gives another. */
  readonly holdings: readonly Holding[];
  /** Prices of the asset in USD, evenly spaced, at least 2. */
  readonly prices: Series;
  readonly stepDays: number;
  /** Implied volatility of every option at each price; same length as prices. */
  readonly sigmas?: Series;
  readonly policy: DeltaPolicy;
  /** Cost of trading the hedge as a share of the value traded. */
  readonly costRatio: number;
}

/** What the book earned, step by step. */
export interface PathResult {
  /** Profit of book and hedge less costs, one per step. */
  readonly profits: Float64Array;
  readonly costUsd: number;
  readonly trades: number;
}

/**
 * Profits of a book under a rule of hedging, by full revaluation at every price; the hedge is set before the step it
 * is held over, so no rule sees the future. Throws EMPTY_SERIES, SERIES_TOO_SHORT, NOT_FINITE, OUT_OF_RANGE.
 */
export function hedgeAlongPath({ holdings, prices, stepDays, sigmas, policy, costRatio }: PathQuestion): PathResult {
  requireSeries("prices", prices, 2);
  requirePositive({ stepDays });
  requireNotNegative({ costRatio });
  if (sigmas !== undefined) requireSeries("sigmas", sigmas, prices.length);
  const steps = prices.length - 1;
  const profits = new Float64Array(steps);
  const one = new Float64Array(1);
  let [hedge, costUsd, trades] = [0, 0, 0];
  for (let step = 0; step < steps; step += 1) {
    const [price, next] = [prices[step]!, prices[step + 1]!];
    const now = holdings.map((holding) => moved(holding, prices[0]!, price, step * stepDays, sigmas?.[step]));
    const wanted = rebalance(policy, step, now, hedge, costRatio);
    if (wanted !== hedge) {
      const cost = Math.abs(wanted - hedge) * price * costRatio;
      profits[step]! -= cost;
      costUsd += cost;
      trades += 1;
      hedge = wanted;
    }
    one[0] = 0;
    const volMove = sigmas === undefined ? 0 : sigmas[step + 1]! - sigmas[step]!;
    const book = bookColumns(now);
    if (book.assets.length > 0) addProfits(one, book, [{ priceMove: next / price - 1, volMove }], stepDays);
    profits[step]! += one[0] + hedge * (next - price);
  }
  return { profits, costUsd, trades };
}

/** The holding as it stands after the price moved and days passed. */
function moved(holding: Holding, first: number, price: number, days: number, sigma: number | undefined): Holding {
  const factor = price / first;
  const indexUsd = holding.indexUsd * factor;
  if (holding.kind === "spot") return { ...holding, indexUsd };
  if (holding.kind === "future") return { ...holding, indexUsd, markUsd: holding.markUsd * factor };
  return {
    ...holding,
    indexUsd,
    forwardUsd: holding.forwardUsd * factor,
    years: Math.max(0, holding.years - days / 365),
    sigma: sigma ?? holding.sigma,
  };
}

function rebalance(
  policy: DeltaPolicy,
  step: number,
  holdings: readonly Holding[],
  hedge: number,
  costRatio: number,
): number {
  if (policy.kind === "none") return 0;
  if (policy.kind === "periodic" && step % policy.everySteps !== 0) return hedge;
  const { deltaCoin, gammaCoin } = holdings.reduce(
    (sum, holding) => addExposures(sum, exposureOf(holding)),
    NO_EXPOSURE,
  );
  if (policy.kind === "periodic") return -deltaCoin;
  const band = whalleyWilmottBand({
    gammaCoin,
    spot: holdings[0]?.indexUsd ?? 1,
    costRatio,
    riskAversion: policy.riskAversion,
  });
  const off = deltaCoin + hedge;
  return Math.abs(off) <= band ? hedge : Math.sign(off) * band - deltaCoin;
}
