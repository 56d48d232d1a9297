import { array, assert, double, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { normalPdf, normalQuantile } from "../../../src/quant/normal.ts";
import { seededRandom } from "../../../src/quant/random.ts";
import { kupiec } from "../../../src/quant/risk/coverage.ts";
import { valueAtRisk } from "../../../src/quant/risk/value-at-risk.ts";

function normals(count: number, seed: number, sigma = 0.02): Float64Array {
  const out = new Float64Array(count);
  seededRandom(seed).fillNormals(out);
  return out.map((value) => sigma * value);
}

function shortGamma(moves: Float64Array): number {
  return -500 * moves[0]! ** 2;
}

describe("historical", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index - 50);

  test("on profits −50 … 49 the worst five of a hundred days by hand", () => {
    const { var: value, expectedShortfall } = valueAtRisk({ returns: hundred, level: 0.95 });
    expect(value).toBe(46);
    expect(expectedShortfall).toBeCloseTo((50 + 49 + 48 + 47 + 46) / 5, 12);
  });

  test("a level between two days takes its share of the day between", () => {
    const { expectedShortfall } = valueAtRisk({ returns: hundred, level: 0.975 });
    expect(expectedShortfall).toBeCloseTo((50 + 49 + 0.5 * 48) / 2.5, 12);
  });

  test("the shortfall is never below the value at risk, and both scale and shift with the book", () => {
    assert(
      property(array(double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 20, maxLength: 200 }), (returns) => {
        const one = valueAtRisk({ returns, level: 0.95 });
        expect(one.expectedShortfall).toBeGreaterThanOrEqual(one.var);
        const doubled = valueAtRisk({ returns: returns.map((value) => 2 * value + 1), level: 0.95 });
        expect(doubled.var).toBeCloseTo(2 * one.var - 1, 9);
        expect(doubled.expectedShortfall).toBeCloseTo(2 * one.expectedShortfall - 1, 9);
      }),
    );
  });

  test("two books together have no larger shortfall than the sum of both", () => {
    const [left, right] = [normals(500, 1), normals(500, 2).map((value, day) => (day % 97 === 0 ? -0.3 : value))];
    const joint = valueAtRisk({ returns: left.map((value, day) => value + right[day]!), level: 0.99 });
    const apart =
      valueAtRisk({ returns: left, level: 0.99 }).expectedShortfall +
      valueAtRisk({ returns: right, level: 0.99 }).expectedShortfall;
    expect(joint.expectedShortfall).toBeLessThanOrEqual(apart + 1e-12);
  });

  test("the standard error is that of a normal sample's quantile", () => {
    const { standardError } = valueAtRisk({ returns: normals(20_000, 3, 1), level: 0.95 });
    const exact = Math.sqrt((0.05 * 0.95) / 20_000) / normalPdf(normalQuantile(0.05));
    expect(standardError / exact).toBeGreaterThan(0.6);
    expect(standardError / exact).toBeLessThan(1.6);
  });
});

describe("parametric", () => {
  const returns = normals(5000, 4);

  test("normal returns at 99 %: 2.326 and 2.665 standard deviations", () => {
    const {
      var: value,
      expectedShortfall,
      standardError,
    } = valueAtRisk({ method: "parametric", returns, level: 0.99 });
    expect(Math.abs(value - 2.3263 * 0.02)).toBeLessThan(3 * standardError);
    expect(Math.abs(expectedShortfall - 2.6652 * 0.02)).toBeLessThan(4 * standardError);
  });

  test("fat tails cost more under Student's law than under the normal one", () => {
    const fat = returns.map((value, day) => (day % 50 === 0 ? 4 * value : value));
    const [student, normal] = (["student", "normal"] as const).map((law) =>
      valueAtRisk({ method: "parametric", returns: fat, level: 0.995, law }),
    );
    expect(student!.expectedShortfall).toBeGreaterThan(1.1 * normal!.expectedShortfall);
  });
});

describe("filtered historical", () => {
  /** Two years of GARCH whose last weeks are wild. */
  const random = seededRandom(8);
  let variance = 1e-4;
  const returns = Array.from({ length: 700 }, (_, day) => {
    const shock = Math.sqrt(variance) * random.normal() * (day > 680 ? 2 : 1);
    variance = 4e-6 + 0.12 * shock ** 2 + 0.85 * variance;
    return shock;
  });

  test("after wild weeks it asks for more than plain history does", () => {
    const filtered = valueAtRisk({ method: "filtered", returns, level: 0.99 });
    expect(filtered.var).toBeGreaterThan(valueAtRisk({ returns, level: 0.99 }).var);
  });

  test("ten days ahead it is larger than one day, less than ten times, and the same per seed", () => {
    const one = valueAtRisk({ method: "filtered", returns, level: 0.95 });
    const ten = valueAtRisk({ method: "filtered", returns, level: 0.95, horizon: 10, paths: 4000, seed: 3 });
    expect(ten.var).toBeGreaterThan(1.5 * one.var);
    expect(ten.var).toBeLessThan(10 * one.var);
    expect(valueAtRisk({ method: "filtered", returns, level: 0.95, horizon: 10, paths: 4000, seed: 3 })).toEqual(ten);
  });
});

describe("simulation", () => {
  const book = {
    method: "simulation" as const,
    covariance: [
      [0.0004, 0.0003],
      [0.0003, 0.0009],
    ],
    paths: 40_000,
    level: 0.99,
  };

  test("a linear book agrees with its exact normal quantile within three standard errors", () => {
    const exact = 2.3263479 * Math.sqrt(100 ** 2 * 0.0004 + 2 * 100 * 50 * 0.0003 + 50 ** 2 * 0.0009);
    const found = valueAtRisk({ ...book, profit: (moves: Float64Array) => 100 * moves[0]! + 50 * moves[1]! });
    expect(Math.abs(found.var - exact)).toBeLessThan(3 * found.standardError);
  });

  test("a short gamma book loses most, and joint Student shocks make it worse", () => {
    const [normal, student] = [
      valueAtRisk({ ...book, profit: shortGamma }),
      valueAtRisk({ ...book, profit: shortGamma, degrees: 4 }),
    ];
    expect(normal.var).toBeCloseTo(500 * 0.0004 * 6.6349, 1);
    expect(student.expectedShortfall).toBeGreaterThan(1.3 * normal.expectedShortfall);
  });

  test("bad books are refused", () => {
    expect(() =>
      valueAtRisk({
        ...book,
        profit: shortGamma,
        covariance: [
          [1, 2],
          [2, 1],
        ],
      }),
    ).toThrowError(/positive definite/);
    expect(() =>
      valueAtRisk({
        ...book,
        profit: shortGamma,
        covariance: [
          [1, 0.5],
          [0.4, 1],
        ],
      }),
    ).toThrowError(/symmetric/);
    expect(() => valueAtRisk({ ...book, profit: () => Number.NaN })).toThrowError(/finite/);
    expect(() => valueAtRisk({ returns: [1, 2, 3], level: 0.99 })).toThrowError(/at least 100/);
    expect(() => valueAtRisk({ returns: [], level: 0.99 })).toThrowError(
      expect.objectContaining({ code: "EMPTY_SERIES" }) as Error,
    );
  });
});

test("a model that draws from the truth is passed by Kupiec on fresh days", () => {
  const { var: value } = valueAtRisk({ returns: normals(20_000, 5), level: 0.99 });
  const fresh = normals(2000, 6);
  const exceptions = fresh.filter((profit) => -profit > value).length;
  expect(kupiec({ observations: 2000, exceptions, level: 0.99 }).pValue).toBeGreaterThan(0.05);
});
