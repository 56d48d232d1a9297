import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blackScholes } from "../../../src/quant/options/black-scholes.ts";
import { heston } from "../../../src/quant/options/heston.ts";

describe("Heston", () => {
  // Lewis, "Option Valuation under Stochastic Volatility II" (2016), to 40 digits there; S 100, r 1 %, q 2 %, T 1.
  const LEWIS = {
    spot: 100,
    years: 1,
    rate: 0.01,
    dividendRate: 0.02,
    v0: 0.04,
    kappa: 4,
    theta: 0.25,
    volOfVol: 1,
    correlation: -0.5,
  };
  test.each([
    [80, 7.958878113256768, 26.774758743998856],
    [90, 12.017966707346305, 20.93334900059671],
    [100, 17.05527096127011, 16.070154917028834],
    [110, 23.0178258984428, 12.132211516709845],
    [120, 29.811026202682473, 9.024913483457835],
  ])("at strike %d prices puts and calls as Lewis does", (strike, put, call) => {
    expect(Math.abs(heston({ kind: "put", strike, ...LEWIS }).price / put - 1)).toBeLessThan(1e-13);
    expect(Math.abs(heston({ kind: "call", strike, ...LEWIS }).price / call - 1)).toBeLessThan(1e-13);
  });

  // Fang and Oosterlee (2008), section 5.2; the exact values by quadrature with 30 digits, the published ones to their accuracy.
  test.each([
    [1, 5.785155434376189, 5.78515545, 2e-8],
    [10, 22.31894579115449, 22.31894579147459, 5e-10],
  ])("over %d years prices Fang and Oosterlee's call", (years, precise, published, accuracy) => {
    const option = {
      kind: "call",
      spot: 100,
      strike: 100,
      years,
      rate: 0,
      v0: 0.0175,
      kappa: 1.5768,
      theta: 0.0398,
      volOfVol: 0.5751,
      correlation: -0.5711,
    } as const;
    const { price } = heston(option);
    expect(Math.abs(price / precise - 1)).toBeLessThan(1e-13);
    expect(Math.abs(price - published)).toBeLessThan(accuracy);
  });

  test("with variance that does not vary is Black–Scholes", () => {
    const option = { kind: "put", spot: 100, strike: 90, years: 0.5, rate: 0.03 } as const;
    const own = heston({ ...option, v0: 0.25, kappa: 2, theta: 0.25, volOfVol: 0, correlation: 0 });
    const near = heston({ ...option, v0: 0.25, kappa: 2, theta: 0.25, volOfVol: 1e-7, correlation: 0.3 });
    const black = blackScholes({ ...option, sigma: 0.5 });
    expect(own.price).toBeCloseTo(black.price, 13);
    expect(near.price).toBeCloseTo(black.price, 6);
    expect(own.delta).toBeCloseTo(black.delta, 13);
    expect(own.gamma).toBeCloseTo(black.gamma, 13);
  });

  test("delta, gamma and the variance's vega are the derivatives they claim to be", () => {
    const base = { kind: "call", strike: 105, ...LEWIS } as const;
    const own = heston(base);
    const at = (change: object) => heston({ ...base, ...change });
    expect(own.delta).toBeCloseTo((at({ spot: 100.01 }).price - at({ spot: 99.99 }).price) / 0.02, 7);
    expect(own.gamma).toBeCloseTo((at({ spot: 100.01 }).delta - at({ spot: 99.99 }).delta) / 0.02, 8);
    expect(own.varianceVega).toBeCloseTo((at({ v0: 0.04001 }).price - at({ v0: 0.03999 }).price) / 0.00002, 5);
  });

  test("a call less a put is the discounted forward less the strike, for crypto's parameters from hours to years", () => {
    const draw = {
      strike: fc.double({ min: 50, max: 200, noNaN: true }),
      years: fc.double({ min: 0.002, max: 3, noNaN: true }),
      v0: fc.double({ min: 0.05, max: 2, noNaN: true }),
      kappa: fc.double({ min: 0.1, max: 10, noNaN: true }),
      theta: fc.double({ min: 0.05, max: 2, noNaN: true }),
      volOfVol: fc.double({ min: 0.05, max: 3, noNaN: true }),
      correlation: fc.double({ min: -0.95, max: 0.95, noNaN: true }),
    };
    fc.assert(
      fc.property(fc.record(draw), (law) => {
        const option = { spot: 100, rate: 0.04, ...law };
        const [call, put] = [heston({ kind: "call", ...option }), heston({ kind: "put", ...option })];
        expect(call.price - put.price).toBeCloseTo(100 - law.strike * Math.exp(-0.04 * law.years), 10);
        expect(call.price).toBeGreaterThanOrEqual(0);
        expect(call.delta).toBeGreaterThan(-1e-9);
        expect(call.delta).toBeLessThan(1 + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  test("refuses what is no law of variance", () => {
    const option = { kind: "call", strike: 100, ...LEWIS } as const;
    expect(() => heston({ ...option, correlation: 1.2 })).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    expect(() => heston({ ...option, v0: -0.1 })).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    expect(() => heston({ ...option, kappa: NaN })).toThrow(expect.objectContaining({ code: "NOT_FINITE" }));
  });
});
