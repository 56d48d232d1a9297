import { Decimal } from "decimal.js";
import { assert, double, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  exitProbability,
  hitProbability,
  type HestonHit,
  type JumpHit,
} from "../../../src/quant/risk/hit-probability.ts";

const Exact = Decimal.clone({ precision: 60 });
const PI = Exact.acos(-1);

/** Φ(z) in sixty digits by its power series, for |z| up to about 8. */
function exactCdf(z: Decimal): Decimal {
  let term = z;
  let sum = z;
  for (let index = 1; index < 400; index += 1) {
    term = term
      .times(z)
      .times(z)
      .div(2 * index + 1);
    sum = sum.plus(term);
  }
  return sum.times(z.times(z).div(-2).exp()).div(PI.times(2).sqrt()).plus(0.5);
}

function exactHit(spot: number, barrier: number, drift: number, sigma: number, years: number): number {
  const side = barrier > spot ? 1 : -1;
  const away = new Exact(barrier).div(spot).ln().times(side);
  const nu = new Exact(drift).minus(new Exact(sigma).pow(2).div(2)).times(side);
  const spread = new Exact(sigma).times(new Exact(years).sqrt());
  const direct = exactCdf(nu.times(years).minus(away).div(spread));
  const mirrored = exactCdf(nu.times(-years).minus(away).div(spread));
  return direct.plus(nu.times(away).times(2).div(new Exact(sigma).pow(2)).exp().times(mirrored)).toNumber();
}

const month = { spot: 100, sigma: 0.6, years: 30 / 365 };
const rows = [
  { ...month, barrier: 80, drift: 0 },
  { ...month, barrier: 95, drift: -0.5 },
  { ...month, barrier: 125, drift: 0.3 },
  { spot: 60_000, barrier: 40_000, drift: 0.1, sigma: 1.2, years: 1 },
  { spot: 1, barrier: 1.5, drift: 0, sigma: 0.3, years: 0.5 },
];

const heston: HestonHit = {
  spot: 100,
  barrier: 80,
  drift: 0,
  years: 30 / 365,
  model: "heston",
  method: "simulation",
  v0: 0.36,
  kappa: 4,
  theta: 0.36,
  volOfVol: 1.5,
  correlation: -0.5,
};

const jumps: JumpHit = {
  ...month,
  barrier: 80,
  drift: 0,
  model: "jumps",
  method: "simulation",
  jumpIntensity: 20,
  jumpMeanLog: -0.03,
  jumpSdLog: 0.05,
};

describe("probability of touching a price", () => {
  test.each(rows)("closed form agrees with sixty digits: $spot to $barrier at $sigma over $years", (row) => {
    const exact = exactHit(row.spot, row.barrier, row.drift, row.sigma, row.years);
    expect(Math.abs(hitProbability(row).probability / exact - 1)).toBeLessThan(1e-12);
  });

  test.each(rows)("simulation agrees with the closed form within three standard errors at 10 and 100 steps", (row) => {
    const { probability } = hitProbability(row);
    for (const steps of [10, 100]) {
      const drawn = hitProbability({ ...row, method: "simulation", model: "gbm", paths: 20_000, steps, seed: 42 });
      expect(Math.abs(drawn.probability - probability)).toBeLessThan(3 * drawn.standardError);
    }
  });

  test("over forty seeds the simulation's bias is below 0.1 %", () => {
    const row = rows[0]!;
    let sum = 0;
    for (let seed = 0; seed < 40; seed += 1) {
      sum += hitProbability({ ...row, method: "simulation", paths: 20_000, steps: 4, seed }).probability;
    }
    expect(Math.abs(sum / 40 - hitProbability(row).probability)).toBeLessThan(1e-3);
  });

  test("the same seed gives the same bits and another seed another answer, under every model", () => {
    for (const question of [{ ...rows[0]!, method: "simulation" as const }, heston, jumps]) {
      const drawn = (seed: number): number => hitProbability({ ...question, paths: 500, steps: 20, seed }).probability;
      expect(drawn(7)).toBe(drawn(7));
      expect(drawn(7)).not.toBe(drawn(8));
    }
  });

  test("Heston without volatility of variance, and jumps that never come, are plain Brownian motion", () => {
    const { probability } = hitProbability(rows[0]!);
    const still = hitProbability({ ...heston, volOfVol: 0, paths: 40_000, steps: 25 });
    expect(Math.abs(still.probability - probability)).toBeLessThan(3 * still.standardError);
    const none = hitProbability({ ...jumps, jumpIntensity: 0, paths: 40_000, steps: 5 });
    expect(Math.abs(none.probability - probability)).toBeLessThan(3 * none.standardError);
  });

  test("more steps do not move the answer under Heston beyond the error of the draws", () => {
    const coarse = hitProbability({ ...heston, paths: 40_000, steps: 30, seed: 1 });
    const fine = hitProbability({ ...heston, paths: 40_000, steps: 150, seed: 2 });
    expect(Math.abs(coarse.probability - fine.probability)).toBeLessThan(
      3 * Math.hypot(coarse.standardError, fine.standardError),
    );
  });

  test("jumps down make a barrier below more likely to be touched", () => {
    const { probability } = hitProbability({ ...jumps, paths: 40_000, steps: 10 });
    expect(probability).toBeGreaterThan(hitProbability(rows[0]!).probability + 0.02);
  });

  test("more volatility, more time or a nearer barrier never make a hit less likely without drift", () => {
    const numbers = record({
      sigma: double({ min: 0.05, max: 2, noNaN: true }),
      years: double({ min: 0.001, max: 1, noNaN: true }),
      barrier: double({ min: 0.3, max: 0.95, noNaN: true }),
    });
    assert(
      property(numbers, ({ sigma, years, barrier }) => {
        const { probability } = hitProbability({ spot: 1, barrier, drift: 0, sigma, years });
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
        const slack = 1e-12;
        expect(
          hitProbability({ spot: 1, barrier, drift: 0, sigma: sigma * 1.1, years }).probability,
        ).toBeGreaterThanOrEqual(probability - slack);
        expect(
          hitProbability({ spot: 1, barrier, drift: 0, sigma, years: years * 1.1 }).probability,
        ).toBeGreaterThanOrEqual(probability - slack);
        expect(
          hitProbability({ spot: 1, barrier: barrier * 1.02, drift: 0, sigma, years }).probability,
        ).toBeGreaterThanOrEqual(probability - slack);
        expect(hitProbability({ spot: 1000, barrier: 1000 * barrier, drift: 0, sigma, years }).probability).toBeCloseTo(
          probability,
          12,
        );
      }),
    );
  });

  test.each([
    ["no time has passed", { ...rows[0]!, years: 0 }, 0],
    ["the price stands on the barrier", { ...rows[0]!, barrier: 100 }, 1],
    ["a price without volatility grows into it", { ...rows[0]!, barrier: 101, sigma: 0, drift: 1 }, 1],
    ["a price without volatility moves away", { ...rows[0]!, barrier: 99, sigma: 0, drift: 1 }, 0],
  ])("at the edge: %s", (_, question, probability) => {
    expect(hitProbability(question)).toEqual({ probability, standardError: 0 });
  });

  test.each([
    ["NOT_FINITE", () => hitProbability({ ...rows[0]!, spot: Number.NaN })],
    ["OUT_OF_RANGE", () => hitProbability({ ...rows[0]!, barrier: 0 })],
    ["OUT_OF_RANGE", () => hitProbability({ ...rows[0]!, years: -1 })],
    ["OUT_OF_RANGE", () => hitProbability({ ...heston, correlation: -1.5 })],
    ["OUT_OF_RANGE", () => hitProbability({ ...heston, method: "closed" as never })],
    ["OUT_OF_RANGE", () => hitProbability({ ...rows[0]!, method: "simulation", steps: 0 })],
  ])("bad input is named %s", (code, ask) => {
    expect(ask).toThrowError(expect.objectContaining({ code }) as Error);
  });
});

describe("probability of leaving a range", () => {
  const range = { spot: 100, lower: 80, upper: 125, sigma: 0.6, years: 30 / 365 };

  test("with one side out of reach it is the probability of touching the other", () => {
    for (const drift of [-0.5, 0, 0.8]) {
      const { probability } = hitProbability({ spot: 100, barrier: 80, drift, sigma: 0.6, years: 0.25 });
      expect(Math.abs(exitProbability({ ...range, upper: 1e9, drift, years: 0.25 }) - probability)).toBeLessThan(1e-13);
    }
  });

  test("without drift of the logarithm it agrees with the sine series of the heat equation", () => {
    for (const years of [0.01, 0.1, 0.5, 2]) {
      const drift = 0.5 * 0.6 ** 2;
      const width = Math.log(125 / 80);
      const at = Math.log(100 / 80) / width;
      let survival = 0;
      for (let n = 1; n < 400; n += 2) {
        survival +=
          (4 / (n * Math.PI)) *
          Math.sin(n * Math.PI * at) *
          Math.exp(-((n * Math.PI * 0.6) ** 2 * years) / (2 * width * width));
      }
      expect(Math.abs(exitProbability({ ...range, drift, years }) - (1 - survival))).toBeLessThan(1e-12);
    }
  });

  test("it lies between the likelier side and the sum of both", () => {
    const sides = [80, 125].map(
      (barrier) => hitProbability({ spot: 100, barrier, sigma: 0.6, years: 0.3 }).probability,
    );
    const either = exitProbability({ ...range, years: 0.3 });
    expect(either).toBeGreaterThan(Math.max(...sides));
    expect(either).toBeLessThan(sides[0]! + sides[1]!);
  });

  test("a spot outside the range is refused, and no time is no exit", () => {
    expect(() => exitProbability({ ...range, lower: 101 })).toThrowError(/between/);
    expect(exitProbability({ ...range, years: 0 })).toBe(0);
  });
});
