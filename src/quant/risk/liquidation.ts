import { QuantError } from "../errors.ts";
import { normalQuantile } from "../normal.ts";
import { requireFinite, requireNotNegative, requirePositive } from "../options/checks.ts";
import { requireCount } from "../series.ts";
import {
  exitProbability,
  hitProbability,
  type GbmHit,
  type HestonHit,
  type HitProbability,
  type JumpHit,
} from "./hit-probability.ts";

/** Prices at which an account is liquidated; undefined where none lies in the range searched. */
export interface LiquidationPrices {
  readonly below: number | undefined;
  readonly above: number | undefined;
}

/** An account as functions of its asset's price. */
export interface MarginedAccount {
  readonly spot: number;
  /** Equity in any unit if the price were this one. */
  readonly equityAt: (price: number) => number;
  /** Maintenance margin in the same unit. */
  readonly maintenanceAt: (price: number) => number;
}

const SEARCH_STEPS = 400;
const FARTHEST_FACTOR = 20;

/**
 * The nearest prices below and above spot at which equity falls to the maintenance margin, for books that no formula
 * covers (options, portfolio margin): 400 steps of 0.75 % to spot / 20 and spot · 20, then halving to full precision.
 * A dip narrower than one step is not seen. Throws NOT_FINITE, OUT_OF_RANGE (already liquidated at spot).
 */
export function liquidationPrices({ spot, equityAt, maintenanceAt }: MarginedAccount): LiquidationPrices {
  requirePositive({ spot });
  const room = (price: number): number => {
    const value = equityAt(price) - maintenanceAt(price);
    requireFinite({ [`equity less margin at ${price}`]: value });
    return value;
  };
  if (room(spot) < 0)
    throw new QuantError("OUT_OF_RANGE", "the account is below its maintenance margin at spot already");
  const toward = (direction: 1 | -1): number | undefined => {
    const stride = FARTHEST_FACTOR ** (direction / SEARCH_STEPS);
    let safe = spot;
    for (let step = 0; step < SEARCH_STEPS; step += 1) {
      const next = safe * stride;
      if (room(next) < 0) return halve(room, safe, next);
      safe = next;
    }
    return undefined;
  };
  return { below: toward(-1), above: toward(1) };
}

function halve(room: (price: number) => number, safe: number, broken: number): number {
  let [good, bad] = [safe, broken];
  for (let step = 0; step < 60; step += 1) {
    const middle = (good + bad) / 2;
    if (room(middle) < 0) bad = middle;
    else good = middle;
  }
  return (good + bad) / 2;
}

/** A question about the next hours or days, without the barrier. */
export type LiquidationQuestion = Omit<GbmHit, "barrier"> | Omit<JumpHit, "barrier"> | Omit<HestonHit, "barrier">;

/** Probability of liquidation on each side within the horizon. */
export interface LiquidationProbability {
  readonly below: HitProbability;
  readonly above: HitProbability;
  /** On either side: exact for GBM in closed form, else the sum of both, an upper bound that is near while both are small. */
  readonly either: number;
}

/** Probability that either liquidation price is touched within the horizon. Throws as `hitProbability`. */
export function liquidationProbability(
  prices: LiquidationPrices,
  question: LiquidationQuestion,
): LiquidationProbability {
  const never: HitProbability = { probability: 0, standardError: 0 };
  const touch = (barrier: number | undefined): HitProbability =>
    barrier === undefined ? never : hitProbability({ ...question, barrier });
  const [below, above] = [touch(prices.below), touch(prices.above)];
  const sum = Math.min(1, below.probability + above.probability);
  return { below, above, either: exactEither(prices, question) ?? sum };
}

function exactEither({ below, above }: LiquidationPrices, question: LiquidationQuestion): number | undefined {
  if (below === undefined || above === undefined) return undefined;
  if (question.model === "jumps" || question.model === "heston" || question.method === "simulation") return undefined;
  const { spot, drift = 0, sigma, years } = question;
  if (sigma === 0 || below >= spot || above <= spot) return undefined;
  return exitProbability({ spot, lower: below, upper: above, drift, sigma, years });
}

/** Quantiles of the price at a row of times: what a fan chart draws. */
export interface PriceFan {
  /** Years from now, steps + 1 of them, the first 0. */
  readonly years: readonly number[];
  readonly quantiles: readonly { readonly probability: number; readonly prices: readonly number[] }[];
}

/**
 * Quantiles of geometric Brownian motion over the horizon. `drift` as in `hitProbability`; default probabilities 1, 5,
 * 25, 50, 75, 95 and 99 %, default 48 steps. Throws NOT_FINITE, OUT_OF_RANGE.
 */
export function priceFan(question: {
  readonly spot: number;
  readonly drift?: number;
  readonly sigma: number;
  readonly years: number;
  readonly steps?: number;
  readonly probabilities?: readonly number[];
}): PriceFan {
  const {
    spot,
    drift = 0,
    sigma,
    years,
    steps = 48,
    probabilities = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99],
  } = question;
  requirePositive({ spot });
  requireFinite({ drift });
  requireNotNegative({ sigma, years });
  requireCount("steps", steps, 1);
  const times = Array.from({ length: steps + 1 }, (_, step) => (years * step) / steps);
  return {
    years: times,
    quantiles: probabilities.map((probability) => {
      const z = normalQuantile(probability);
      return {
        probability,
        prices: times.map(
          (time) => spot * Math.exp((drift - 0.5 * sigma * sigma) * time + sigma * Math.sqrt(time) * z),
        ),
      };
    }),
  };
}
