import { blackTerms } from "./black76.ts";
import { requireFiniteResult, requireKind, requireNotNegative, requirePositive } from "./checks.ts";
import type { OptionKind } from "./checks.ts";

/** What `inverseOption` needs: `forward` is the synthetic future of the option's own expiry, in USD per coin. */
export interface InverseOptionInput {
  readonly kind: OptionKind;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly sigma: number;
}

/** An inverse option's figures, each for one contract of one coin. */
export interface InverseOptionFigures {
  /** Price in coin: what Deribit quotes. */
  readonly priceCoin: number;
  /** Price in USD at the forward: priceCoin × forward. */
  readonly priceUsd: number;
  /** Black-76 delta: ∂priceUsd/∂forward, the delta Deribit publishes. */
  readonly delta: number;
  /** delta - priceCoin: the coins' worth of exposure left once the premium itself is held in coin. */
  readonly netDelta: number;
  /** ∂priceCoin/∂forward = netDelta / forward, coin per USD. */
  readonly dPriceCoinDForward: number;
  /** ∂²priceUsd/∂forward². */
  readonly gammaUsd: number;
  /** ∂priceUsd/∂sigma, to 1.00 of sigma. */
  readonly vegaUsd: number;
  /** ∂priceUsd/∂t, a year of passing time. */
  readonly thetaUsdPerYear: number;
}

/**
 * A coin-settled (inverse) European option, as on Deribit: Black-76 at rate zero, premium and payoff in coin.
 *
 * `years` in 365-day years to the second, sigma per √year. The net delta is taken as ±(K/F) Phi(±d2), which keeps the
 * digits that delta - priceCoin would lose. Figures within 1e-12 relative. Throws `NOT_FINITE`, `OUT_OF_RANGE`.
 * Source: Deribit, "Inverse options" and "Net transaction delta"; Black (1976).
 *
 * @example inverseOption({ kind: "call", forward: 60_000, strike: 65_000, years: 30 / 365, sigma: 0.6 }).priceCoin
 */
export function inverseOption(input: InverseOptionInput): InverseOptionFigures {
  const { kind, forward, strike, years, sigma } = input;
  requireKind(kind);
  requirePositive({ forward, strike });
  requireNotNegative({ years, sigma });
  const rootYears = Math.sqrt(years);
  const s = sigma * rootYears;
  const { price, delta, strikeDelta, density } = blackTerms(kind === "call", forward, strike, s);
  const netDelta = (strike / forward) * strikeDelta;
  const alive = density > 0;
  return requireFiniteResult("inverse option", {
    priceCoin: price / forward,
    priceUsd: price,
    delta,
    netDelta,
    dPriceCoinDForward: netDelta / forward,
    gammaUsd: alive ? density / forward / (forward * s) : 0,
    vegaUsd: density * rootYears,
    thetaUsdPerYear: alive ? (-0.5 * density * sigma) / rootYears : 0,
  });
}
