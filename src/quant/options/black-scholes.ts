import { blackTerms } from "./black76.ts";
import type { PriceAndGreeks } from "./black76.ts";
import { requireFinite, requireFiniteResult, requireKind, requireNotNegative, requirePositive } from "./checks.ts";
import type { OptionKind } from "./checks.ts";

/** What `blackScholes` needs: spot and strike in one currency, rates continuously compounded, sigma per √year. */
export interface BlackScholesInput {
  readonly kind: OptionKind;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly sigma: number;
  readonly rate: number;
  readonly dividendRate?: number;
}

/**
 * Price and Greeks of a European option on a spot price with a continuous dividend or carry yield.
 *
 * Delta, gamma, vanna and charm are to the spot; vega to 1.00 of sigma; rho to 1.00 of `rate` at a fixed spot; theta and
 * charm per year of passing time. `dividendRate` defaults to 0. sigma = 0 or years = 0 gives the discounted intrinsic
 * value of the forward, second derivatives taken as zero. Throws `NOT_FINITE`, `OUT_OF_RANGE`.
 * Source: Black and Scholes (1973), Merton (1973); Haug (2007), chapters 1 and 2.
 *
 * @example blackScholes({ kind: "put", spot: 100, strike: 95, years: 0.5, sigma: 0.2, rate: 0.1, dividendRate: 0.05 }).price
 */
export function blackScholes(input: BlackScholesInput): PriceAndGreeks {
  const { kind, spot, strike, years, sigma, rate, dividendRate = 0 } = input;
  requireKind(kind);
  requirePositive({ spot, strike });
  requireNotNegative({ years, sigma });
  requireFinite({ rate, dividendRate });
  const growth = Math.exp((rate - dividendRate) * years);
  const forward = spot * growth;
  requirePositive({ forward });
  const rootYears = Math.sqrt(years);
  const s = sigma * rootYears;
  const terms = blackTerms(kind === "call", forward, strike, s);
  const discount = Math.exp(-rate * years);
  const carry = Math.exp(-dividendRate * years);
  const price = discount * terms.price;
  const delta = carry * terms.delta;
  const strikePart = strike * discount * terms.strikeDelta;
  const rho = years * strikePart;
  const drift = dividendRate * spot * delta - rate * strikePart;
  if (!(terms.density > 0)) {
    const rest = { gamma: 0, vega: 0, theta: drift, rho, vanna: 0, volga: 0, charm: dividendRate * delta };
    return requireFiniteResult("option", { price, delta, ...rest });
  }
  const { d1, d2 } = terms;
  const density = discount * terms.density;
  const perSpot = density / spot;
  const vega = density * rootYears;
  return requireFiniteResult("option", {
    price,
    delta,
    gamma: perSpot / (spot * s),
    vega,
    theta: drift - (0.5 * density * sigma) / rootYears,
    rho,
    vanna: (-perSpot * d2) / sigma,
    volga: (vega * d1 * d2) / sigma,
    charm: dividendRate * delta - perSpot * ((rate - dividendRate) / (sigma * rootYears) - (0.5 * d2) / years),
  });
}
