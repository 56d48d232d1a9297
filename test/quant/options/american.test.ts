import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { americanOption } from "../../../src/quant/options/american.ts";
import { blackScholes } from "../../../src/quant/options/black-scholes.ts";
import type { BlackScholesInput } from "../../../src/quant/options/black-scholes.ts";

/** Cox, Ross and Rubinstein's tree, smoothed over two step counts: an independent judge good to about 2e-3. */
function tree(option: BlackScholesInput, steps: number): number {
  const { kind, spot, strike, years, sigma, rate, dividendRate = 0 } = option;
  const dt = years / steps;
  const up = Math.exp(sigma * Math.sqrt(dt));
  const chance = (Math.exp((rate - dividendRate) * dt) - 1 / up) / (up - 1 / up);
  const discount = Math.exp(-rate * dt);
  const sign = kind === "call" ? 1 : -1;
  const worth = (i: number, n: number): number => Math.max(sign * (spot * up ** (2 * i - n) - strike), 0);
  const values = Array.from({ length: steps + 1 }, (_, i) => worth(i, steps));
  for (let n = steps - 1; n >= 0; n -= 1) {
    for (let i = 0; i <= n; i += 1)
      values[i] = Math.max(discount * (chance * values[i + 1]! + (1 - chance) * values[i]!), worth(i, n));
  }
  return values[0]!;
}

describe("an American option", () => {
  test("has the early-exercise premium that Andersen, Lake and Offengenden print", () => {
    // Andersen, Lake and Offengenden (2016), table 2: K = S = 100, one year, r = q = 5 %, sigma 25 %.
    const option = {
      kind: "put",
      spot: 100,
      strike: 100,
      years: 1,
      sigma: 0.25,
      rate: 0.05,
      dividendRate: 0.05,
    } as const;
    expect(Math.abs(americanOption(option).premium - 0.106952702747)).toBeLessThan(2e-11);
    expect(americanOption({ ...option, kind: "call" }).premium).toBeCloseTo(0.106952702747, 10);
  });

  // Ju (1998), table 1, binomial trees of 10,000 steps: spot 40, r 4.88 %; one, four and seven months.
  test.each([
    [0.2, 35, 0.0062, 0.2004, 0.4328],
    [0.2, 40, 0.8522, 1.5798, 1.9904],
    [0.2, 45, 5, 5.0883, 5.267],
    [0.3, 35, 0.0774, 0.6975, 1.2198],
    [0.3, 40, 1.3099, 2.4825, 3.1696],
    [0.3, 45, 5.0597, 5.7056, 6.2436],
    [0.4, 35, 0.2466, 1.346, 2.1549],
    [0.4, 40, 1.7681, 3.3874, 4.3526],
    [0.4, 45, 5.2868, 6.5099, 7.383],
  ])("at volatility %d and strike %d is worth what Ju's table says", (sigma, strike, ...expected) => {
    [1, 4, 7].forEach((months, i) => {
      const { price } = americanOption({ kind: "put", spot: 40, strike, years: months / 12, sigma, rate: 0.0488 });
      expect(Math.abs(price - expected[i]!)).toBeLessThan(4e-4);
    });
  });

  test.each([
    { kind: "call", spot: 110, strike: 100, years: 0.5, sigma: 0.3, rate: 0.02, dividendRate: 0.09 },
    { kind: "put", spot: 90, strike: 100, years: 2, sigma: 0.6, rate: 0.08, dividendRate: 0 },
    { kind: "put", spot: 100, strike: 100, years: 0.25, sigma: 0.15, rate: 0.04, dividendRate: 0.12 },
    { kind: "put", spot: 100, strike: 110, years: 1, sigma: 0.4, rate: 0.1, dividendRate: -0.03 },
  ] as const)("agrees with a binomial tree", (option) => {
    const judged = 0.5 * (tree(option, 800) + tree(option, 801));
    expect(Math.abs(americanOption(option).price - judged)).toBeLessThan(4e-3);
  });

  test("has the derivatives it claims", () => {
    for (const kind of ["put", "call"] as const) {
      const option = { kind, spot: 95, strike: 100, years: 0.8, sigma: 0.4, rate: 0.05, dividendRate: 0.04 };
      const own = americanOption(option);
      const slope = (name: "spot" | "sigma" | "years", of: "price" | "delta"): number => {
        const h = option[name] * 1e-3;
        return (
          (americanOption({ ...option, [name]: option[name] + h })[of] -
            americanOption({ ...option, [name]: option[name] - h })[of]) /
          (2 * h)
        );
      };
      expect(own.delta).toBeCloseTo(slope("spot", "price"), 5);
      expect(own.gamma).toBeCloseTo(slope("spot", "delta"), 6);
      expect(own.vega).toBeCloseTo(slope("sigma", "price"), 3);
      expect(own.theta).toBeCloseTo(-slope("years", "price"), 4);
    }
  });

  test("is worth at least its exercise and its European twin, and is exercised beyond its boundary", () => {
    const draw = {
      kind: fc.constantFrom("call" as const, "put" as const),
      spot: fc.double({ min: 50, max: 200, noNaN: true }),
      years: fc.double({ min: 0.02, max: 3, noNaN: true }),
      sigma: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
      rate: fc.double({ min: 0, max: 0.15, noNaN: true }),
      dividendRate: fc.double({ min: 0, max: 0.15, noNaN: true }),
    };
    fc.assert(
      fc.property(fc.record(draw), (law) => {
        const option = { ...law, strike: 100 };
        const own = americanOption(option);
        const exercise = option.kind === "call" ? option.spot - 100 : 100 - option.spot;
        expect(own.price).toBeGreaterThanOrEqual(exercise - 1e-7);
        expect(own.price).toBeGreaterThanOrEqual(blackScholes(option).price - 1e-9);
        if (
          own.exerciseAt !== null &&
          (option.kind === "call" ? option.spot >= own.exerciseAt : option.spot <= own.exerciseAt)
        ) {
          expect(own.price).toBeCloseTo(exercise, 12);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("has a price also where interest is hardly more than rounding, and earns no more by exercise than that interest", () => {
    for (const exponent of [-17, -16, -15, -14, -13, -12, -11, -10, -9, -8]) {
      for (const digit of [1, 2.1, 5]) {
        for (const [years, sigma, other] of [
          [0.02, 0.1, 0],
          [0.466, 0.32, 0],
          [0.466, 0.32, 1e-12],
          [3, 1.5, 0.03],
        ] as const) {
          const interest = digit * 10 ** exponent;
          const put = {
            kind: "put",
            spot: 100,
            strike: 100,
            years,
            sigma,
            rate: interest,
            dividendRate: other,
          } as const;
          const call = { ...put, kind: "call", rate: other, dividendRate: interest } as const;
          for (const option of [put, call]) {
            const { premium } = americanOption(option);
            expect(premium).toBeGreaterThanOrEqual(-1e-12);
            expect(premium).toBeLessThanOrEqual(100 * interest * years + 1e-12);
          }
        }
      }
    }
  });

  test("is European where waiting costs nothing, and refused where exercise has two boundaries", () => {
    const call = { kind: "call", spot: 100, strike: 90, years: 1, sigma: 0.5, rate: 0.05 } as const;
    expect(americanOption(call)).toMatchObject({ price: blackScholes(call).price, premium: 0, exerciseAt: null });
    expect(() => americanOption({ ...call, kind: "put", rate: -0.02, dividendRate: -0.05 })).toThrow(/two boundaries/);
    expect(() => americanOption({ ...call, sigma: 0 })).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
  });
});
