import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { black76 } from "../../../src/quant/options/black76.ts";
import { impliedVolatilities, IMPLIED_FAULTS } from "../../../src/quant/options/implied-volatilities.ts";
import { impliedVolatility } from "../../../src/quant/options/implied-volatility.ts";
import { EPSILON, exact, exactBlack, seeded } from "./exact.ts";

const code = (code: string): unknown => expect.objectContaining({ name: "QuantError", code });

const of = (...numbers: number[]): Float64Array => Float64Array.from(numbers);

const MONEYNESS = [0, 1e-8, 1e-5, 1e-3, 0.03, 0.2, 0.5, 1, 2, 4, 8, 12, 16];
const TOTALS = [1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.15, 0.4, 0.7, 1.2, 2.2, 4, 7, 10];

/** Rows over the whole plane whose exact price, rounded to a double, still says something about sigma. */
function hardGrid() {
  const random = seeded(23);
  const rows = [];
  for (const moneyness of MONEYNESS) {
    for (const total of TOTALS) {
      for (const sign of [1, -1]) {
        const kind = random() < 0.5 ? ("call" as const) : ("put" as const);
        const years = Math.exp(Math.log(1 / 525_600) + random() * Math.log(30 * 525_600));
        const forward = 60_000 * (0.5 + random());
        const strike = exact(forward)
          .times(exact(sign * moneyness).exp())
          .toNumber();
        const sigma = total / Math.sqrt(years);
        // Cheap bounds first: the exact price of a hopeless row takes longest.
        if ((moneyness / total) ** 2 / 2 > 680) continue;
        const { price, condition } = exactBlack(kind, forward, strike, years, sigma);
        const rounded = price.toNumber();
        const maximum = kind === "call" ? forward : strike;
        if (rounded > 1e-290 && rounded < maximum && condition < 1e12)
          rows.push({ kind, forward, strike, years, sigma, price: rounded, condition });
      }
    }
  }
  return rows;
}

const grid = hardGrid();

describe("implied volatility", () => {
  test("is within eight attainable units over the whole plane, without a failure", () => {
    let worst = 0;
    for (const { sigma, condition, ...quote } of grid) {
      const error = Math.abs(impliedVolatility(quote) / sigma - 1);
      worst = Math.max(worst, error / ((1 + condition) * EPSILON));
    }
    expect(grid.length).toBeGreaterThan(200);
    expect(worst).toBeLessThan(8);
  });

  test("of a batch is that of the single quotes", () => {
    const out = new Float64Array(grid.length);
    const column = (name: "forward" | "strike" | "years" | "price"): Float64Array =>
      Float64Array.from(grid, (row) => row[name]);
    const kinds = Int8Array.from(grid, (row) => (row.kind === "call" ? 1 : -1));
    const quotes = {
      kinds,
      forwards: column("forward"),
      strikes: column("strike"),
      years: column("years"),
      prices: column("price"),
    };
    expect(impliedVolatilities(out, quotes)).toBe(0);
    grid.forEach((row, i) => {
      expect(Math.abs(out[i]! / row.sigma - 1) / ((1 + row.condition) * EPSILON)).toBeLessThan(8);
    });
  });

  test("goes round: price to volatility to price, as far as the price's digits reach", () => {
    const draw = {
      forward: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      z: fc.double({ min: -6, max: 6, noNaN: true }),
      years: fc.double({ min: 1e-5, max: 5, noNaN: true }),
      sigma: fc.double({ min: 0.01, max: 4, noNaN: true }),
      rate: fc.double({ min: -0.1, max: 0.2, noNaN: true }),
      isCall: fc.boolean(),
    };
    fc.assert(
      fc.property(fc.record(draw), ({ forward, z, years, sigma, rate, isCall }) => {
        const kind = isCall ? "call" : "put";
        const strike = forward * Math.exp(z * sigma * Math.sqrt(years));
        const { price, vega } = black76({ kind, forward, strike, years, sigma, rate });
        const condition = price / (sigma * vega);
        fc.pre(condition < 1e10);
        const found = impliedVolatility({ kind, forward, strike, years, price, rate });
        expect(Math.abs(found / sigma - 1)).toBeLessThan(40 * (1 + condition + 1 / condition) * EPSILON);
      }),
    );
  });

  test("of a price beyond its bounds is refused with the bound's name", () => {
    const quote = { kind: "call", forward: 100, strike: 80, years: 0.5 } as const;
    expect(() => impliedVolatility({ ...quote, price: 19.99 })).toThrow(code("BELOW_INTRINSIC"));
    expect(() => impliedVolatility({ ...quote, price: 100 })).toThrow(code("ABOVE_MAXIMUM"));
    expect(() => impliedVolatility({ ...quote, kind: "put", price: 80.01 })).toThrow(code("ABOVE_MAXIMUM"));
    expect(() => impliedVolatility({ ...quote, kind: "put", price: -1e-9 })).toThrow(code("BELOW_INTRINSIC"));
    expect(() => impliedVolatility({ ...quote, price: NaN })).toThrow(code("NOT_FINITE"));
    expect(() => impliedVolatility({ ...quote, years: 0, price: 21 })).toThrow(code("OUT_OF_RANGE"));
    expect(impliedVolatility({ ...quote, price: 20 })).toBe(0);
  });

  test("of a batch marks its bad rows, or stops at the first one", () => {
    const quotes = {
      kinds: Int8Array.of(1, 1, 1, -1, 1, 1),
      forwards: of(100, 100, 100, 100, 100, -1),
      strikes: of(80, 80, 80, 80, 80, 80),
      years: of(1, 1, 1, 1, 1, 1),
      prices: of(25, 19, 100, NaN, 20, 1),
    };
    const out = new Float64Array(6);
    const faults = new Uint8Array(6);
    expect(impliedVolatilities(out, quotes, faults)).toBe(4);
    expect(Array.from(faults, (fault) => IMPLIED_FAULTS[fault])).toEqual([
      "NONE",
      "BELOW_INTRINSIC",
      "ABOVE_MAXIMUM",
      "NOT_FINITE",
      "NONE",
      "OUT_OF_RANGE",
    ]);
    expect(out[4]).toBe(0);
    expect(() => impliedVolatilities(out, quotes)).toThrow(/row 1 .*faults/);
  });

  test("far beyond the table of first guesses is still found", () => {
    for (const [strike, sigma] of [
      [100 * Math.exp(40), 6],
      [100 * Math.exp(-300), 20],
      [100 * Math.exp(16.6), 0.9],
    ] as const) {
      const option = { kind: strike > 100 ? "call" : "put", forward: 100, strike, years: 1, sigma } as const;
      const { price } = black76(option);
      expect(Math.abs(impliedVolatility({ ...option, price }) / sigma - 1)).toBeLessThan(1e-13);
    }
  });
});
