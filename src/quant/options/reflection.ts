import { QuantError } from "../errors.ts";
import { LOG_SQRT_TWO_PI, mills, normalCdf } from "../normal.ts";
import { requireFinite, requireFiniteResult, requirePositive } from "./checks.ts";

/** exp(power) · Phi(z), finite also where the first factor alone overflows and the second underflows. */
export function expTimesCdf(power: number, z: number): number {
  return z < 0 ? Math.exp(power - 0.5 * z * z - LOG_SQRT_TWO_PI) * mills(z) : Math.exp(power) * normalCdf(z);
}

/** A lognormal spot and a barrier watched without pause. */
export interface TouchInput {
  readonly spot: number;
  readonly barrier: number;
  readonly years: number;
  readonly sigma: number;
  readonly rate: number;
  readonly dividendRate?: number;
}

/** Risk-neutral probability that the barrier is touched before `years` have passed, and what a hit is worth. */
export interface TouchFigures {
  /** Probability of a touch, 0..1. */
  readonly probability: number;
  /** Value of 1 paid at the moment of the touch. */
  readonly paidAtTouch: number;
  /** Value of 1 paid at expiry if the barrier was touched. */
  readonly paidAtExpiry: number;
  /** Value of 1 paid at expiry if it never was. */
  readonly noTouch: number;
}

/**
 * One-touch and no-touch values of a barrier above or below the spot, in closed form by reflection.
 *
 * Rates continuously compounded, sigma per √year; years and sigma above zero. A barrier at the spot counts as touched.
 * Throws `NOT_FINITE`, and `OUT_OF_RANGE` also where a negative rate leaves the value of a payment at the touch without a
 * real answer (mu² + 2 rate / sigma² < 0). Source: Reiner and Rubinstein (1991), "Unscrambling the binary code"; Haug (2007), 4.19.5.
 */
export function touch(input: TouchInput): TouchFigures {
  const { spot, barrier, years, sigma, rate, dividendRate = 0 } = input;
  requirePositive({ spot, barrier, years, sigma });
  requireFinite({ rate, dividendRate });
  const discount = Math.exp(-rate * years);
  if (spot === barrier) return { probability: 1, paidAtTouch: 1, paidAtExpiry: discount, noTouch: 0 };
  const s = sigma * Math.sqrt(years);
  const distance = Math.log(barrier / spot);
  // Turned so that the barrier lies below: eta = 1 for a barrier below the spot, -1 above.
  const eta = barrier < spot ? 1 : -1;
  const mu = (rate - dividendRate) / (sigma * sigma) - 0.5;
  const square = mu * mu + (2 * rate) / (sigma * sigma);
  if (square < 0)
    throw new QuantError(
      "OUT_OF_RANGE",
      `rate was ${rate}; a payment at the touch has no finite value for so negative a rate`,
    );
  const lambda = Math.sqrt(square);
  const towards = (eta * distance) / s;
  const hit = normalCdf(towards - eta * mu * s) + expTimesCdf(2 * mu * distance, towards + eta * mu * s);
  const miss = normalCdf(-towards + eta * mu * s) - expTimesCdf(2 * mu * distance, towards + eta * mu * s);
  const paidAtTouch =
    expTimesCdf((mu + lambda) * distance, towards + eta * lambda * s) +
    expTimesCdf((mu - lambda) * distance, towards - eta * lambda * s);
  return requireFiniteResult("touch option", {
    probability: Math.min(hit, 1),
    paidAtTouch,
    paidAtExpiry: discount * Math.min(hit, 1),
    noTouch: discount * Math.max(miss, 0),
  });
}
