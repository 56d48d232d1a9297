import { QuantError } from "../errors.ts";
import { blackTerms } from "./black76.ts";
import type { BlackScholesInput } from "./black-scholes.ts";
import { requireFinite, requireFiniteResult, requireKind, requireNotNegative, requirePositive } from "./checks.ts";

/** Black–Scholes inputs and the law of the jumps: `jumpIntensity` a year, ln(1 + jump) ~ N(`jumpMeanLog`, `jumpSdLog`²). */
export interface MertonInput extends BlackScholesInput {
  readonly jumpIntensity: number;
  readonly jumpMeanLog: number;
  readonly jumpSdLog: number;
}

/** A model price with its derivatives to 1.00 of spot, sigma, rate and a year of passing time. */
export interface MertonFigures {
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
  readonly rho: number;
}

const MOST_JUMPS = 500;

/**
 * A European option under Merton's jump diffusion: Black–Scholes averaged over the number of jumps.
 *
 * Given n jumps the forward is S exp((rate - dividendRate - lambda m) T + n (mean + sd²/2)), m the mean relative jump, and
 * the total variance sigma² T + n sd²; the Poisson sum stops where what is left is below 1e-17 of the price. Relative
 * accuracy 1e-12. Theta follows from the model's own integro-differential equation.
 * Throws `NOT_FINITE`, `OUT_OF_RANGE` (also for more than 500 expected jumps). Source: Merton (1976).
 */
export function merton(input: MertonInput): MertonFigures {
  const { kind, spot, strike, years, sigma, rate, dividendRate = 0, jumpIntensity, jumpMeanLog, jumpSdLog } = input;
  requireKind(kind);
  requirePositive({ spot, strike });
  requireNotNegative({ years, sigma, jumpIntensity, jumpSdLog });
  requireFinite({ rate, dividendRate, jumpMeanLog });
  const expected = jumpIntensity * years;
  const growth = jumpMeanLog + 0.5 * jumpSdLog * jumpSdLog;
  const meanJump = Math.expm1(growth);
  if (expected * Math.max(1, 1 + meanJump) > MOST_JUMPS) {
    throw new QuantError(
      "OUT_OF_RANGE",
      `jumpIntensity × years was ${expected}; more than ${MOST_JUMPS} expected jumps are a diffusion, use blackScholes`,
    );
  }
  const drift = (rate - dividendRate - jumpIntensity * meanJump) * years;
  const discount = Math.exp(-rate * years);
  const rootYears = Math.sqrt(years);
  const total = { price: 0, delta: 0, gamma: 0, vega: 0, strikePart: 0, afterJump: 0 };
  let weight = discount * Math.exp(-expected);
  const mode = expected * Math.max(1, 1 + meanJump);
  for (let n = 0; n < 4 * MOST_JUMPS; n += 1) {
    if (n > 0) weight *= expected / n;
    if (weight === 0) break;
    const forward = spot * Math.exp(drift + n * growth);
    const s = n === 0 ? sigma * rootYears : Math.sqrt(sigma * sigma * years + n * jumpSdLog * jumpSdLog);
    const terms = blackTerms(kind === "call", forward, strike, s);
    const price = weight * terms.price;
    const density = s > 0 ? weight * terms.density : 0;
    total.price += price;
    total.delta += (weight * terms.delta * forward) / spot;
    total.gamma += s > 0 ? density / (spot * spot * s) : 0;
    total.vega += s > 0 ? (density * sigma * years) / s : 0;
    total.strikePart += weight * terms.strikeDelta;
    total.afterJump += expected > 0 ? (price * n) / expected : 0;
    // Puts in the money carry weight without growth, calls grow with the forward: both tails must have died out.
    const left = weight * Math.max(strike, forward);
    if (n > mode && left * (n + 1) <= 1e-17 * total.price) break;
    if (n > mode && left < 1e-300) break;
  }
  const { price, delta, gamma, vega } = total;
  const carry = (rate - dividendRate - jumpIntensity * meanJump) * spot * delta;
  const curvature = 0.5 * sigma * sigma * spot * spot * gamma;
  const theta = rate * price - carry - curvature - jumpIntensity * (total.afterJump - price);
  return requireFiniteResult("option", { price, delta, gamma, vega, theta, rho: years * strike * total.strikePart });
}
