import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { black76 } from "../../../src/quant/options/black76.ts";
import { black76Batch, greekColumns } from "../../../src/quant/options/black76-batch.ts";
import { blackScholes } from "../../../src/quant/options/black-scholes.ts";
import { EPSILON, exactBlack, relativeError, seeded } from "./exact.ts";

const code = (code: string): unknown => expect.objectContaining({ name: "QuantError", code });
const of = (...numbers: number[]): Float64Array => Float64Array.from(numbers);
const one = (x: number): Float64Array => of(1, x);

const GREEKS = ["delta", "gamma", "vega", "theta", "vanna", "volga", "charm"] as const;

function chain(rows: number, seed: number) {
  const random = seeded(seed);
  return Array.from({ length: rows }, () => {
    const years = Math.exp(Math.log(1 / 8760) + random() * Math.log(2 * 8760));
    const sigma = Math.exp(Math.log(0.15) + random() * Math.log(2.5 / 0.15));
    const forward = 60_000 * (0.95 + 0.1 * random());
    const strike = forward * Math.exp((8 * random() - 4) * sigma * Math.sqrt(years));
    return { kind: random() < 0.5 ? ("call" as const) : ("put" as const), forward, strike, years, sigma };
  });
}

describe("Black-76", () => {
  test("prices are within eight attainable units and Greeks within 1e-12 of 60-digit arithmetic", () => {
    const worst: Record<string, number> = { units: 0 };
    for (const option of chain(300, 3)) {
      const exact = exactBlack(option.kind, option.forward, option.strike, option.years, option.sigma);
      const own = black76(option);
      const units = relativeError(own.price, exact.price) / ((1 + 1 / exact.condition) * EPSILON);
      worst["units"] = Math.max(worst["units"]!, units);
      for (const greek of GREEKS) worst[greek] = Math.max(worst[greek] ?? 0, relativeError(own[greek], exact[greek]));
    }
    expect(worst["units"]).toBeLessThan(8);
    expect(Math.max(...GREEKS.map((greek) => worst[greek]!))).toBeLessThan(1e-12);
  });

  test("every Greek is the derivative it claims to be, with rates too", () => {
    const base = { kind: "put", forward: 100, strike: 108, years: 0.7, sigma: 0.55, rate: 0.04 } as const;
    const own = black76(base);
    const slope = (name: "forward" | "sigma" | "years" | "rate", of: "price" | "delta" | "vega"): number => {
      const h = base[name] * 1e-4;
      const at = (n: number): number => black76({ ...base, [name]: base[name] + n * h })[of];
      return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
    };
    expect(own.delta).toBeCloseTo(slope("forward", "price"), 9);
    expect(own.gamma).toBeCloseTo(slope("forward", "delta"), 9);
    expect(own.vega).toBeCloseTo(slope("sigma", "price"), 8);
    expect(own.volga).toBeCloseTo(slope("sigma", "vega"), 7);
    expect(own.vanna).toBeCloseTo(slope("sigma", "delta"), 8);
    expect(own.theta).toBeCloseTo(-slope("years", "price"), 8);
    expect(own.charm).toBeCloseTo(-slope("years", "delta"), 8);
    expect(own.rho).toBeCloseTo(slope("rate", "price"), 8);
    expect(own.rho).toBe(-base.years * own.price);
  });

  test("a batch gives the figures of the single form for every option of a chain", () => {
    const options = chain(1000, 5);
    const column = (of: (option: (typeof options)[number]) => number): Float64Array => Float64Array.from(options, of);
    const out = greekColumns(options.length);
    for (const rate of [0, 0.05]) {
      black76Batch(out, {
        kinds: Int8Array.from(options, (option) => (option.kind === "call" ? 1 : -1)),
        forwards: column((option) => option.forward),
        strikes: column((option) => option.strike),
        years: column((option) => option.years),
        sigmas: column((option) => option.sigma),
        rate,
      });
      options.forEach((option, i) => {
        const single = black76({ ...option, rate });
        for (const name of ["price", "delta", "gamma", "vega", "theta", "rho"] as const) {
          const size = Math.abs(single[name]) + 1e-3 * (name === "theta" ? Math.abs(single.price) : 0);
          expect(Math.abs(out[name][i]! - single[name]) / size).toBeLessThan(1e-12);
        }
      });
    }
  });

  test("a batch takes the kinds as words too", () => {
    const columns = { forwards: of(100, 100), strikes: of(90, 90), years: of(1, 1), sigmas: of(0.5, 0.5) };
    const [words, numbers] = [greekColumns(2), greekColumns(2)];
    black76Batch(words, { kinds: ["call", "put"], ...columns });
    black76Batch(numbers, { kinds: Uint8Array.of(1, 0), ...columns });
    expect(words).toEqual(numbers);
    expect(() => black76Batch(words, { kinds: ["call", "straddle" as "put"], ...columns })).toThrow(/straddle/);
  });

  test("a batch names the row it cannot price", () => {
    const options = { kinds: Int8Array.of(1, 1), forwards: one(1), strikes: one(1), years: one(1), sigmas: one(NaN) };
    expect(() => black76Batch(greekColumns(2), options)).toThrow(/row 1/);
    expect(() => black76Batch(greekColumns(3), options)).toThrow(expect.objectContaining({ code: "LENGTH_MISMATCH" }));
  });

  test("an expired option is worth its intrinsic value", () => {
    expect(black76({ kind: "call", forward: 110, strike: 100, years: 0, sigma: 0.5 })).toMatchObject({
      price: 10,
      delta: 1,
      gamma: 0,
    });
    expect(black76({ kind: "put", forward: 110, strike: 100, years: 1, sigma: 0 })).toMatchObject({
      price: 0,

      vega: 0,
    });
    expect(black76({ kind: "call", forward: 100, strike: 100, years: 0, sigma: 0.5 })).toMatchObject({
      price: 0,
      delta: 0.5,
    });
  });

  test("bad input is refused by name, never answered with NaN", () => {
    const good = { kind: "call", forward: 100, strike: 100, years: 1, sigma: 0.5 } as const;
    expect(() => black76({ ...good, sigma: NaN })).toThrow(code("NOT_FINITE"));
    expect(() => black76({ ...good, years: -1 })).toThrow(code("OUT_OF_RANGE"));
    expect(() => black76({ ...good, strike: 0 })).toThrow(code("OUT_OF_RANGE"));
    expect(() => black76({ ...good, forward: Infinity })).toThrow(code("NOT_FINITE"));
    expect(() => black76({ ...good, kind: "straddle" as "call" })).toThrow(code("OUT_OF_RANGE"));
    expect(() => blackScholes({ ...good, spot: -1, rate: 0 })).toThrow(code("OUT_OF_RANGE"));
  });

  const inputs = fc.record({
    forward: fc.double({ min: 1, max: 1e5, noNaN: true }),
    moneyness: fc.double({ min: -4, max: 4, noNaN: true }),
    years: fc.double({ min: 1e-4, max: 3, noNaN: true }),
    sigma: fc.double({ min: 0.05, max: 3, noNaN: true }),
    rate: fc.double({ min: -0.05, max: 0.2, noNaN: true }),
  });

  test("a call less a put is the discounted forward less the strike", () => {
    fc.assert(
      fc.property(inputs, ({ forward, moneyness, years, sigma, rate }) => {
        const strike = forward * Math.exp(moneyness * sigma * Math.sqrt(years));
        const call = black76({ kind: "call", forward, strike, years, sigma, rate });
        const put = black76({ kind: "put", forward, strike, years, sigma, rate });
        const parity = Math.exp(-rate * years) * (forward - strike);
        expect(Math.abs(call.price - put.price - parity)).toBeLessThan(4e-15 * (forward + strike));
        expect(call.delta - put.delta).toBeCloseTo(Math.exp(-rate * years), 13);
        expect(call.gamma).toBe(put.gamma);
        expect(call.vega).toBe(put.vega);
      }),
    );
  });

  test("price grows with volatility, falls with the strike and scales with the currency", () => {
    fc.assert(
      fc.property(
        inputs,
        fc.double({ min: 1.01, max: 2, noNaN: true }),
        ({ forward, moneyness, years, sigma }, factor) => {
          const strike = forward * Math.exp(moneyness * sigma * Math.sqrt(years));
          const price = (change: object): number =>
            black76({ kind: "call", forward, strike, years, sigma, ...change }).price;
          expect(price({ sigma: sigma * factor })).toBeGreaterThanOrEqual(price({}));
          expect(price({ strike: strike * factor })).toBeLessThanOrEqual(price({}));
          const scaled = price({ forward: forward * 1024, strike: strike * 1024 });
          expect(Math.abs(scaled / 1024 - price({}))).toBeLessThanOrEqual(1e-13 * price({}));
        },
      ),
    );
  });
});

describe("Black–Scholes–Merton", () => {
  // Haug, The Complete Guide to Option Pricing Formulas, 2nd edition (2007), sections 1.1.1 and 1.1.4.
  test.each([
    ["a call on a stock", { kind: "call", spot: 60, strike: 65, years: 0.25, sigma: 0.3, rate: 0.08 }, 2.1334],
    [
      "a put on an index with a yield",
      { kind: "put", spot: 100, strike: 95, years: 0.5, sigma: 0.2, rate: 0.1, dividendRate: 0.05 },
      2.4648,
    ],
  ] as const)("prices %s as Haug's book does", (_, option, expected) => {
    expect(blackScholes(option).price).toBeCloseTo(expected, 4);
  });

  test("every Greek is the derivative it claims to be", () => {
    for (const kind of ["call", "put"] as const) {
      const base = { kind, spot: 105, strike: 100, years: 0.5, sigma: 0.36, rate: 0.1, dividendRate: 0.03 };
      const own = blackScholes(base);
      const slope = (name: "spot" | "sigma" | "years" | "rate", of: "price" | "delta" | "vega"): number => {
        const h = base[name] * 1e-4;
        const at = (n: number): number => blackScholes({ ...base, [name]: base[name] + n * h })[of];
        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
      };
      expect(own.delta).toBeCloseTo(slope("spot", "price"), 9);
      expect(own.gamma).toBeCloseTo(slope("spot", "delta"), 9);
      expect(own.vega).toBeCloseTo(slope("sigma", "price"), 8);
      expect(own.volga).toBeCloseTo(slope("sigma", "vega"), 7);
      expect(own.vanna).toBeCloseTo(slope("sigma", "delta"), 8);
      expect(own.theta).toBeCloseTo(-slope("years", "price"), 8);
      expect(own.charm).toBeCloseTo(-slope("years", "delta"), 8);
      expect(own.rho).toBeCloseTo(slope("rate", "price"), 8);
    }
  });

  test("satisfies its own equation: theta, drift, curvature and interest balance", () => {
    const option = {
      kind: "call",
      spot: 100,
      strike: 120,
      years: 0.4,
      sigma: 0.8,
      rate: 0.05,
      dividendRate: 0.02,
    } as const;
    const { price, delta, gamma, theta } = blackScholes(option);
    const { spot, sigma, rate, dividendRate } = option;
    const balance = theta + (rate - dividendRate) * spot * delta + 0.5 * sigma ** 2 * spot ** 2 * gamma - rate * price;
    expect(balance).toBeCloseTo(0, 12);
  });
});
