import { QuantError } from "../errors.ts";
import { normalCdf, normalPdf } from "../normal.ts";
import { blackScholes } from "./black-scholes.ts";
import type { BlackScholesInput } from "./black-scholes.ts";
import { requireFiniteResult } from "./checks.ts";
import { exerciseBoundary } from "./exercise-boundary.ts";
import type { Boundary, UnitPut } from "./exercise-boundary.ts";
import { gaussLegendre } from "./gauss-legendre.ts";

/** An American price with its derivatives; `exerciseAt` is the spot at which it is exercised today, null where it never is. */
export interface AmericanFigures {
  readonly price: number;
  /** Price less the European option's. */
  readonly premium: number;
  readonly delta: number;
  readonly gamma: number;
  /** To 1.00 of sigma, by fourth-order differences. */
  readonly vega: number;
  /** A year of passing time. */
  readonly theta: number;
  readonly exerciseAt: number | null;
}

interface Premium {
  readonly value: number;
  readonly slope: number;
  readonly curvature: number;
}

const RULE = gaussLegendre(48);

/**
 * Interest over the option's life, as a share of the strike, under which exercise early is worth nothing. What exercise can
 * earn is at most that interest; so near to rounding the boundary's iteration has no digits left to settle by.
 */
const LEAST_INTEREST = 1e-11;

/**
 * An American option on a spot price with a continuous yield, to about 1e-9 of the strike (1e-12 where rate and yield are alike).
 *
 * European price plus the integral of what early exercise earns along its boundary (Kim's representation); a call is
 * priced as the put with spot and strike, rate and yield exchanged. Where the rate (for a call: the dividend rate) is not
 * above zero the European price is the answer. Rates both negative with two boundaries are refused (`OUT_OF_RANGE`).
 * Years and sigma above zero; inputs as `blackScholes`. Throws `NOT_FINITE`, `OUT_OF_RANGE`, `NO_CONVERGENCE`.
 * Source: Andersen, Lake and Offengenden (2016); McDonald and Schroder (1998) for the symmetry.
 */
export function americanOption(input: BlackScholesInput): AmericanFigures {
  const { spot, strike, years, sigma, rate, dividendRate = 0 } = input;
  const european = blackScholes(input);
  if (!(years > 0 && sigma > 0)) {
    throw new QuantError("OUT_OF_RANGE", `years was ${years} and sigma ${sigma}; both must be above zero`);
  }
  const isPut = input.kind === "put";
  const put: UnitPut = isPut
    ? { years, sigma, rate, dividendRate }
    : { years, sigma, rate: dividendRate, dividendRate: rate };
  if (put.rate * years < LEAST_INTEREST) {
    if (put.dividendRate < put.rate && put.rate < 0) {
      throw new QuantError(
        "OUT_OF_RANGE",
        `rate was ${rate} and dividendRate ${dividendRate}; with rates this negative exercise has two boundaries, which this method does not cover`,
      );
    }
    const { price, delta, gamma, vega, theta } = european;
    return { price, premium: 0, delta, gamma, vega, theta, exerciseAt: null };
  }
  const level = exerciseBoundary(put);
  const ratio = isPut ? spot / strike : strike / spot;
  const edge = Math.exp(level(1));
  const exerciseAt = isPut ? edge * strike : strike / edge;
  if (ratio <= edge) {
    const price = isPut ? strike - spot : spot - strike;
    return { price, premium: price - european.price, delta: isPut ? -1 : 1, gamma: 0, vega: 0, theta: 0, exerciseAt };
  }
  const early = premiumOf(put, level, ratio);
  const scale = isPut ? strike : spot;
  const premium = scale * early.value;
  // For the call the variable is the put's strike: Euler's rule for functions of degree one turns the derivatives.
  const slope = isPut ? early.slope : early.value - ratio * early.slope;
  const curvature = isPut ? early.curvature / strike : (ratio * ratio * early.curvature) / spot;
  const price = european.price + premium;
  const delta = european.delta + slope;
  const gamma = european.gamma + curvature;
  const h = 2e-3 * sigma;
  const at = (n: number): number => {
    const moved = { ...put, sigma: sigma + n * h };
    return premiumOf(moved, exerciseBoundary(moved), ratio).value;
  };
  const vega = european.vega + (scale * (8 * (at(1) - at(-1)) - (at(2) - at(-2)))) / (12 * h);
  const theta = rate * price - (rate - dividendRate) * spot * delta - 0.5 * sigma * sigma * spot * spot * gamma;
  return requireFiniteResult("American option", { price, premium, delta, gamma, vega, theta, exerciseAt });
}

/** The early-exercise premium of a unit put at spot `x` and its first two derivatives. */
function premiumOf(put: UnitPut, boundary: Boundary, x: number): Premium {
  const { years, sigma, rate, dividendRate } = put;
  let value = 0;
  let slope = 0;
  let curvature = 0;
  for (let k = 0; k < RULE.nodes.length; k += 1) {
    const angle = (1 + RULE.nodes[k]!) * (Math.PI / 4);
    const sin = Math.sin(angle);
    const cos = Math.cos(angle);
    const weight = RULE.weights[k]! * years * (Math.PI / 2) * sin * cos;
    const left = years * sin * sin;
    const width = sigma * Math.sqrt(years) * sin;
    const low = (Math.log(x) - boundary(cos * cos) + (rate - dividendRate) * left) / width - 0.5 * width;
    const high = low + width;
    const interest = weight * rate * Math.exp(-rate * left);
    const yielded = weight * dividendRate * Math.exp(-dividendRate * left);
    const lowDensity = normalPdf(low);
    const highDensity = normalPdf(high);
    value += interest * normalCdf(-low) - yielded * x * normalCdf(-high);
    slope += (yielded * highDensity - (interest * lowDensity) / x) / width - yielded * normalCdf(-high);
    curvature += ((interest * lowDensity * high) / x - yielded * highDensity * low) / (x * width * width);
  }
  return { value, slope, curvature };
}
