import { describe, expect, test } from "vitest";
import { blackScholes } from "../../../src/quant/options/black-scholes.ts";
import { merton } from "../../../src/quant/options/merton.ts";
import { exact, Exact, exactCdf } from "./exact.ts";

/** Merton's series with 60 digits. */
function exactMerton(option: {
  spot: number;
  strike: number;
  years: number;
  sigma: number;
  rate: number;
  jumpIntensity: number;
  jumpMeanLog: number;
  jumpSdLog: number;
}): Exact {
  const [S, K, T, v, r] = [
    exact(option.spot),
    exact(option.strike),
    exact(option.years),
    exact(option.sigma),
    exact(option.rate),
  ];
  const [lambda, mean, sd] = [exact(option.jumpIntensity), exact(option.jumpMeanLog), exact(option.jumpSdLog)];
  const growth = mean.plus(sd.times(sd).div(2));
  const drift = r.minus(lambda.times(growth.exp().minus(1))).times(T);
  let weight = r.plus(lambda).times(T).neg().exp();
  let sum = new Exact(0);
  for (let n = 0; n < 60; n += 1) {
    if (n > 0) weight = weight.times(lambda).times(T).div(n);
    const F = S.times(drift.plus(growth.times(n)).exp());
    const s = v.times(v).times(T).plus(sd.times(sd).times(n)).sqrt();
    const d1 = F.div(K).ln().div(s).plus(s.div(2));
    sum = sum.plus(weight.times(F.times(exactCdf(d1)).minus(K.times(exactCdf(d1.minus(s))))));
  }
  return sum;
}

describe("Merton's jump diffusion", () => {
  test("agrees with 60-digit arithmetic to 1e-12", () => {
    for (const option of [
      {
        spot: 100,
        strike: 100,
        years: 1,
        sigma: 0.2,
        rate: 0.05,
        jumpIntensity: 1,
        jumpMeanLog: -0.1,
        jumpSdLog: 0.15,
      },
      { spot: 100, strike: 140, years: 0.25, sigma: 0.6, rate: 0, jumpIntensity: 6, jumpMeanLog: 0.02, jumpSdLog: 0.1 },
      {
        spot: 60_000,
        strike: 30_000,
        years: 0.08,
        sigma: 0.5,
        rate: 0.02,
        jumpIntensity: 3,
        jumpMeanLog: -0.3,
        jumpSdLog: 0.2,
      },
    ]) {
      const { price } = merton({ kind: "call", ...option });
      expect(exact(price).div(exactMerton(option)).minus(1).abs().toNumber()).toBeLessThan(1e-12);
    }
  });

  test("is near Haug's table 6-1 for one jump a year that carries a quarter of the variance", () => {
    const jumpSdLog = Math.sqrt(0.25 * 0.25 ** 2);
    const sigma = Math.sqrt(0.75 * 0.25 ** 2);
    const law = { jumpIntensity: 1, jumpMeanLog: -0.5 * jumpSdLog ** 2, jumpSdLog };
    const { price } = merton({ kind: "call", spot: 100, strike: 80, years: 0.1, sigma, rate: 0.08, ...law });
    expect(price).toBeCloseTo(20.67, 2);
  });

  test("without jumps is Black–Scholes", () => {
    const option = {
      kind: "put",
      spot: 100,
      strike: 95,
      years: 0.5,
      sigma: 0.4,
      rate: 0.05,
      dividendRate: 0.01,
    } as const;
    const own = merton({ ...option, jumpIntensity: 0, jumpMeanLog: -0.2, jumpSdLog: 0.3 });
    const black = blackScholes(option);
    for (const name of ["price", "delta", "gamma", "vega", "theta", "rho"] as const)
      expect(own[name]).toBeCloseTo(black[name], 11);
  });

  test("every Greek is the derivative it claims to be, and parity holds", () => {
    const base = {
      kind: "call",
      spot: 100,
      strike: 105,
      years: 0.5,
      sigma: 0.3,
      rate: 0.05,
      jumpIntensity: 2,
      jumpMeanLog: -0.1,
      jumpSdLog: 0.2,
    } as const;
    const own = merton(base);
    const slope = (name: "spot" | "years" | "sigma" | "rate", of: "price" | "delta"): number => {
      const h = base[name] * 1e-4;
      const at = (n: number): number => merton({ ...base, [name]: base[name] + n * h })[of];
      return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
    };
    expect(own.delta).toBeCloseTo(slope("spot", "price"), 9);
    expect(own.gamma).toBeCloseTo(slope("spot", "delta"), 9);
    expect(own.vega).toBeCloseTo(slope("sigma", "price"), 8);
    expect(own.theta).toBeCloseTo(-slope("years", "price"), 7);
    expect(own.rho).toBeCloseTo(slope("rate", "price"), 8);
    expect(own.price - merton({ ...base, kind: "put" }).price).toBeCloseTo(100 - 105 * Math.exp(-0.025), 11);
  });

  test("refuses a storm of jumps", () => {
    const option = {
      kind: "call",
      spot: 100,
      strike: 105,
      years: 5,
      sigma: 0.3,
      rate: 0,
      jumpIntensity: 2000,
      jumpMeanLog: 0,
      jumpSdLog: 0.01,
    } as const;
    expect(() => merton(option)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });
});
