import { assert, double, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/quant/random.ts";
import {
  closeToClose,
  garmanKlass,
  logReturns,
  parkinson,
  rogersSatchell,
  yangZhang,
  type Bar,
} from "../../../src/quant/volatility/estimators.ts";
import { ewma } from "../../../src/quant/volatility/ewma.ts";
import {
  bipowerVariation,
  realisedKernel,
  realisedQuarticity,
  realisedVariance,
} from "../../../src/quant/volatility/realised.ts";

/** Days of a driftless market at 80 % a year, seen `looks` times a day. */
function days(count: number, seed: number, looks = 2000): Bar[] {
  const random = seededRandom(seed);
  const step = 0.8 * Math.sqrt(1 / 365 / looks);
  let price = 100;
  return Array.from({ length: count }, () => {
    const open = price;
    let [high, low] = [price, price];
    for (let index = 0; index < looks; index += 1) {
      price *= Math.exp(step * random.normal());
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    return { open, high, low, close: price };
  });
}

const bars = days(400, 3);

describe("volatility of bars", () => {
  test.each([
    ["close to close", () => closeToClose(bars.map((bar) => bar.close)), 0.1],
    ["Parkinson", () => parkinson(bars), 0.05],
    ["Garman–Klass", () => garmanKlass(bars), 0.05],
    ["Rogers–Satchell", () => rogersSatchell(bars), 0.05],
    ["Yang–Zhang", () => yangZhang(bars), 0.05],
  ])("%s finds the 80 % that the market was made with", (_, estimate, within) => {
    expect(Math.abs(estimate() / 0.8 - 1)).toBeLessThan(within);
  });

  test.each([
    ["Parkinson", parkinson, 0.83],
    ["Garman–Klass", garmanKlass, 0.75],
    ["Rogers–Satchell", rogersSatchell, 0.74],
    ["Yang–Zhang", yangZhang, 0.79],
  ] as const)(
    "%s of a price seen twelve times a bar misses its true highs, and finds them again",
    (_, estimate, blind) => {
      const seldom = days(3_000, 5, 12);
      expect(estimate(seldom) / 0.8).toBeCloseTo(blind, 1);
      expect(Math.abs(estimate(seldom, 365, 12) / 0.8 - 1)).toBeLessThan(0.05);
      expect(Math.abs(estimate(bars, 365, 2000) / 0.8 - 1)).toBeLessThan(0.03);
      expect(() => estimate(seldom, 365, 1)).toThrowError(/looks/);
    },
  );

  test("on one bar by hand: O 100, H 110, L 95, C 105", () => {
    const bar = [{ open: 100, high: 110, low: 95, close: 105 }];
    expect(parkinson(bar, 1)).toBeCloseTo(Math.log(110 / 95) / Math.sqrt(4 * Math.LN2), 14);
    expect(garmanKlass(bar, 1)).toBeCloseTo(
      Math.sqrt(0.5 * Math.log(110 / 95) ** 2 - (2 * Math.LN2 - 1) * Math.log(1.05) ** 2),
      14,
    );
    expect(rogersSatchell(bar, 1) ** 2).toBeCloseTo(
      Math.log(110 / 105) * Math.log(1.1) + Math.log(95 / 105) * Math.log(0.95),
      14,
    );
  });

  test("a price level changes no estimate", () => {
    assert(
      property(double({ min: 1e-3, max: 1e3, noNaN: true }), (factor) => {
        const scaled = bars.slice(0, 30).map((bar) => ({
          open: bar.open * factor,
          high: bar.high * factor,
          low: bar.low * factor,
          close: bar.close * factor,
        }));
        for (const estimate of [parkinson, garmanKlass, rogersSatchell, yangZhang]) {
          expect(estimate(scaled) / estimate(bars.slice(0, 30))).toBeCloseTo(1, 9);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("a bar whose close lies above its high is refused", () => {
    expect(() => parkinson([{ open: 1, high: 1, low: 1, close: 2 }])).toThrowError(/outside/);
    expect(() => parkinson([])).toThrowError(/no bars/);
    expect(() => logReturns([1, 0])).toThrowError(/above zero/);
  });
});

describe("realised measures", () => {
  const random = seededRandom(9);
  const efficient = Float64Array.from({ length: 4000 }, () => 0.0004 * random.normal());
  const noise = Float64Array.from({ length: 4001 }, () => 0.0006 * random.normal());
  const noisy = efficient.map((value, index) => value + noise[index + 1]! - noise[index]!);

  test("the kernel sees through noise that more than triples the plain realised variance", () => {
    const truth = realisedVariance(efficient);
    expect(realisedVariance(noisy) / truth).toBeGreaterThan(3);
    expect(Math.abs(realisedKernel(noisy) / truth - 1)).toBeLessThan(0.2);
  });

  test("with bandwidth 0 the kernel is the realised variance", () => {
    expect(realisedKernel(noisy, { bandwidth: 0 })).toBe(realisedVariance(noisy));
  });

  test("a jump is in the variance and the quarticity, and hardly in the bipower variation", () => {
    const jumped = efficient.slice();
    jumped[2000]! += 0.05;
    expect(realisedVariance(jumped) / realisedVariance(efficient)).toBeGreaterThan(4);
    expect(bipowerVariation(jumped) / bipowerVariation(efficient)).toBeLessThan(1.2);
    expect(realisedQuarticity(jumped)).toBeGreaterThan(10 * realisedQuarticity(efficient));
  });
});

describe("EWMA", () => {
  test("by hand: 0.94 of yesterday and 0.06 of today's square", () => {
    expect([...ewma([0.01, -0.02, 0.03], 0.94)]).toEqual([
      0.01 ** 2,
      0.94 * 0.01 ** 2 + (1 - 0.94) * 0.02 ** 2,
      0.94 * (0.94 * 0.01 ** 2 + (1 - 0.94) * 0.02 ** 2) + (1 - 0.94) * 0.03 ** 2,
    ]);
  });

  test("a memory of 1 is refused, because it would never learn", () => {
    expect(() => ewma([0.1], 1)).toThrowError(/lambda/);
  });
});
