import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { barrierOption } from "../../../src/quant/options/barrier.ts";
import { blackScholes } from "../../../src/quant/options/black-scholes.ts";

const HAUG = { spot: 100, years: 0.5, rate: 0.08, dividendRate: 0.04, rebate: 3 };

describe("a barrier option", () => {
  // Haug (2007), table 4-13: type, kind, strike, barrier, at sigma 25 % and 30 %.
  test.each([
    ["down-out", "call", 90, 95, 9.0246, 8.8334],
    ["down-out", "call", 100, 95, 6.7924, 7.0285],
    ["down-out", "call", 110, 95, 4.8759, 5.4137],
    ["up-out", "call", 90, 105, 2.6789, 2.6341],
    ["up-out", "call", 100, 105, 2.358, 2.4389],
    ["up-out", "call", 110, 105, 2.3453, 2.4315],
    ["down-in", "call", 90, 95, 7.7627, 9.0093],
    ["down-in", "call", 100, 95, 4.0109, 5.137],
    ["down-in", "call", 110, 95, 2.0576, 2.8517],
    ["up-in", "call", 90, 105, 14.1112, 15.2098],
    ["up-in", "call", 100, 105, 8.4482, 9.7278],
    ["up-in", "call", 110, 105, 4.591, 5.835],
    ["down-out", "put", 90, 95, 2.2798, 2.417],
    ["down-out", "put", 100, 95, 2.2947, 2.4258],
    ["down-out", "put", 110, 95, 2.6252, 2.6246],
    ["down-in", "put", 90, 95, 2.9586, 3.8769],
    ["down-in", "put", 100, 95, 6.5677, 7.7989],
    ["down-in", "put", 110, 95, 11.9752, 13.3078],
    ["up-in", "put", 90, 105, 1.4653, 2.0658],
    ["up-in", "put", 100, 105, 3.3721, 4.4226],
    ["up-in", "put", 110, 105, 7.0846, 8.3686],
    ["up-out", "put", 90, 105, 3.776, 4.2293],
    ["up-out", "put", 100, 105, 5.4932, 5.8032],
    ["up-out", "put", 110, 105, 7.5187, 7.5649],
  ] as const)(
    "%s %s with strike %d and barrier %d is worth what Haug's table says",
    (type, kind, strike, barrier, at25, at30) => {
      const option = { ...HAUG, type, kind, strike, barrier };
      // The book's own normal distribution leaves its last digit uncertain.
      expect(Math.abs(barrierOption({ ...option, sigma: 0.25 }).price - at25)).toBeLessThan(1e-4);
      expect(Math.abs(barrierOption({ ...option, sigma: 0.3 }).price - at30)).toBeLessThan(1e-4);
    },
  );

  test("in and out together are the vanilla option, on either side of the barrier", () => {
    const draw = {
      kind: fc.constantFrom("call" as const, "put" as const),
      isDown: fc.boolean(),
      strike: fc.double({ min: 60, max: 160, noNaN: true }),
      barrier: fc.double({ min: 60, max: 160, noNaN: true }),
      years: fc.double({ min: 0.01, max: 2, noNaN: true }),
      sigma: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
      rate: fc.double({ min: 0, max: 0.1, noNaN: true }),
    };
    fc.assert(
      fc.property(fc.record(draw), ({ isDown, ...rest }) => {
        const option = { ...rest, spot: 100, dividendRate: 0.01 };
        const inside = barrierOption({ ...option, type: isDown ? "down-in" : "up-in" });
        const outside = barrierOption({ ...option, type: isDown ? "down-out" : "up-out" });
        const vanilla = blackScholes(option);
        expect(inside.price + outside.price).toBeCloseTo(vanilla.price, 10);
        expect(inside.price).toBeGreaterThan(-1e-10);
        expect(outside.price).toBeGreaterThan(-1e-10);
        expect(Math.abs(inside.delta + outside.delta - vanilla.delta)).toBeLessThan(1e-5);
      }),
    );
  });

  test("goes over into its vanilla twin or its rebate at the barrier", () => {
    const option = { ...HAUG, kind: "call", strike: 95, barrier: 100, sigma: 0.25 } as const;
    expect(barrierOption({ ...option, type: "down-out" })).toMatchObject({ price: 3, delta: 0 });
    expect(barrierOption({ ...option, type: "up-in" }).price).toBe(blackScholes(option).price);
    expect(barrierOption({ ...option, spot: 100.0001, type: "down-out" }).price).toBeCloseTo(3, 3);
  });

  test("stays finite where the reflection's power alone would overflow", () => {
    const option = {
      kind: "call",
      strike: 100,
      barrier: 130,
      spot: 100,
      years: 1,
      sigma: 0.01,
      rate: -0.05,
      dividendRate: -0.05,
    } as const;
    expect(() => barrierOption({ ...option, type: "up-in" })).toThrow(/negative/);
    expect(barrierOption({ ...option, rate: 0.05, dividendRate: 0, barrier: 50, type: "down-in" }).price).toBeCloseTo(
      0,
      12,
    );
    expect(barrierOption({ ...option, rate: 0, dividendRate: 0.08, type: "up-in" }).price).toBeCloseTo(0, 12);
  });
});
