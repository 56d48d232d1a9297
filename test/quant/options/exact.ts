import { Decimal } from "decimal.js";
import type { OptionKind } from "../../../src/quant/options/checks.ts";

/** Arithmetic with 70 digits, a world apart from the doubles it judges. */
export const Exact = Decimal.clone({
  precision: 70,
  rounding: Decimal.ROUND_HALF_EVEN,
  toExpNeg: -9e15,
  toExpPos: 9e15,
});
export type Exact = Decimal;

/** The double itself, bit for bit: decimal.js reads a number by its shortest decimal, which is another one. */
export function exact(x: number): Exact {
  let mantissa = x;
  let exponent = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent -= 1;
  }
  while (Math.abs(mantissa) >= 2 ** 53) {
    mantissa /= 2;
    exponent += 1;
  }
  return new Exact(mantissa).times(new Exact(2).pow(exponent));
}

const PI = new Exact("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899863");
const ROOT_TWO_PI = PI.times(2).sqrt();

export function exactDensity(z: Exact): Exact {
  return z.times(z).div(-2).exp().div(ROOT_TWO_PI);
}

/** Phi(z) / phi(z) for z <= 0: by the Taylor series of Phi near zero, by Laplace's continued fraction from 4 on. */
export function exactMills(z: Exact): Exact {
  const x = z.neg();
  if (x.gte(4)) {
    let [top, topBefore] = [new Exact(0), new Exact(1)];
    let [bottom, bottomBefore] = [new Exact(1), new Exact(0)];
    const terms = x.gt(10) ? 120 : 420;
    for (let n = 0; n < terms; n += 1) {
      const numerator = n === 0 ? 1 : n;
      [top, topBefore] = [top.times(x).plus(topBefore.times(numerator)), top];
      [bottom, bottomBefore] = [bottom.times(x).plus(bottomBefore.times(numerator)), bottom];
    }
    return top.div(bottom);
  }
  return exactCdf(z).div(exactDensity(z));
}

/** The normal distribution function with 60 digits or more. */
export function exactCdf(z: Exact): Exact {
  if (z.lte(-4)) return exactMills(z).times(exactDensity(z));
  if (z.gt(0)) return new Exact(1).minus(exactCdf(z.neg()));
  const x = z.neg();
  const square = x.times(x);
  let term = x;
  let sum = x;
  for (let n = 3; term.gt("1e-75"); n += 2) {
    term = term.times(square).div(n);
    sum = sum.plus(term);
  }
  return new Exact(0.5).minus(sum.times(exactDensity(x)));
}

export interface ExactBlack {
  price: Exact;
  delta: Exact;
  gamma: Exact;
  vega: Exact;
  theta: Exact;
  vanna: Exact;
  volga: Exact;
  charm: Exact;
  /** price / (sigma · vega). */
  condition: number;
}

/** Black-76 at rate zero with 60 digits from the very doubles given. */
export function exactBlack(
  kind: OptionKind,
  forward: number,
  strike: number,
  years: number,
  sigma: number,
): ExactBlack {
  const [F, K, T, v] = [exact(forward), exact(strike), exact(years), exact(sigma)];
  const root = T.sqrt();
  const s = v.times(root);
  const d1 = F.div(K).ln().div(s).plus(s.div(2));
  const d2 = d1.minus(s);
  const density = exactDensity(d1);
  const sign = kind === "call" ? 1 : -1;
  const delta = exactCdf(d1.times(sign)).times(sign);
  const price = F.times(delta).minus(K.times(exactCdf(d2.times(sign)).times(sign)));
  const vega = F.times(density).times(root);
  return {
    price,
    delta,
    gamma: density.div(F.times(s)),
    vega,
    theta: F.times(density).times(v).div(root).div(-2),
    vanna: density.times(d2).div(v).neg(),
    volga: vega.times(d1).times(d2).div(v),
    charm: density.times(d2).div(T).div(2),
    condition: price.div(v.times(vega)).toNumber(),
  };
}

/** |actual / expected - 1| with the division done exactly. */
export function relativeError(actual: number, expected: Exact | number): number {
  return exact(actual)
    .div(typeof expected === "number" ? exact(expected) : expected)
    .minus(1)
    .abs()
    .toNumber();
}

export const EPSILON = 2 ** -52;

/** A small seeded generator (mulberry32), so that a failing row comes back. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
