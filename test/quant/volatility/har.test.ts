import { Decimal } from "decimal.js";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/quant/random.ts";
import { fitHar, fitHarq } from "../../../src/quant/volatility/har.ts";
import { sharedData } from "../../shared-data.ts";

const Exact = Decimal.clone({ precision: 60 });

/** Least squares by normal equations in sixty digits, where they lose nothing. */
function exactFit(rows: readonly (readonly Decimal[])[], target: readonly Decimal[]): number[] {
  const size = rows[0]!.length;
  const system = Array.from({ length: size }, (_, left) => [
    ...Array.from({ length: size }, (_, right) =>
      rows.reduce((sum, row) => sum.plus(row[left]!.times(row[right]!)), new Exact(0)),
    ),
    rows.reduce((sum, row, index) => sum.plus(row[left]!.times(target[index]!)), new Exact(0)),
  ]);
  for (let pivot = 0; pivot < size; pivot += 1) {
    for (let row = 0; row < size; row += 1) {
      if (row === pivot) continue;
      const factor = system[row]![pivot]!.div(system[pivot]![pivot]!);
      for (let column = pivot; column <= size; column += 1) {
        system[row]![column] = system[row]![column]!.minus(factor.times(system[pivot]![column]!));
      }
    }
  }
  return system.map((row, index) => row[size]!.div(row[index]!).toNumber());
}

function design(rv: readonly number[], rq?: readonly number[]): number[] {
  const values = rv.map((value) => new Exact(value));
  const average = (end: number, count: number): Decimal =>
    values
      .slice(end - count, end)
      .reduce((sum, value) => sum.plus(value), new Exact(0))
      .div(count);
  const centre =
    rq &&
    rq
      .reduce((sum, value) => sum.plus(value), new Exact(0))
      .div(rq.length)
      .sqrt();
  const rows = values.slice(22).map((_, index) => {
    const end = index + 22;
    const base = [new Exact(1), values[end - 1]!, average(end, 5), average(end, 22)];
    if (rq === undefined || centre === undefined) return base;
    return [
      ...base,
      new Exact(rq[end - 1]!)
        .sqrt()
        .minus(centre)
        .times(values[end - 1]!),
    ];
  });
  return exactFit(rows, values.slice(22));
}

function simulated(length: number): { rv: number[]; rq: number[] } {
  const random = seededRandom(4);
  const rv: number[] = [];
  for (let index = 0; index < length; index += 1) {
    const past = index === 0 ? 1e-4 : rv[index - 1]!;
    rv.push((0.2e-4 + 0.8 * past) * Math.exp(0.5 * random.normal()));
  }
  return { rv, rq: rv.map((value) => 3 * value ** 2 * Math.exp(0.3 * random.normal())) };
}

function relative(found: readonly number[], exact: readonly number[]): number {
  return Math.max(...found.map((value, index) => Math.abs(value / exact[index]! - 1)));
}

describe("HAR and HARQ", () => {
  const { rv, rq } = simulated(300);

  test("coefficients agree with sixty-digit least squares to eleven digits", () => {
    const har = fitHar(rv);
    expect(relative([har.intercept, har.daily, har.weekly, har.monthly], design(rv))).toBeLessThan(1e-11);
    const harq = fitHarq(rv, rq);
    expect(
      relative([harq.intercept, harq.daily, harq.weekly, harq.monthly, harq.dailyQuarticity], design(rv, rq)),
    ).toBeLessThan(1e-11);
  });

  test("the forecast is the fitted line on the last day, week and month", () => {
    const har = fitHar(rv);
    const mean = (count: number): number => rv.slice(-count).reduce((sum, value) => sum + value, 0) / count;
    expect(har.forecast).toBeCloseTo(
      har.intercept + har.daily * rv.at(-1)! + har.weekly * mean(5) + har.monthly * mean(22),
      14,
    );
    expect(har.forecastOver(30)).toHaveLength(30);
    expect(har.forecastOver(30)[0]).toBe(har.forecast);
  });

  test("a forecast never leaves the range that the sample has seen", () => {
    const wild = [...rv.slice(0, -1), 1];
    for (const value of fitHarq(wild, rq).forecastOver(10)) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  });

  test.each([
    ["SERIES_TOO_SHORT", () => fitHar([1, 2, 3])],
    ["OUT_OF_RANGE", () => fitHar(rv.map((value, index) => (index === 40 ? -value : value)))],
    ["LENGTH_MISMATCH", () => fitHarq(rv, rq.slice(1))],
    ["NO_CONVERGENCE", () => fitHar(Array.from({ length: 100 }, () => 1))],
  ])("bad input is named %s", (code, fit) => {
    expect(fit).toThrowError(expect.objectContaining({ code }) as Error);
  });
});

describe.skipIf(!sharedData("quant-inputs/spyrm_rv.csv"))("SPY 2014–2019 (needs the shared data)", () => {
  const file = sharedData("quant-inputs/spyrm_rv.csv");
  const table =
    file === undefined
      ? []
      : readFileSync(file, "utf8")
          .trim()
          .split("\n")
          .slice(1)
          .map((line) => line.split(",").map(Number));

  test("both models agree with sixty-digit least squares to nine digits", () => {
    const [rv, rq] = [table.map((row) => row[1]!), table.map((row) => row[2]!)];
    const har = fitHar(rv);
    expect(relative([har.intercept, har.daily, har.weekly, har.monthly], design(rv))).toBeLessThan(1e-9);
    const harq = fitHarq(rv, rq);
    expect(
      relative([harq.intercept, harq.daily, harq.weekly, harq.monthly, harq.dailyQuarticity], design(rv, rq)),
    ).toBeLessThan(1e-9);
  });
});
