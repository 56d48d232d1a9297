import { QuantError } from "../errors.ts";
import { mean, requireCount, requireSeries, sampleVariance, type Series } from "../series.ts";
import { seededRandom } from "../random.ts";
import { fitGarch11 } from "../volatility/garch.ts";
import { exceptionShare } from "./coverage.ts";
import { normalTail, studentTail, type Tail } from "./tails.ts";
import { simulatedProfits, type SimulatedBook } from "./simulated-profits.ts";

interface Level {
  /** Confidence, 0.99, or the same as a share of days, 0.01. */
  readonly level: number;
}

/** Past profits (or returns) weigh alike. */
export interface Historical extends Level {
  readonly method?: "historical";
  /** Profit and loss of the book as it stands now on each past day, or its returns, oldest first; losses below zero. */
  readonly returns: Series;
}

/** Past profits rescaled to today's volatility by GARCH(1,1), and drawn forward over the horizon. */
export interface FilteredHistorical extends Level {
  readonly method: "filtered";
  /** At least 50, oldest first. */
  readonly returns: Series;
  /** Days ahead; default 1. */
  readonly horizon?: number;
  /** Drawn futures where horizon > 1; default 20,000. */
  readonly paths?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** A law fitted by its moments. */
export interface Parametric extends Level {
  readonly method: "parametric";
  readonly returns: Series;
  /** Student's degrees of freedom come from the sample's kurtosis, 4.05 … 100. Default "normal". */
  readonly law?: "normal" | "student";
}

/** A book revalued under drawn moves of its risk factors. */
export interface Simulation extends Level, SimulatedBook {
  readonly method: "simulation";
}

/** How much the book may lose. */
export interface ValueAtRisk {
  /** Loss not exceeded with the level's confidence, in the units given; above zero is a loss. */
  readonly var: number;
  /** Mean loss given a loss beyond `var`. Never below `var`. */
  readonly expectedShortfall: number;
  /** Standard error of `var` from the size of the sample (of the draws for simulations). */
  readonly standardError: number;
}

/**
 * Value at risk and expected shortfall at `level` by one of four methods, "historical" where none is named.
 *
 * `returns` in any unit; results in the same unit with losses positive. Deterministic per seed.
 * Throws EMPTY_SERIES, SERIES_TOO_SHORT (historical needs 1/(1 − level) values), NOT_FINITE, OUT_OF_RANGE, NO_CONVERGENCE.
 * Sources: Acerbi and Tasche, J. Banking & Finance 26 (2002) for the shortfall of a sample; Barone-Adesi,
 * Giannopoulos and Vosper, J. Futures Markets 19 (1999) for the filtered method.
 */
export function valueAtRisk(input: Historical | FilteredHistorical | Parametric | Simulation): ValueAtRisk {
  const share = exceptionShare(input.level);
  switch (input.method) {
    case "filtered":
      return ofSample(filtered(input), share);
    case "parametric":
      return parametric(input, share);
    case "simulation":
      return ofSample(simulatedProfits(input), share);
    case "historical":
    case undefined:
      return ofSample(input.returns, share);
    default:
      throw new QuantError("OUT_OF_RANGE", "the method must be historical, filtered, parametric or simulation");
  }
}

/** Value at risk, shortfall and standard error of a sample of profits. */
function ofSample(profits: Series, share: number): ValueAtRisk {
  requireSeries("returns", profits, Math.ceil(1 / share - 1e-9));
  const losses = Float64Array.from(profits, (value) => -value)
    .sort()
    .reverse();
  const n = losses.length;
  // 1 − 0.99 is a little above 0.01, and the order must not jump for it.
  const worst = n * share;
  const order = Math.max(1, Math.ceil(worst - 1e-9));
  let sum = 0;
  for (let index = 0; index < order - 1; index += 1) sum += losses[index]!;
  const value = losses[order - 1]!;
  const shortfall = (sum + (worst - (order - 1)) * value) / worst;
  // The order statistics one binomial standard deviation to each side: no density has to be guessed.
  const reach = Math.sqrt(n * share * (1 - share));
  const above = losses[Math.max(0, Math.floor(order - 1 - reach))]!;
  const below = losses[Math.min(n - 1, Math.ceil(order - 1 + reach))]!;
  return { var: value, expectedShortfall: Math.max(shortfall, value), standardError: (above - below) / 2 };
}

function parametric({ returns, law = "normal" }: Parametric, share: number): ValueAtRisk {
  requireSeries("returns", returns, 10);
  const centre = mean(returns);
  const sigma = Math.sqrt(sampleVariance(returns));
  const tail: Tail = law === "normal" ? normalTail(share) : studentTail(share, degreesOf(returns, centre, sigma));
  return {
    var: tail.quantile * sigma - centre,
    expectedShortfall: tail.shortfall * sigma - centre,
    // Delta method: the mean and the standard deviation are independent to first order, the latter by its kurtosis.
    standardError: sigma * Math.sqrt((1 + (tail.quantile ** 2 * (tail.kurtosis - 1)) / 4) / returns.length),
  };
}

/** Degrees of freedom whose kurtosis is the sample's, kept where the variance and the fit are sane. */
function degreesOf(returns: Series, centre: number, sigma: number): number {
  let fourth = 0;
  for (let index = 0; index < returns.length; index += 1) fourth += (returns[index]! - centre) ** 4;
  const excess = fourth / returns.length / sigma ** 4 - 3;
  if (!(excess > 0)) return 100;
  return Math.min(100, Math.max(4.05, 4 + 6 / excess));
}

function filtered({ returns, horizon = 1, paths = 20_000, seed = 1 }: FilteredHistorical): Float64Array {
  requireCount("horizon", horizon, 1);
  requireCount("paths", paths, 100);
  const fit = fitGarch11(returns);
  const shocks = Float64Array.from(
    returns,
    (value, day) => (value - fit.mu) / Math.sqrt(fit.conditionalVariances[day]!),
  );
  const next = fit.forecast(1)[0]!;
  if (horizon === 1) return shocks.map((shock) => fit.mu + shock * Math.sqrt(next));
  const random = seededRandom(seed);
  return Float64Array.from({ length: paths }, () => {
    let variance = next;
    let total = 0;
    for (let day = 0; day < horizon; day += 1) {
      const residual = shocks[Math.floor(random.uniform() * shocks.length)]! * Math.sqrt(variance);
      total += fit.mu + residual;
      variance = fit.omega + fit.alpha * residual ** 2 + fit.beta * variance;
    }
    if (!Number.isFinite(total)) throw new QuantError("NOT_FINITE", "a drawn future overflowed; shorten the horizon");
    return total;
  });
}
