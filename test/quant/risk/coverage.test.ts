import { Decimal } from "decimal.js";
import { array, assert, boolean, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { christoffersen, kupiec } from "../../../src/quant/risk/coverage.ts";

const Exact = Decimal.clone({ precision: 60 });
const PI = Exact.acos(-1);

function exactRatio(cells: readonly (readonly [number, Decimal])[]): Decimal {
  return cells.reduce((sum, [count, share]) => (count === 0 ? sum : sum.plus(share.ln().times(count))), new Exact(0));
}

function exactKupiec(observations: number, exceptions: number, share: string): Decimal {
  const seen = new Exact(exceptions).div(observations);
  const [model, other] = [new Exact(share), new Exact(1).minus(share)];
  return exactRatio([
    [exceptions, seen],
    [observations - exceptions, new Exact(1).minus(seen)],
  ])
    .minus(
      exactRatio([
        [exceptions, model],
        [observations - exceptions, other],
      ]),
    )
    .times(2);
}

/** P(χ²₁ > x) = erfc(√(x/2)) by the power series of erf in sixty digits. */
function exactTail(x: Decimal): number {
  const z = x.div(2).sqrt();
  let term = z;
  let sum = z;
  for (let index = 1; index < 600; index += 1) {
    term = term.times(z).times(z).neg().div(index);
    sum = sum.plus(term.div(2 * index + 1));
  }
  return new Exact(1).minus(sum.times(2).div(PI.sqrt())).toNumber();
}

function relative(found: number, exact: number): number {
  return exact === 0 ? Math.abs(found) : Math.abs(found / exact - 1);
}

function rejectedAtOnePercent(exceptions: number): boolean {
  return kupiec({ observations: 255, exceptions, level: 0.99 }).pValue < 0.05;
}

describe("Kupiec", () => {
  test.each([
    [250, 4, 0.99, "0.01"],
    [250, 0, 0.99, "0.01"],
    [250, 250, 0.99, "0.01"],
    [1000, 61, 0.05, "0.05"],
    [1000, 51, 0.95, "0.05"],
    [10_000, 101, 0.01, "0.01"],
    [500, 1, 0.975, "0.025"],
  ])("%i days, %i exceptions at %f agrees with sixty digits to ten", (observations, exceptions, level, share) => {
    const { statistic, pValue } = kupiec({ observations, exceptions, level });
    const exact = exactKupiec(observations, exceptions, share);
    expect(relative(statistic, exact.toNumber())).toBeLessThan(1e-10);
    if (exact.lessThan(40)) expect(relative(pValue, exactTail(exact))).toBeLessThan(1e-10);
  });

  test("255 days at 1 % reject a model with 7 exceptions or more, and one too cautious to have any", () => {
    expect([0, 1, 6, 7, 12].map((exceptions) => rejectedAtOnePercent(exceptions))).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  test("as many exceptions as the model says leave nothing to reject", () => {
    expect(kupiec({ observations: 1000, exceptions: 50, level: 0.95 }).statistic).toBeLessThan(1e-20);
    expect(kupiec({ observations: 1000, exceptions: 50, level: 0.05 }).pValue).toBe(1);
  });

  test("0.99 and 0.01 name the same model", () => {
    const [confidence, share] = [
      kupiec({ observations: 400, exceptions: 9, level: 0.99 }),
      kupiec({ observations: 400, exceptions: 9, level: 0.01 }),
    ];
    expect(relative(confidence.statistic, share.statistic)).toBeLessThan(1e-13);
  });

  test.each([
    ["OUT_OF_RANGE", { observations: 10, exceptions: 11, level: 0.99 }],
    ["OUT_OF_RANGE", { observations: 0, exceptions: 0, level: 0.99 }],
    ["OUT_OF_RANGE", { observations: 10, exceptions: 1, level: 1 }],
    ["NOT_FINITE", { observations: 10, exceptions: 1, level: Number.NaN }],
  ])("bad input is named %s", (code, input) => {
    expect(() => kupiec(input)).toThrowError(expect.objectContaining({ code }) as Error);
  });
});

describe("Christoffersen", () => {
  test("agrees with sixty digits on a year in which exceptions come in pairs", () => {
    const hits = Array.from({ length: 250 }, (_, day) => day % 60 === 10 || day % 60 === 11);
    const { statistic, pValue, independence, transitions } = christoffersen(hits, 0.95);
    const [[n00, n01], [n10, n11]] = transitions;
    const share = new Exact(n01 + n11).div(n00 + n01 + n10 + n11);
    const [after0, after1] = [new Exact(n01).div(n00 + n01), new Exact(n11).div(n10 + n11)];
    const one = new Exact(1);
    const exact = exactRatio([
      [n00, one.minus(after0)],
      [n01, after0],
      [n10, one.minus(after1)],
      [n11, after1],
    ])
      .minus(
        exactRatio([
          [n00 + n10, one.minus(share)],
          [n01 + n11, share],
        ]),
      )
      .times(2);
    const total = exact.plus(exactKupiec(250, hits.filter(Boolean).length, "0.05"));
    expect(relative(independence.statistic, exact.toNumber())).toBeLessThan(1e-10);
    expect(relative(statistic, total.toNumber())).toBeLessThan(1e-10);
    expect(relative(pValue, total.div(-2).exp().toNumber())).toBeLessThan(1e-10);
  });

  test("exceptions that cluster are rejected though their number is right", () => {
    const hits = Array.from({ length: 1000 }, (_, day) => day >= 500 && day < 550);
    const { unconditional, independence, pValue } = christoffersen(hits, 0.95);
    expect(unconditional.pValue).toBeCloseTo(1, 12);
    expect(independence.pValue).toBeLessThan(1e-10);
    expect(pValue).toBeLessThan(1e-10);
  });

  test("any run of days gives a statistic of at least zero and a probability", () => {
    assert(
      property(array(boolean(), { minLength: 2, maxLength: 60 }), integer({ min: 1, max: 49 }), (hits, percent) => {
        const { statistic, pValue, independence } = christoffersen(hits, percent / 100);
        expect(statistic).toBeGreaterThanOrEqual(0);
        expect(independence.statistic).toBeGreaterThanOrEqual(0);
        expect(pValue).toBeGreaterThanOrEqual(0);
        expect(pValue).toBeLessThanOrEqual(1);
      }),
    );
  });

  test.each([
    ["EMPTY_SERIES", []],
    ["SERIES_TOO_SHORT", [1]],
    ["OUT_OF_RANGE", [0, 2]],
    ["NOT_FINITE", [0, Number.NaN]],
  ])("bad input is named %s", (code, hits) => {
    expect(() => christoffersen(hits, 0.99)).toThrowError(expect.objectContaining({ code }) as Error);
  });
});
