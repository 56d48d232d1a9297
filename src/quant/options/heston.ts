import { QuantError } from "../errors.ts";
import { blackTerms } from "./black76.ts";
import { requireFinite, requireFiniteResult, requireKind, requireNotNegative, requirePositive } from "./checks.ts";
import type { OptionKind } from "./checks.ts";
import { hestonCharacteristic } from "./heston-characteristic.ts";
import type { HestonParameters } from "./heston-characteristic.ts";

/** What `heston` needs: variance `v0` now, its long-run level `theta`, speed `kappa` a year, `volOfVol`, `correlation` in -1..1. */
export interface HestonInput extends HestonParameters {
  readonly kind: OptionKind;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  readonly dividendRate?: number;
}

/** A Heston price with its derivatives to 1.00 of spot and of the present variance v0. */
export interface HestonFigures {
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  /** ∂price/∂v0. */
  readonly varianceVega: number;
}

/** The integrals, over u from 0, of Re[e^{iux} f(u)] / (u² + 1/4) with f the model less Black, and of its x- and v0-derivatives. */
interface Integrals {
  value: number;
  slope: number;
  curvature: number;
  variance: number;
}

/** Mean variance over the life: what Black's model needs to be closest. */
export function meanVariance(parameters: HestonParameters, years: number): number {
  const { v0, kappa, theta } = parameters;
  const decay = kappa * years;
  const share = decay < 1e-8 ? 1 - 0.5 * decay : -Math.expm1(-decay) / decay;
  return theta + (v0 - theta) * share;
}

/**
 * A European option under Heston's stochastic volatility, semi-analytic.
 *
 * Lewis's single integral along Im u = 1/2 with Black's model of the same mean variance as control variate: the integrand
 * is even and analytic with its poles removed, so the trapezoidal rule converges exponentially; it is refined until two
 * levels agree to 1e-13 of √(FK). Absolute accuracy about 1e-12 of the strike. `volOfVol` = 0 gives Black–Scholes with the
 * mean variance. Throws `NOT_FINITE`, `OUT_OF_RANGE`, `NO_CONVERGENCE`.
 * Source: Heston (1993); Lewis (2001), "A simple option formula"; Andersen and Piterbarg (2010), 9.4.
 */
export function heston(input: HestonInput): HestonFigures {
  const { kind, spot, strike, years, rate, dividendRate = 0, v0, kappa, theta, volOfVol, correlation } = input;
  requireKind(kind);
  requirePositive({ spot, strike });
  requireNotNegative({ years, v0, kappa, theta, volOfVol });
  requireFinite({ rate, dividendRate, correlation });
  if (Math.abs(correlation) > 1)
    throw new QuantError("OUT_OF_RANGE", `correlation was ${correlation}; it must lie in -1..1`);
  const parameters = { v0, kappa, theta, volOfVol, correlation };
  const forward = spot * Math.exp((rate - dividendRate) * years);
  const discount = Math.exp(-rate * years);
  const totalVariance = meanVariance(parameters, years) * years;
  const s = Math.sqrt(totalVariance);
  const terms = blackTerms(kind === "call", forward, strike, s);
  const carry = forward / spot;
  const black = {
    price: discount * terms.price,
    delta: discount * carry * terms.delta,
    gamma: s > 0 ? (discount * carry * carry * terms.density) / (forward * forward * s) : 0,
  };
  if (volOfVol === 0 || !(s > 0)) {
    const decay = kappa * years;
    const share = decay < 1e-8 ? 1 - 0.5 * decay : -Math.expm1(-decay) / decay;
    const varianceVega = s > 0 ? (discount * terms.density * share * years) / (2 * s) : 0;
    return requireFiniteResult("option", { ...black, varianceVega });
  }
  const { value, slope, curvature, variance } = integrate(parameters, years, totalVariance, Math.log(forward / strike));
  const root = Math.sqrt(forward * strike);
  // Where the price is below the integral's own rounding the bound of no arbitrage is the better number.
  const floor = discount * Math.max(kind === "call" ? forward - strike : strike - forward, 0);
  return requireFiniteResult("option", {
    price: Math.max(black.price - discount * root * value, floor),
    delta: black.delta - discount * carry * Math.sqrt(strike / forward) * (0.5 * value + slope),
    gamma: black.gamma - (discount * carry * carry * root * (curvature - 0.25 * value)) / (forward * forward),
    varianceVega: -discount * root * variance,
  });
}

const SMALL = 1e-19;
const FINEST = 1 << 17;

function integrate(parameters: HestonParameters, years: number, totalVariance: number, x: number): Integrals {
  const node = new Float64Array(4);
  let end = 4;
  while (end < 1e7) {
    hestonCharacteristic(node, parameters, years, end);
    const size = Math.hypot(node[0]!, node[1]!) * Math.max(1, Math.hypot(node[2]!, node[3]!) / (1 + end * end));
    if (size + Math.exp(-0.5 * totalVariance * end * end) < SMALL * (1 + end)) break;
    end *= 1.5;
  }
  const sum = { value: 0, slope: 0, curvature: 0, variance: 0 };
  const add = (u: number, weight: number): void => {
    hestonCharacteristic(node, parameters, years, u);
    const [re, im, dRe, dIm] = [node[0]!, node[1]!, node[2]!, node[3]!];
    const w = u * u + 0.25;
    const scale = weight / (w * Math.PI);
    const cos = Math.cos(u * x) * scale;
    const sin = Math.sin(u * x) * scale;
    const less = re - Math.exp(-0.5 * totalVariance * w);
    const real = cos * less - sin * im;
    sum.value += real;
    sum.slope -= u * (sin * less + cos * im);
    sum.curvature -= u * u * real;
    sum.variance += cos * (dRe * re - dIm * im) - sin * (dRe * im + dIm * re);
  };
  let nodes = 32;
  add(0, 0.5);
  for (let j = 1; j <= nodes; j += 1) add((end * j) / nodes, 1);
  let before = sum.value * (end / nodes);
  for (; nodes <= FINEST; nodes *= 2) {
    const step = end / nodes;
    for (let j = 0; j < nodes; j += 1) add(step * (j + 0.5), 1);
    const half = 0.5 * step;
    const now = sum.value * half;
    // The difference is the coarser level's error; the finer one's is about its square.
    if (Math.abs(now - before) < 1e-13 && Math.abs(x) * half < 1) {
      return { value: now, slope: sum.slope * half, curvature: sum.curvature * half, variance: sum.variance * half };
    }
    before = now;
  }
  throw new QuantError(
    "NO_CONVERGENCE",
    `the Heston integral did not settle for years ${years}; the variance or the expiry is too small for it`,
  );
}
