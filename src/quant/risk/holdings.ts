import { QuantError } from "../errors.ts";
import { black76 } from "../options/black76.ts";
import { requireFinite, requireNotNegative, requirePositive, type OptionKind } from "../options/checks.ts";

interface Owned {
  /** The account it stands in. */
  readonly account: string;
  /** The coin whose price moves it, such as "BTC"; of a stablecoin balance the stablecoin. */
  readonly asset: string;
  /** Index price of the asset in USD, above zero. */
  readonly indexUsd: number;
}

/** Coins or stablecoins held; below zero where borrowed. Unsettled coin profit is such a balance too. */
export interface SpotHolding extends Owned {
  readonly kind: "spot";
  readonly coins: number;
}

/** A future or perpetual. Linear: `size` in coins. Inverse: `size` in USD of contracts. Long above zero. */
export interface FutureHolding extends Owned {
  readonly kind: "future";
  readonly settlement: "linear" | "inverse";
  readonly size: number;
  readonly markUsd: number;
}

/** An option on a forward; `size` in coins, long above zero. Inverse ones are paid in coin, as at Deribit. */
export interface OptionHolding extends Owned {
  readonly kind: "option";
  readonly settlement: "linear" | "inverse";
  readonly right: OptionKind;
  readonly size: number;
  readonly strikeUsd: number;
  readonly forwardUsd: number;
  readonly years: number;
  /** Implied volatility per √year. */
  readonly sigma: number;
}

/** One line of a desk's book. */
export type Holding = SpotHolding | FutureHolding | OptionHolding;

/** What a book does when its asset, its volatility or the clock moves. Units are in the names. */
export interface Exposure {
  /** Change of value per 1.00 USD of the asset's price: coins. */
  readonly deltaCoin: number;
  /** deltaCoin at the index: USD per 100 % of the price. */
  readonly deltaUsd: number;
  /** Change of deltaCoin per 1.00 USD. */
  readonly gammaCoin: number;
  /** Change of deltaUsd per 1 % of the price, of gamma alone. */
  readonly gammaUsdPerPercent: number;
  /** USD per volatility point (0.01). */
  readonly vegaUsdPerPoint: number;
  /** Coins at the index per volatility point. */
  readonly vegaCoinPerPoint: number;
  /** USD per calendar day passing. */
  readonly thetaUsdPerDay: number;
  /** Coins at the index per calendar day passing. */
  readonly thetaCoinPerDay: number;
  /** Change of deltaUsd per volatility point. */
  readonly vannaUsdPerPoint: number;
  /** Change of vegaUsdPerPoint per volatility point. */
  readonly volgaUsdPerPoint: number;
}

/** Throws NOT_FINITE or OUT_OF_RANGE unless every number of the holding makes sense. */
export function requireHolding(holding: Holding): void {
  requirePositive({ indexUsd: holding.indexUsd });
  switch (holding.kind) {
    case "spot":
      return requireFinite({ coins: holding.coins });
    case "future":
      requireFinite({ size: holding.size });
      return requirePositive({ markUsd: holding.markUsd });
    case "option":
      requireFinite({ size: holding.size });
      requirePositive({ strikeUsd: holding.strikeUsd, forwardUsd: holding.forwardUsd });
      return requireNotNegative({ years: holding.years, sigma: holding.sigma });
    default:
      throw new QuantError("OUT_OF_RANGE", "a holding must be spot, future or option");
  }
}

/** USD that one unit of the option's Black price is worth: inverse options are worth it at the index over the forward. */
export function optionScale(option: OptionHolding): number {
  return option.settlement === "inverse" ? option.indexUsd / option.forwardUsd : 1;
}

/**
 * The Greeks of one holding. A forward is taken to move in proportion to the index; an inverse future is taken as
 * settled at its mark (profit not yet settled belongs among the spot holdings), which makes its gamma zero.
 * Options by Black (1976) without discounting, as the venues mark them. Throws NOT_FINITE, OUT_OF_RANGE.
 */
export function exposureOf(holding: Holding): Exposure {
  requireHolding(holding);
  const { indexUsd } = holding;
  if (holding.kind === "spot") return linear(holding.coins, indexUsd);
  if (holding.kind === "future") {
    const { settlement, size, markUsd } = holding;
    return linear(settlement === "linear" ? (size * markUsd) / indexUsd : size / indexUsd, indexUsd);
  }
  const { right, strikeUsd, forwardUsd, years, sigma } = holding;
  const terms = black76({ kind: right, forward: forwardUsd, strike: strikeUsd, years, sigma });
  const amount = holding.size * optionScale(holding);
  const carry = forwardUsd / indexUsd;
  const deltaCoin = amount * terms.delta * carry;
  const gammaCoin = amount * terms.gamma * carry * carry;
  const vega = (amount * terms.vega) / 100;
  const theta = (amount * terms.theta) / 365;
  return {
    deltaCoin,
    deltaUsd: deltaCoin * indexUsd,
    gammaCoin,
    gammaUsdPerPercent: (gammaCoin * indexUsd * indexUsd) / 100,
    vegaUsdPerPoint: vega,
    vegaCoinPerPoint: vega / indexUsd,
    thetaUsdPerDay: theta,
    thetaCoinPerDay: theta / indexUsd,
    vannaUsdPerPoint: (amount * terms.vanna * carry * indexUsd) / 100,
    volgaUsdPerPoint: (amount * terms.volga) / 10_000,
  };
}

function linear(coins: number, indexUsd: number): Exposure {
  return {
    ...NO_EXPOSURE,
    deltaCoin: coins,
    deltaUsd: coins * indexUsd,
  };
}

/** An empty book. */
export const NO_EXPOSURE: Exposure = {
  deltaCoin: 0,
  deltaUsd: 0,
  gammaCoin: 0,
  gammaUsdPerPercent: 0,
  vegaUsdPerPoint: 0,
  vegaCoinPerPoint: 0,
  thetaUsdPerDay: 0,
  thetaCoinPerDay: 0,
  vannaUsdPerPoint: 0,
  volgaUsdPerPoint: 0,
};

/** The sum of two exposures; only those in USD mean anything across assets. */
export function addExposures(left: Exposure, right: Exposure): Exposure {
  return {
    deltaCoin: left.deltaCoin + right.deltaCoin,
    deltaUsd: left.deltaUsd + right.deltaUsd,
    gammaCoin: left.gammaCoin + right.gammaCoin,
    gammaUsdPerPercent: left.gammaUsdPerPercent + right.gammaUsdPerPercent,
    vegaUsdPerPoint: left.vegaUsdPerPoint + right.vegaUsdPerPoint,
    vegaCoinPerPoint: left.vegaCoinPerPoint + right.vegaCoinPerPoint,
    thetaUsdPerDay: left.thetaUsdPerDay + right.thetaUsdPerDay,
    thetaCoinPerDay: left.thetaCoinPerDay + right.thetaCoinPerDay,
    vannaUsdPerPoint: left.vannaUsdPerPoint + right.vannaUsdPerPoint,
    volgaUsdPerPoint: left.volgaUsdPerPoint + right.volgaUsdPerPoint,
  };
}
