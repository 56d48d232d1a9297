import { describe, expect, test } from "vitest";
import { assetOrNothing, cashOrNothing, gapOption } from "../../../src/quant/options/digital.ts";
import { blackScholes } from "../../../src/quant/options/black-scholes.ts";
import { touch } from "../../../src/quant/options/reflection.ts";

describe("digital options", () => {
  // Haug (2007), sections 4.19.1 to 4.19.3.
  test("are priced as in Haug's book", () => {
    const cash = {
      kind: "put",
      spot: 100,
      strike: 80,
      years: 0.75,
      sigma: 0.35,
      rate: 0.06,
      dividendRate: 0.06,
      cash: 10,
    } as const;
    const asset = {
      kind: "put",
      spot: 70,
      strike: 65,
      years: 0.5,
      sigma: 0.27,
      rate: 0.07,
      dividendRate: 0.05,
    } as const;
    const gap = { kind: "call", spot: 50, strike: 50, payoffStrike: 57, years: 0.5, sigma: 0.2, rate: 0.09 } as const;
    expect(cashOrNothing(cash).price).toBeCloseTo(2.671, 4);
    expect(assetOrNothing(asset).price).toBeCloseTo(20.2069, 4);
    expect(gapOption(gap).price).toBeCloseTo(-0.0053, 4);
  });

  test("put together make the vanilla option, Greek by Greek", () => {
    for (const kind of ["call", "put"] as const) {
      const option = { kind, spot: 100, strike: 108, years: 0.3, sigma: 0.7, rate: 0.05, dividendRate: 0.02 };
      const gap = gapOption({ ...option, payoffStrike: 108 });
      const vanilla = blackScholes(option);
      for (const name of ["price", "delta", "gamma", "vega", "theta"] as const)
        expect(gap[name]).toBeCloseTo(vanilla[name], 11);
    }
  });

  test("have the derivatives they claim", () => {
    const option = {
      kind: "call",
      spot: 100,
      strike: 108,
      years: 0.3,
      sigma: 0.7,
      rate: 0.05,
      dividendRate: 0.02,
    } as const;
    for (const of of [cashOrNothing, assetOrNothing]) {
      const own = of(option);
      const slope = (name: "spot" | "sigma" | "years", figure: "price" | "delta"): number => {
        const h = option[name] * 1e-4;
        return (
          (of({ ...option, [name]: option[name] + h })[figure] - of({ ...option, [name]: option[name] - h })[figure]) /
          (2 * h)
        );
      };
      expect(own.delta).toBeCloseTo(slope("spot", "price"), 6);
      expect(own.gamma).toBeCloseTo(slope("spot", "delta"), 6);
      expect(own.vega).toBeCloseTo(slope("sigma", "price"), 5);
      expect(own.theta).toBeCloseTo(-slope("years", "price"), 5);
    }
  });

  test("refuse an option without time or volatility", () => {
    const option = { kind: "call", spot: 100, strike: 108, years: 0, sigma: 0.7, rate: 0 } as const;
    expect(() => cashOrNothing(option)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    expect(() => touch({ spot: 100, barrier: NaN, years: 1, sigma: 1, rate: 0 })).toThrow(
      expect.objectContaining({ code: "NOT_FINITE" }),
    );
    expect(() => touch({ spot: 100, barrier: 90, years: 1, sigma: 0.5, rate: -0.1, dividendRate: -0.1 })).toThrow(
      /negative/,
    );
  });
});

describe("one-touch and no-touch values", () => {
  // Haug (2007), table 4-22: H 100, T 0.5, r 10 %, b 10 %, sigma 20 %, cash 15; spot 105 (down) and 95 (up).
  test.each([
    ["a barrier below", 105, 9.7264, 9.3604, 4.9081],
    ["a barrier above", 95, 11.6553, 11.2223, 3.0461],
  ])("with %s are Haug's", (_, spot, atTouch, atExpiry, never) => {
    const own = touch({ spot, barrier: 100, years: 0.5, sigma: 0.2, rate: 0.1 });
    expect(15 * own.paidAtTouch).toBeCloseTo(atTouch, 4);
    expect(15 * own.paidAtExpiry).toBeCloseTo(atExpiry, 4);
    expect(15 * own.noTouch).toBeCloseTo(never, 4);
  });

  test("leave nothing out: touched and never touched make one", () => {
    for (const barrier of [1, 50, 99, 101, 150, 1000]) {
      const own = touch({ spot: 100, barrier, years: 0.1, sigma: 0.05, rate: 0.02 });
      expect(own.paidAtExpiry + own.noTouch).toBeCloseTo(Math.exp(-0.002), 13);
      expect(own.probability).toBeGreaterThanOrEqual(0);
    }
    expect(touch({ spot: 100, barrier: 100, years: 1, sigma: 1, rate: 0 })).toMatchObject({
      probability: 1,
      noTouch: 0,
    });
  });
});
