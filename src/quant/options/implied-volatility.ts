import { QuantError } from "../errors.ts";
import { requireFinite, requireKind, requirePositive } from "./checks.ts";
import type { OptionKind } from "./checks.ts";
import { polish } from "./householder.ts";
import { firstGuess } from "./implied-start.ts";
import { absoluteLogMoneyness } from "./normalised-black.ts";

/** What `impliedVolatility` needs; `price` is the discounted price, in the currency of forward and strike. */
export interface ImpliedVolatilityInput {
  readonly kind: OptionKind;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly price: number;
  readonly rate?: number;
}

/**
 * Total volatility s = sigma √years from a price already turned out of the money.
 *
 * `outside` = price less intrinsic value, strictly between 0 and `smaller` = min(F, K); `rest` = smaller - outside.
 * Inner function of the scalar and the batch form; NaN where the iteration fails, which no input in range has shown.
 */
export function impliedTotalVolatility(forward: number, strike: number, outside: number, smaller: number): number {
  const k = absoluteLogMoneyness(forward, strike);
  const ratio = outside / smaller;
  const rest = (smaller - outside) / smaller;
  return polish(k, ratio, rest, firstGuess(k, ratio, rest));
}

/**
 * The sigma (per √year) at which Black-76 gives this price.
 *
 * Within 8 attainable units, |error| / ((1 + price / (sigma·vega)) 2.2e-16) relative, over |ln F/K| <= 16 and
 * 1e-5 <= sigma √years <= 10. A price equal to the intrinsic value gives 0.
 * Throws `BELOW_INTRINSIC`, `ABOVE_MAXIMUM` (at or above the discounted forward of a call, strike of a put), `NOT_FINITE`,
 * `OUT_OF_RANGE` (years, forward and strike must be above zero), `NO_CONVERGENCE`.
 * Source: Jäckel, "Let's Be Rational" (2013), with log-moneyness by log1p((F - K) / K).
 *
 * @example impliedVolatility({ kind: "call", forward: 60_000, strike: 65_000, years: 30 / 365, price: 1_900 })
 */
export function impliedVolatility(input: ImpliedVolatilityInput): number {
  const { kind, forward, strike, years, price, rate = 0 } = input;
  requireKind(kind);
  requirePositive({ forward, strike, years });
  requireFinite({ price, rate });
  const undiscounted = rate === 0 ? price : price * Math.exp(rate * years);
  const smaller = Math.min(forward, strike);
  const inside = kind === "call" ? forward > strike : strike > forward;
  const intrinsic = inside ? Math.abs(forward - strike) : 0;
  let outside = undiscounted - intrinsic;
  // Undiscounting rounds: a price that misses its intrinsic value by that much is taken to be at it.
  if (outside < 0 && rate !== 0 && outside > -4 * Number.EPSILON * undiscounted) outside = 0;
  if (outside < 0) {
    throw new QuantError(
      "BELOW_INTRINSIC",
      `the ${kind}'s undiscounted price was ${undiscounted}, below its intrinsic value ${intrinsic}; no volatility explains it`,
    );
  }
  if (outside >= smaller) {
    const bound = kind === "call" ? forward : strike;
    throw new QuantError(
      "ABOVE_MAXIMUM",
      `the ${kind}'s undiscounted price was ${undiscounted}; it must stay below ${bound}`,
    );
  }
  if (outside === 0) return 0;
  const sigma = impliedTotalVolatility(forward, strike, outside, smaller) / Math.sqrt(years);
  if (!Number.isFinite(sigma)) {
    throw new QuantError(
      "NO_CONVERGENCE",
      `no volatility was found for the ${kind}'s price ${price} at forward ${forward} and strike ${strike}`,
    );
  }
  return sigma;
}
