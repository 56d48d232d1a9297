import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/quant/random.ts";
import { dieboldMariano, qlike, qlikeLosses } from "../../../src/quant/volatility/comparison.ts";
import { varianceBreaks } from "../../../src/quant/volatility/regime.ts";

describe("comparing forecasts", () => {
  const random = seededRandom(1);
  const realised = Float64Array.from({ length: 400 }, () => 1e-4 * Math.exp(0.4 * random.normal()));
  const good = realised.map((value) => value * Math.exp(0.2 * random.normal()));
  const poor = realised.map(() => 1e-4);

  test("a perfect forecast loses nothing, and a forecast too low loses more than one as much too high", () => {
    expect(qlike(realised, realised)).toBe(0);
    expect(qlike([1], [0.5])).toBeGreaterThan(qlike([1], [2]));
    expect(qlike([1], [2])).toBeCloseTo(0.5 + Math.LN2 - 1, 15);
  });

  test("the forecast that follows the market beats the constant one beyond doubt", () => {
    const { statistic, pValue } = dieboldMariano(qlikeLosses(realised, good), qlikeLosses(realised, poor));
    expect(statistic).toBeLessThan(-3);
    expect(pValue).toBeLessThan(0.01);
  });

  test("one period ahead it is the t statistic of the mean difference, computed by hand", () => {
    const [first, second] = [
      [1, 2, 3, 4, 5, 6, 7, 9],
      [2, 2, 2, 5, 4, 8, 8, 8],
    ];
    // Differences −1 0 1 −1 1 −2 −1 1: mean −1/4, sum of squares about it 9.5; t = −0.25 / √(9.5/8/7).
    const { statistic, pValue } = dieboldMariano(first, second);
    expect(statistic).toBeCloseTo(-0.25 / Math.sqrt(9.5 / 8 / 7), 13);
    // Student's t with seven degrees in closed form (Abramowitz and Stegun 26.7.3).
    const angle = Math.atan(Math.abs(statistic) / Math.sqrt(7));
    const cosine = Math.cos(angle);
    const within =
      (2 / Math.PI) * (angle + Math.sin(angle) * (cosine + (2 / 3) * cosine ** 3 + (8 / 15) * cosine ** 5));
    expect(pValue).toBeCloseTo(1 - within, 13);
  });

  test("losses that never differ admit no test", () => {
    expect(() => dieboldMariano([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8])).toThrowError(/variance/);
    expect(() => qlike([1, -1], [1, 1])).toThrowError(/above 0/);
  });
});

describe("changes of regime", () => {
  const random = seededRandom(2);
  const calm = Array.from({ length: 500 }, () => 0.01 * random.normal());
  const wild = Array.from({ length: 500 }, () => 0.03 * random.normal());

  test("a market whose volatility triples changes regime once, within days of the truth", () => {
    const breaks = varianceBreaks([...calm, ...wild]);
    expect(breaks).toHaveLength(1);
    expect(Math.abs(breaks[0]!.index - 500)).toBeLessThan(15);
    expect(breaks[0]!.sigmaAfter / breaks[0]!.sigmaBefore).toBeGreaterThan(2.5);
  });

  test("a spell of turmoil is two changes, there and back", () => {
    const breaks = varianceBreaks([...calm, ...wild, ...calm], { significance: 0.01 });
    expect(breaks.map((found) => Math.round(found.index / 50))).toEqual([10, 20]);
  });

  test("a quiet market changes nothing", () => {
    expect(varianceBreaks(calm, { significance: 0.01 })).toEqual([]);
    expect(varianceBreaks(Array.from({ length: 50 }, () => 0))).toEqual([]);
  });
});
