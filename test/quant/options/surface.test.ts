import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SmilePoint } from "../../../src/quant/options/heston-calibration.ts";
import { black76 } from "../../../src/quant/options/black76.ts";
import { mispricings, quotedArbitrage } from "../../../src/quant/options/quoted-arbitrage.ts";
import { fitSsvi, ssviSlice } from "../../../src/quant/options/ssvi.ts";
import { fitSurface, joinSlices } from "../../../src/quant/options/surface.ts";
import { densityFactor, leastCalendarGap, leastDensity, sviAt } from "../../../src/quant/options/svi.ts";
import { fitSvi } from "../../../src/quant/options/svi-fit.ts";

const TRUTH = { a: 0.01, b: 0.1, rho: -0.3, m: 0.02, width: 0.15 };
// Axel Vogt's slice, the standard example of butterfly arbitrage: Gatheral and Jacquier (2014), section 3.
const VOGT = { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, width: 0.4153 };
const MONEYNESS = [-0.6, -0.4, -0.25, -0.1, 0, 0.1, 0.2, 0.35, 0.5];

/** A skewed crypto surface: volatility from 60 %, higher in the wings, rising with expiry. */
function market(): SmilePoint[] {
  return [0.02, 0.1, 0.3, 0.8].flatMap((years) =>
    MONEYNESS.map((z) => {
      const k = z * Math.sqrt(years) * 1.2;
      return {
        forward: 60_000,
        strike: 60_000 * Math.exp(k),
        years,
        sigma: 0.6 + 0.05 * Math.sqrt(years) + 0.15 * z * z - 0.05 * z,
      };
    }),
  );
}

describe("an SVI slice", () => {
  test("has the derivatives it states", () => {
    for (const k of [-1, 0, 0.3]) {
      const h = 1e-5;
      const [down, at, up] = [sviAt(TRUTH, k - h), sviAt(TRUTH, k), sviAt(TRUTH, k + h)];
      expect(at.slope).toBeCloseTo((up.w - down.w) / (2 * h), 9);
      expect(at.curvature).toBeCloseTo((up.slope - down.slope) / (2 * h), 8);
    }
  });

  test("fitted to its own volatilities is found again", () => {
    const fit = fitSvi(
      MONEYNESS.map((k) => ({ k, sigma: Math.sqrt(sviAt(TRUTH, k).w / 0.1) })),
      0.1,
    );
    expect(fit.rmse).toBeLessThan(1e-12);
    for (const name of ["a", "b", "rho", "m", "width"] as const) expect(fit[name]).toBeCloseTo(TRUTH[name], 8);
  });

  test("with butterfly arbitrage is recognised, and its fit is free of it", () => {
    expect(leastDensity(VOGT)).toBeLessThan(-0.01);
    const quotes = Array.from({ length: 25 }, (_, i) => -1.5 + i * 0.125).map((k) => ({
      k,
      sigma: Math.sqrt(sviAt(VOGT, k).w),
    }));
    const fit = fitSvi(quotes, 1);
    expect(leastDensity(fit)).toBeGreaterThanOrEqual(0);
    expect(fit.rmse).toBeLessThan(0.03);
    for (let k = -4; k <= 4; k += 0.01) expect(densityFactor(sviAt(fit, k), k)).toBeGreaterThan(-1e-9);
  });

  test("is lifted over an earlier expiry where the quotes would cross it", () => {
    const earlier = TRUTH;
    const quotes = MONEYNESS.map((k) => ({ k, sigma: Math.sqrt((0.97 * sviAt(earlier, k).w) / 0.2) }));
    const fit = fitSvi(quotes, 0.2, { earlier });
    expect(leastCalendarGap(earlier, fit)).toBeGreaterThanOrEqual(0);
    expect(fit.rmse).toBeLessThan(0.02);
  });

  test("is refused with too few quotes or none that are numbers", () => {
    const quotes = MONEYNESS.map((k) => ({ k, sigma: 0.5 }));
    expect(() => fitSvi(quotes.slice(0, 4), 1)).toThrow(expect.objectContaining({ code: "SERIES_TOO_SHORT" }));
    expect(() => fitSvi([...quotes, { k: NaN, sigma: 1 }], 1)).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
    expect(() => leastDensity({ ...TRUTH, a: -1 })).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });
});

describe("an SSVI surface", () => {
  test("is free of both arbitrages for all its parameters", () => {
    const draw = {
      rho: fc.double({ min: -0.99, max: 0.99, noNaN: true }),
      share: fc.double({ min: 0.01, max: 1, noNaN: true }),
      gamma: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
      theta: fc.double({ min: 1e-4, max: 3, noNaN: true }),
      more: fc.double({ min: 1.001, max: 5, noNaN: true }),
    };
    fc.assert(
      fc.property(fc.record(draw), ({ rho, share, gamma, theta, more }) => {
        const surface = { rho, eta: (2 * share) / (1 + Math.abs(rho)), gamma };
        const [early, late] = [ssviSlice(surface, theta), ssviSlice(surface, theta * more)];
        expect(leastDensity(early)).toBeGreaterThan(-1e-9);
        expect(leastCalendarGap(early, late)).toBeGreaterThan(-1e-9 * theta);
      }),
    );
  });

  test("fitted to its own volatilities is found again", () => {
    const truth = { rho: -0.35, eta: 0.9, gamma: 0.35 };
    const points = [0.05, 0.2, 1].flatMap((years) => {
      const slice = ssviSlice(truth, 0.3 * years);
      return MONEYNESS.map((k) => ({
        forward: 100,
        strike: 100 * Math.exp(k),
        years,
        sigma: Math.sqrt(sviAt(slice, k).w / years),
      }));
    });
    const fit = fitSsvi(points);
    expect(fit.rmse).toBeLessThan(1e-8);
    expect(fit).toMatchObject({ years: [0.05, 0.2, 1] });
    expect(fit.rho).toBeCloseTo(-0.35, 5);
    expect(fit.eta).toBeCloseTo(0.9, 5);
    expect(fit.thetas[2]).toBeCloseTo(0.3, 6);
  });
});

describe("a volatility surface", () => {
  const surface = fitSurface(market());

  test("fits a market within a quarter of a volatility point and holds no arbitrage", () => {
    for (const { strike, years, sigma } of market())
      expect(Math.abs(surface.volatility(strike, years) - sigma)).toBeLessThan(0.0025);
    surface.slices.forEach(({ slice }, i) => {
      expect(leastDensity(slice)).toBeGreaterThanOrEqual(0);
      if (i > 0) expect(leastCalendarGap(surface.slices[i - 1]!.slice, slice)).toBeGreaterThanOrEqual(0);
    });
  });

  test("gives total variance that rises with time for any strike and expiry", () => {
    for (const k of [-2, -0.5, 0, 0.3, 1.5]) {
      const expiries = Array.from({ length: 40 }, (_, i) => 0.005 * 1.2 ** i);
      const variances = expiries.map((years) => surface.totalVariance(k, years));
      expect(variances.every((w, i) => i === 0 || w >= variances[i - 1]!)).toBe(true);
    }
    expect(surface.forward(0.5)).toBeCloseTo(60_000, 8);
  });

  test("of slices in disorder or without any is refused", () => {
    const slice = { years: 1, forward: 100, slice: TRUTH };
    expect(() => joinSlices([])).toThrow(expect.objectContaining({ code: "EMPTY_SERIES" }));
    expect(() => joinSlices([slice, slice])).toThrow(/must rise/);
    expect(() => joinSlices([slice]).volatility(NaN, 1)).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
  });

  test("shows which quotes are dear or cheap against it", () => {
    const points = market().map((point, i) => (i === 12 ? { ...point, sigma: point.sigma + 0.06 } : point));
    const found = mispricings(points, surface);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ point: points[12] });
    expect(found[0]!.sigmaGap).toBeCloseTo(0.06, 2);
    expect(found[0]!.priceGap).toBeGreaterThan(0);
  });
});

describe("quoted volatilities", () => {
  test("of a sound market show no arbitrage", () => {
    expect(quotedArbitrage(market())).toEqual([]);
  });

  test("show the butterfly, the spread and the calendar that earn for nothing, worst first", () => {
    const smile = [90, 95, 100, 105, 110].map((strike) => ({ forward: 100, strike, years: 0.25, sigma: 0.5 }));
    const dear = smile.map((point) => (point.strike === 100 ? { ...point, sigma: 0.6 } : point));
    expect(quotedArbitrage(dear).map(({ kind, strike }) => [kind, strike])).toEqual([["butterfly", 100]]);
    const absurd = smile.map((point) => (point.strike === 110 ? { ...point, sigma: 0.9 } : point));
    expect(quotedArbitrage(absurd)).toContainEqual(expect.objectContaining({ kind: "vertical", strike: 110 }));
    const inverted = [...smile, ...smile.map((point) => ({ ...point, years: 0.5, sigma: 0.3 }))];
    const found = quotedArbitrage(inverted);
    expect(found.every(({ kind, years }) => kind === "calendar" && years === 0.5)).toBe(true);
    const call = (strike: number, years: number, sigma: number) =>
      black76({ kind: "call", forward: 100, strike, years, sigma }).price / 100;
    const lost = smile.map(({ strike }) => call(strike, 0.25, 0.5) - call(strike, 0.5, 0.3));
    expect(found[0]!.amount).toBeCloseTo(Math.max(...lost), 12);
  });

  test("show a calendar between strikes, too, where two expiries list different ones", () => {
    const smile = (years: number, sigma: number, strikes: number[]) =>
      strikes.map((strike) => ({ forward: 100, strike, years, sigma }));
    const early = smile(0.25, 0.5, [90, 100, 110]);
    expect(quotedArbitrage([...early, ...smile(0.5, 0.5, [85, 95, 105])])).toEqual([]);
    // 110 lies beyond the later expiry's quotes: nothing is said of it.
    const found = quotedArbitrage([...early, ...smile(0.5, 0.3, [85, 95, 105])]);
    expect(found.map(({ kind, strike }) => [kind, strike])).toEqual([
      ["calendar", 100],
      ["calendar", 90],
    ]);
  });
});
