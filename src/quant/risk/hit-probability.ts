import { QuantError } from "../errors.ts";
import { mills, normalCdf, normalPdf, MILLS_LIMIT } from "../normal.ts";
import { requireFinite, requireNotNegative, requirePositive } from "../options/checks.ts";
import { requireCount } from "../series.ts";
import { simulateHestonHits, type HestonDynamics } from "./heston-hits.ts";
import { simulateGbmHits, simulateJumpHits, type JumpDynamics } from "./gbm-hits.ts";

interface HitQuestion {
  /** Price now, above zero. */
  readonly spot: number;
  /** Price that must not be touched, above zero: below spot it is touched from above, above spot from below. */
  readonly barrier: number;
  /** Expected growth of the price per year, continuously compounded (that of the price, not of its logarithm). Default 0. */
  readonly drift?: number;
  /** Horizon in years, at least 0. */
  readonly years: number;
}

interface Draws {
  /** Drawn paths; default 100,000. */
  readonly paths?: number;
  /** Steps of each path; default 100. */
  readonly steps?: number;
  /** Default 1. The same seed gives the same bits. */
  readonly seed?: number;
}

/** Geometric Brownian motion: the only model with a closed form. */
export interface GbmHit extends HitQuestion, Draws {
  readonly model?: "gbm";
  /** Volatility per √year, at least 0. */
  readonly sigma: number;
  /** Default "closed". */
  readonly method?: "closed" | "simulation";
}

/** Merton's jumps on top of Brownian motion; the drift includes them. */
export interface JumpHit extends HitQuestion, Draws, JumpDynamics {
  readonly model: "jumps";
  readonly sigma: number;
  readonly method: "simulation";
}

/** Heston's stochastic variance. */
export interface HestonHit extends HitQuestion, Draws, HestonDynamics {
  readonly model: "heston";
  readonly method: "simulation";
}

/** How likely the barrier is touched within the horizon. */
export interface HitProbability {
  /** 0 … 1. */
  readonly probability: number;
  /** Standard error of the draws; 0 for the closed form. */
  readonly standardError: number;
}

/**
 * Probability that a continuously watched price touches the barrier within `years`.
 *
 * Simulated paths are corrected between their steps by the crossing probability of a Brownian bridge, which is exact
 * for "gbm" and "jumps" (paths stop at each jump) and of order one step for "heston" (quadratic-exponential scheme).
 * Throws NOT_FINITE or OUT_OF_RANGE, also for a closed form asked of another model than "gbm".
 * Sources: Karatzas and Shreve (1991), 3.5.C, for the closed form; Andersen, J. Computational Finance 11 (2008);
 * Glasserman, Monte Carlo Methods in Financial Engineering (2003), 6.4.
 */
export function hitProbability(question: GbmHit | JumpHit | HestonHit): HitProbability {
  const { spot, barrier, drift = 0, years, paths = 100_000, steps = 100, seed = 1 } = question;
  requirePositive({ spot, barrier });
  requireFinite({ drift, seed });
  requireNotNegative({ years });
  requireCount("paths", paths, 2);
  requireCount("steps", steps, 1);
  if (question.model !== "heston") requireNotNegative({ sigma: question.sigma });
  if (spot === barrier) return { probability: 1, standardError: 0 };
  if (years === 0) return { probability: 0, standardError: 0 };
  const distance = Math.log1p((barrier - spot) / spot);
  const walk = { distance, drift, years, paths, steps, seed };
  switch (question.model) {
    case "heston":
      requireSimulation(question.method);
      return simulateHestonHits(walk, question);
    case "jumps":
      requireSimulation(question.method);
      return simulateJumpHits({ ...walk, sigma: question.sigma }, question);
    case "gbm":
    case undefined: {
      const { sigma, method = "closed" } = question;
      if (sigma === 0) return { probability: surelyHits(distance, drift * years) ? 1 : 0, standardError: 0 };
      if (method === "closed") return { probability: gbmHit(distance, drift, sigma, years), standardError: 0 };
      requireSimulation(method);
      return simulateGbmHits({ ...walk, sigma });
    }
    default:
      throw new QuantError("OUT_OF_RANGE", "the model must be gbm, jumps or heston");
  }
}

function requireSimulation(method: string): void {
  if (method !== "simulation") {
    throw new QuantError(
      "OUT_OF_RANGE",
      `the method was ${method}; only gbm has a closed form, the others need "simulation"`,
    );
  }
}

/** A price without volatility moves one way only. */
function surelyHits(distance: number, move: number): boolean {
  return distance > 0 ? move >= distance : move <= distance;
}

/** First passage of Brownian motion with drift, its second term scaled so that no factor overflows. */
function gbmHit(distance: number, drift: number, sigma: number, years: number): number {
  const side = distance > 0 ? 1 : -1;
  const away = side * distance;
  const toward = side * (drift - 0.5 * sigma * sigma) * years;
  const spread = sigma * Math.sqrt(years);
  const direct = (toward - away) / spread;
  const mirrored = (-toward - away) / spread;
  const reflected =
    mirrored <= MILLS_LIMIT
      ? normalPdf(direct) * mills(mirrored)
      : Math.exp((2 * toward * away) / (spread * spread)) * normalCdf(mirrored);
  return Math.min(1, normalCdf(direct) + reflected);
}

/**
 * Probability that geometric Brownian motion leaves the range between two prices within `years`, by the series of
 * images; `drift` as in `hitProbability`. Absolute error below 1e-12 while the drift over the horizon stays below
 * about ten times sigma √years. Throws NOT_FINITE or OUT_OF_RANGE (spot outside the range, sigma not above zero).
 * Source: Kunitomo and Ikeda, Mathematical Finance 2 (1992), with flat boundaries.
 */
export function exitProbability(question: {
  readonly spot: number;
  readonly lower: number;
  readonly upper: number;
  readonly drift?: number;
  readonly sigma: number;
  readonly years: number;
}): number {
  const { spot, lower, upper, drift = 0, sigma, years } = question;
  requirePositive({ spot, lower, upper, sigma });
  requireFinite({ drift });
  requireNotNegative({ years });
  if (lower >= spot || upper <= spot) {
    throw new QuantError("OUT_OF_RANGE", `spot ${spot} does not lie between ${lower} and ${upper}`);
  }
  if (years === 0) return 0;
  const [low, high] = [Math.log(lower / spot), Math.log(upper / spot)];
  const width = high - low;
  const nu = drift - 0.5 * sigma * sigma;
  const spread = sigma * Math.sqrt(years);
  // A killed motion from an image at m, carried by the drift, that ends inside the range.
  const image = (m: number): number => {
    const [from, to] = [(low - m - nu * years) / spread, (high - m - nu * years) / spread];
    return (
      Math.exp((nu * m) / (sigma * sigma)) *
      (from > 0 ? normalCdf(-from) - normalCdf(-to) : normalCdf(to) - normalCdf(from))
    );
  };
  const images = Math.ceil((4.5 * spread + Math.abs(nu) * years) / width) + 1;
  let survival = 0;
  for (let n = -images; n <= images; n += 1) survival += image(2 * n * width) - image(2 * low + 2 * n * width);
  return Math.min(1, Math.max(0, 1 - survival));
}
