import { LOG_SQRT_TWO_PI, mills } from "../normal.ts";
import { requireFiniteResult, requireKind, requireNotNegative, requirePositive, requireFinite } from "./checks.ts";
import type { OptionKind } from "./checks.ts";
import { absoluteLogMoneyness, oddSeries, SERIES_LIMIT } from "./normalised-black.ts";

/** What `black76` needs: forward and strike in one currency, years >= 0, sigma per √year >= 0, rate continuously compounded. */
export interface Black76Input {
  readonly kind: OptionKind;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly sigma: number;
  readonly rate?: number;
}

/**
 * A price and its derivatives, each to 1.00 of its variable; time in years.
 *
 * vanna = ∂²price/∂underlying∂sigma, volga = ∂²price/∂sigma², theta = ∂price/∂t and charm = ∂delta/∂t as calendar time
 * passes (so both with the sign of -∂/∂years).
 */
export interface PriceAndGreeks {
  price: number;
  delta: number;
  gamma: number;
  vega: number;
  theta: number;
  rho: number;
  vanna: number;
  volga: number;
  charm: number;
}

/** The undiscounted terms every Black formula is made of. */
export interface BlackTerms {
  /** Undiscounted price. */
  price: number;
  /** Phi(d1) for a call, -Phi(-d1) for a put. */
  delta: number;
  /** Phi(d2) for a call, -Phi(-d2) for a put: ∂price/∂strike is minus this. */
  strikeDelta: number;
  /** forward × the density at d1: ∂price/∂s with s = sigma √years. */
  density: number;
  d1: number;
  d2: number;
}

/**
 * Black's undiscounted terms for s = sigma √years, computed on the out-of-the-money side and scaled by min(F, K).
 *
 * Inner function: arguments are not checked. s = 0 gives the intrinsic value, with half a delta at the money; so does an
 * s so small that the density at the strike is below the smallest double.
 * Source: Black (1976); the scaled form after Jäckel, "Let's Be Rational" (2013).
 */
export function blackTerms(isCall: boolean, forward: number, strike: number, s: number): BlackTerms {
  const above = forward > strike;
  const k = absoluteLogMoneyness(forward, strike);
  if (!(s > 0)) return intrinsicTerms(isCall, forward, strike);
  const h = k / s;
  const t = 0.5 * s;
  const near = t - h;
  const far = -t - h;
  const phi = Math.exp(-0.5 * near * near - LOG_SQRT_TWO_PI);
  const smaller = above ? strike : forward;
  if (phi === 0) return intrinsicTerms(isCall, forward, strike);
  const scaledFar = phi * mills(far);
  const farTail = above ? scaledFar * (strike / forward) : scaledFar * (forward / strike);
  // Of the out-of-the-money option: price / min(F, K), Phi(near) and its complement.
  let ratio: number;
  let nearTail: number;
  let nearRest: number;
  if (near > 0) {
    nearRest = phi * mills(-near);
    nearTail = 1 - nearRest;
    ratio = near > 1 ? 1 - phi * (mills(-near) + mills(far)) : phi * overVega(k, s, h, t, near, far);
  } else {
    nearTail = phi * mills(near);
    nearRest = 1 - nearTail;
    ratio = phi * overVega(k, s, h, t, near, far);
  }
  const outside = smaller * ratio;
  const isOutside = isCall !== above;
  const price = isOutside ? outside : outside + Math.abs(forward - strike);
  const density = smaller * phi;
  if (above) {
    return isCall
      ? { price, delta: 1 - farTail, strikeDelta: nearRest, density, d1: -far, d2: -near }
      : { price, delta: -farTail, strikeDelta: -nearTail, density, d1: -far, d2: -near };
  }
  return isCall
    ? { price, delta: nearTail, strikeDelta: farTail, density, d1: near, d2: far }
    : { price, delta: -nearRest, strikeDelta: farTail - 1, density, d1: near, d2: far };
}

function overVega(k: number, s: number, h: number, t: number, near: number, far: number): number {
  return k + 0.8 * s >= SERIES_LIMIT ? mills(near) - mills(far) : oddSeries(h, t, mills(-h));
}

function intrinsicTerms(isCall: boolean, forward: number, strike: number): BlackTerms {
  const d = forward === strike ? 0 : forward > strike ? Infinity : -Infinity;
  const step = forward === strike ? 0.5 : forward > strike ? 1 : 0;
  const delta = isCall ? step : step - 1;
  return {
    price: Math.max(isCall ? forward - strike : strike - forward, 0),
    delta,
    strikeDelta: delta,
    density: 0,
    d1: d,
    d2: d,
  };
}

/**
 * Price and Greeks of a European option on a forward or future.
 *
 * Delta, gamma, vanna and charm are to the forward; vega to 1.00 of sigma; theta and charm per year of passing time;
 * rho = -years · price. Units are those of forward and strike. sigma = 0 or years = 0 gives the discounted intrinsic
 * value with its second derivatives taken as zero. Throws `NOT_FINITE`, `OUT_OF_RANGE`.
 * Price within 8 (1 + sigma·vega / price) 2.2e-16 of exact, relative. Source: Black (1976).
 *
 * @example black76({ kind: "call", forward: 60_000, strike: 65_000, years: 30 / 365, sigma: 0.6 }).delta
 */
export function black76(input: Black76Input): PriceAndGreeks {
  const { kind, forward, strike, years, sigma, rate = 0 } = input;
  requireKind(kind);
  requirePositive({ forward, strike });
  requireNotNegative({ years, sigma });
  requireFinite({ rate });
  const rootYears = Math.sqrt(years);
  const s = sigma * rootYears;
  const terms = blackTerms(kind === "call", forward, strike, s);
  const discount = Math.exp(-rate * years);
  const price = discount * terms.price;
  const delta = discount * terms.delta;
  if (!(terms.density > 0)) {
    const theta = rate * price;
    const rest = { gamma: 0, vega: 0, theta, rho: -years * price, vanna: 0, volga: 0, charm: rate * delta };
    return requireFiniteResult("option", { price, delta, ...rest });
  }
  const { d1, d2 } = terms;
  const density = discount * terms.density;
  const perForward = density / forward;
  const vega = density * rootYears;
  return requireFiniteResult("option", {
    price,
    delta,
    gamma: perForward / (forward * s),
    vega,
    theta: rate * price - (0.5 * density * sigma) / rootYears,
    rho: -years * price,
    vanna: (-perForward * d2) / sigma,
    volga: (vega * d1 * d2) / sigma,
    charm: rate * delta + (0.5 * perForward * d2) / years,
  });
}
