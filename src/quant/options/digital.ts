import { normalCdf, normalPdf } from "../normal.ts";
import type { BlackScholesInput } from "./black-scholes.ts";
import { requireFinite, requireFiniteResult, requireKind, requireNotNegative, requirePositive } from "./checks.ts";
import { logRatio } from "./elementary.ts";

/** A price with its derivatives to 1.00 of spot and sigma and to a year of passing time. */
export interface DigitalFigures {
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  readonly vega: number;
  readonly theta: number;
}

/** d1, d2 and their derivative in years, for s > 0. */
interface Distances {
  readonly d1: number;
  readonly d2: number;
  readonly d1Years: number;
  readonly d2Years: number;
  readonly s: number;
}

function distances(option: BlackScholesInput): Distances {
  const { kind, spot, strike, years, sigma, rate, dividendRate = 0 } = option;
  requireKind(kind);
  requirePositive({ spot, strike, years, sigma });
  requireFinite({ rate, dividendRate });
  const s = sigma * Math.sqrt(years);
  const moneyness = spot > strike ? logRatio(spot, strike) : -logRatio(strike, spot);
  const carry = rate - dividendRate;
  const d2 = (moneyness + carry * years) / s - 0.5 * s;
  const speed = (half: number): number => (carry + half * sigma * sigma - moneyness / years) / (2 * s);
  return { d1: d2 + s, d2, d1Years: speed(0.5), d2Years: speed(-0.5), s };
}

/**
 * A cash-or-nothing option: pays `cash` (default 1) if it ends in the money.
 *
 * Inputs as `blackScholes`, years and sigma above zero. Throws `NOT_FINITE`, `OUT_OF_RANGE`.
 * Source: Reiner and Rubinstein (1991); Haug (2007), 4.19.2.
 */
export function cashOrNothing(option: BlackScholesInput & { readonly cash?: number }): DigitalFigures {
  const { spot, years, sigma, rate, cash = 1 } = option;
  requireNotNegative({ cash });
  const { d1, d2, d2Years, s } = distances(option);
  const sign = option.kind === "call" ? 1 : -1;
  const worth = cash * Math.exp(-rate * years);
  const price = worth * normalCdf(sign * d2);
  const density = sign * worth * normalPdf(d2);
  return requireFiniteResult("digital option", {
    price,
    delta: density / (spot * s),
    gamma: (-density * d1) / (spot * spot * s * s),
    vega: (-density * d1) / sigma,
    theta: rate * price - density * d2Years,
  });
}

/**
 * An asset-or-nothing option: delivers one unit of the underlying if it ends in the money.
 *
 * Inputs as `blackScholes`, years and sigma above zero. Throws `NOT_FINITE`, `OUT_OF_RANGE`.
 * Source: Cox and Rubinstein (1985); Haug (2007), 4.19.3.
 */
export function assetOrNothing(option: BlackScholesInput): DigitalFigures {
  const { spot, years, sigma, dividendRate = 0 } = option;
  const { d1, d2, d1Years, s } = distances(option);
  const sign = option.kind === "call" ? 1 : -1;
  const carried = Math.exp(-dividendRate * years);
  const inside = carried * normalCdf(sign * d1);
  const density = sign * carried * normalPdf(d1);
  return requireFiniteResult("digital option", {
    price: spot * inside,
    delta: inside + density / s,
    gamma: (density / (spot * s)) * (1 - d1 / s),
    vega: (-spot * density * d2) / sigma,
    theta: spot * (dividendRate * inside - density * d1Years),
  });
}

/**
 * A gap option: pays the spot against `payoffStrike` where it ends beyond `strike`; its value may be negative.
 *
 * It is an asset-or-nothing less `payoffStrike` cash-or-nothings (the other way round for a put).
 * Throws `NOT_FINITE`, `OUT_OF_RANGE`. Source: Reiner and Rubinstein (1991); Haug (2007), 4.19.1.
 */
export function gapOption(option: BlackScholesInput & { readonly payoffStrike: number }): DigitalFigures {
  const asset = assetOrNothing(option);
  const cash = cashOrNothing({ ...option, cash: option.payoffStrike });
  const sign = option.kind === "call" ? 1 : -1;
  return {
    price: sign * (asset.price - cash.price),
    delta: sign * (asset.delta - cash.delta),
    gamma: sign * (asset.gamma - cash.gamma),
    vega: sign * (asset.vega - cash.vega),
    theta: sign * (asset.theta - cash.theta),
  };
}
