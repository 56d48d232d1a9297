import { requireFinite, requireNotNegative, requirePositive } from "../options/checks.ts";
import { addExposures, exposureOf, NO_EXPOSURE, type Holding } from "../risk/holdings.ts";

/** What decides how far delta may drift before a trade is worth its cost. */
export interface BandQuestion {
  /** Gamma of the book in coins per 1.00 USD, of the volatility that is forecast; either sign. */
  readonly gammaCoin: number;
  readonly spot: number;
  /** Cost of trading as a share of the value traded: half spread plus fee, 0.0005 for 5 bps. */
  readonly costRatio: number;
  /** Absolute risk aversion per USD: 1e-5 makes a desk indifferent to losing 50,000 USD for sure or a gamble of σ = 100,000. */
  readonly riskAversion: number;
  /** To the hedge's end; default 0 with rate 0. */
  readonly years?: number;
  readonly rate?: number;
}

/**
 * Half-width in coins of the no-trade band around the hedge's target: (3/2 · e^{−rT} · costRatio · S · Γ² / aversion)^⅓.
 * Throws NOT_FINITE, OUT_OF_RANGE. Source: Whalley and Wilmott, Mathematical Finance 7 (1997), equation 3.10.
 */
export function whalleyWilmottBand({
  gammaCoin,
  spot,
  costRatio,
  riskAversion,
  years = 0,
  rate = 0,
}: BandQuestion): number {
  requireFinite({ gammaCoin, rate });
  requirePositive({ spot, riskAversion });
  requireNotNegative({ costRatio, years });
  return Math.cbrt((1.5 * Math.exp(-rate * years) * costRatio * spot * gammaCoin * gammaCoin) / riskAversion);
}

/** Where delta stands against its band, and what to do. */
export interface BandDecision {
  /** Delta of the book in coins at the forecast volatility. */
  readonly deltaCoin: number;
  readonly gammaCoin: number;
  readonly halfWidthCoin: number;
  /** Coins to trade: zero within the band, otherwise just to its nearest edge. */
  readonly tradeCoin: number;
}

/**
 * Decides whether the delta of one asset's holdings is worth hedging now. Delta and gamma are taken at the forecast
 * volatility where one is given (it replaces every option's own), else at the market's. `targetCoin` default 0.
 * Throws NOT_FINITE, OUT_OF_RANGE.
 */
export function decideByBand(
  holdings: readonly Holding[],
  question: {
    readonly costRatio: number;
    readonly riskAversion: number;
    readonly forecastSigma?: number;
    readonly targetCoin?: number;
  },
): BandDecision {
  const { costRatio, riskAversion, forecastSigma, targetCoin = 0 } = question;
  requireFinite({ targetCoin });
  const exposure = holdings
    .map((holding) =>
      holding.kind === "option" && forecastSigma !== undefined ? { ...holding, sigma: forecastSigma } : holding,
    )
    .reduce((sum, holding) => addExposures(sum, exposureOf(holding)), NO_EXPOSURE);
  const { deltaCoin, gammaCoin } = exposure;
  const spot = holdings[0]?.indexUsd ?? 1;
  const halfWidthCoin = whalleyWilmottBand({ gammaCoin, spot, costRatio, riskAversion });
  const off = deltaCoin - targetCoin;
  const beyond = Math.abs(off) - halfWidthCoin;
  return { deltaCoin, gammaCoin, halfWidthCoin, tradeCoin: beyond > 0 ? -Math.sign(off) * beyond : 0 };
}
