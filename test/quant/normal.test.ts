import { describe, expect, test } from "vitest";
import { erfcx, mills, normalCdf, normalPdf, normalQuantile } from "../../src/quant/normal.ts";
import { EPSILON, exact, exactCdf, exactDensity, relativeError, seeded } from "./options/exact.ts";

describe("the normal law", () => {
  test("its Mills ratio agrees with 60-digit arithmetic to three units in the last place over the whole table", () => {
    const random = seeded(11);
    let worst = 0;
    for (let i = 0; i < 400; i += 1) {
      const z = 1.25 - (i % 4 === 0 ? 40 * random() : 6 * random());
      const expected = exactCdf(exact(z)).div(exactDensity(exact(z)));
      worst = Math.max(worst, relativeError(mills(z), expected) / EPSILON);
    }
    expect(worst).toBeLessThan(3);
    expect(mills(-1e6)).toBeCloseTo(1e-6, 17);
  });

  test("its distribution function keeps its digits far into the tail", () => {
    for (const z of [-37.5, -30, -20.3, -12, -8.123, -5, -3.3, -1, -0.1, 0, 0.4, 2.5, 6]) {
      expect(relativeError(normalCdf(z), exactCdf(exact(z)))).toBeLessThan(6 * EPSILON);
    }
    expect(normalCdf(-Infinity)).toBe(0);
    expect(normalCdf(Infinity)).toBe(1);
    expect(normalPdf(0)).toBeCloseTo(0.3989422804014327, 16);
  });

  test("its quantile undoes the distribution function", () => {
    for (const p of [1e-300, 1e-20, 1e-6, 0.01, 0.07, 0.3, 0.5, 0.9, 0.975, 0.9999]) {
      const z = normalQuantile(p);
      expect(Math.abs(normalCdf(z) / p - 1)).toBeLessThan(4e-15 * (1 + z * z));
    }
    expect(normalQuantile(0.975)).toBeCloseTo(1.9599639845400545, 14);
    for (const p of [0, 1, -1, 2, NaN]) expect(() => normalQuantile(p)).toThrow(/probability/);
  });

  test("the scaled complementary error function is the Mills ratio in other units", () => {
    expect(erfcx(0)).toBeCloseTo(1, 15);
    expect(erfcx(1)).toBeCloseTo(0.427583576155807, 15);
    expect(() => erfcx(-3)).toThrow(/erfcx/);
  });
});
