import { describe, expect, test } from "vitest";
import { estimatesOf } from "../../src/exposure/estimates.ts";
import { seededRandom } from "../../src/quant/random.ts";

const YEAR_MS = 365 * 86_400_000;
const TRUTH = 0.6;

/** A market at 60 % a year whose mark was read every `everyMs`. */
function marks(everyMs: number, count: number, seed: number) {
  const random = seededRandom(seed);
  const step = TRUTH * Math.sqrt(everyMs / YEAR_MS);
  let price = 60_000;
  return Array.from({ length: count }, (_, at) => {
    price *= Math.exp(step * random.normal());
    return { atMs: at * everyMs, price: Math.round(price * 10) / 10 };
  });
}

/** Mean of each estimate over thirty markets. */
function means(everyMs: number, count: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (let seed = 1; seed <= 30; seed += 1)
    for (const { name, sigma } of estimatesOf(marks(everyMs, count, seed)).estimates)
      if (sigma !== null) sums.set(name, (sums.get(name) ?? 0) + Number(sigma) / 30);
  return sums;
}

describe("volatility of recorded marks", () => {
  test.each([
    ["six hours at a look every 5 s", 5_000, 4_320],
    ["100 minutes at a look every second", 1_000, 6_000],
    ["six hours at a look every 10 s", 10_000, 2_160],
  ])("after %s every way to measure finds how the market moves", (_, everyMs, count) => {
    for (const [name, sigma] of means(everyMs, count))
      expect(Math.abs(sigma / TRUTH - 1), `${name} says ${sigma.toFixed(3)}`).toBeLessThan(0.1);
  });

  test("one look a bar gives no highs and lows, and the closes speak alone", () => {
    const { estimates } = estimatesOf(marks(900_000, 200, 1));
    const said = new Map(estimates.map((one) => [one.name, one]));
    expect(Number(said.get("close to close")?.sigma)).toBeCloseTo(TRUTH, 1);
    for (const name of ["Parkinson", "Garman–Klass", "Rogers–Satchell", "Yang–Zhang"])
      expect(said.get(name)).toMatchObject({ sigma: null, note: expect.stringMatching(/looks/) });
  });
});
