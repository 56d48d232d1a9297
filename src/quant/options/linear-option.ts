import { black76 } from "./black76.ts";
import { requireFiniteResult, requirePositive } from "./checks.ts";
import type { InverseOptionInput } from "./inverse-option.ts";

/** What `linearOption` needs; `contractSize` is the coins in one contract, 1 where absent. */
export interface LinearOptionInput extends InverseOptionInput {
  readonly contractSize?: number;
}

/** A linear option's figures for one contract. */
export interface LinearOptionFigures {
  readonly priceUsd: number;
  /** Coins of the underlying that offset one contract. */
  readonly delta: number;
  /** ∂delta/∂forward. */
  readonly gammaUsd: number;
  /** To 1.00 of sigma. */
  readonly vegaUsd: number;
  /** A year of passing time. */
  readonly thetaUsdPerYear: number;
}

/**
 * A USDC- or USDT-settled (linear) European option, as on Deribit, Bybit, OKX and Binance: Black-76 at rate zero.
 *
 * Premium and payoff are in the stable coin, taken as one USD; delta needs no premium adjustment.
 * Throws `NOT_FINITE`, `OUT_OF_RANGE`. Source: Deribit, "Linear USDC options"; Black (1976).
 */
export function linearOption(input: LinearOptionInput): LinearOptionFigures {
  const { contractSize = 1, ...option } = input;
  requirePositive({ contractSize });
  const { price, delta, gamma, vega, theta } = black76(option);
  return requireFiniteResult("linear option", {
    priceUsd: contractSize * price,
    delta: contractSize * delta,
    gammaUsd: contractSize * gamma,
    vegaUsd: contractSize * vega,
    thetaUsdPerYear: contractSize * theta,
  });
}
