import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashed, mix } from "../../../src/quant/scenario/hash.ts";
import { ladder } from "../../../src/quant/scenario/ladder.ts";
import { optionMark } from "../../../src/quant/scenario/option-mark.ts";
import { type Leg, type StormShape, stormPath } from "../../../src/quant/scenario/storm.ts";

const leg = (untilMs: number, btc: number): Leg => ({
  untilMs,
  btc,
  eth: btc,
  vol: 0.002,
  jumpsPerSecond: 1,
  jumpSize: 0.003,
  basis: -0.01,
  impliedVol: 1,
  depth: 0.2,
  funding: -0.001,
  liquidationsPerSecond: 5,
});
const SHAPE: StormShape = {
  btcUsd: 50_000,
  ethUsd: 2_000,
  start: { ...leg(0, 1), basis: 0, depth: 1 },
  legs: [leg(10_000, 0.8), leg(30_000, 0.6), leg(60_000, 0.9)],
};

describe("a storm's path", () => {
  test("passes exactly through the ends of its legs, whatever the seed", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const path = stormPath(SHAPE, seed);
        expect(path(0).btcUsd).toBeCloseTo(50_000, 6);
        expect(path(10_000).btcUsd).toBeCloseTo(40_000, 6);
        expect(path(30_000).ethUsd).toBeCloseTo(1_200, 6);
      }),
      { numRuns: 30 },
    );
  });

  test("stays within 0.3 % of where it ended, for ever", () => {
    const path = stormPath(SHAPE, 4);
    for (let minute = 1; minute < 3_000; minute += 7) {
      expect(Math.abs(path(60_000 * minute).btcUsd / 45_000 - 1)).toBeLessThan(0.003);
    }
  });

  test("is the same at a moment however one came there", () => {
    const [once, twice] = [stormPath(SHAPE, 8), stormPath(SHAPE, 8)];
    for (let ms = 0; ms < 70_000; ms += 333) once(ms);
    expect(once(17_500)).toEqual(twice(17_500));
  });
});

/** Half the spread of a book of this depth. */
const half = (depth: number): number => ladder(depth, 0.0001, 1)[0]?.offset ?? 0;

describe("a synthetic book", () => {
  test("holds the whole depth in rungs that lead away from the middle", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.integer(), (depth, salt) => {
        const rungs = ladder(depth, 0.00005, salt);
        expect(rungs.reduce((sum, one) => sum + one.share, 0)).toBeCloseTo(1, 9);
        for (const [at, rung] of rungs.entries()) {
          expect(rung.share).toBeGreaterThan(0);
          expect(rung.offset).toBeGreaterThan(rungs[at - 1]?.offset ?? 0);
        }
      }),
    );
  });

  test("has a wider spread where it is thinner, up to ten basis points a side", () => {
    expect(half(0.1)).toBeGreaterThan(half(1));
    expect(half(0.001)).toBeLessThanOrEqual(0.001);
  });
});

describe("an option's mark", () => {
  test("keeps put-call parity and the delta's bounds", () => {
    const inputs = fc.record({
      forward: fc.double({ min: 100, max: 200_000, noNaN: true }),
      moneyness: fc.double({ min: 0.5, max: 2, noNaN: true }),
      vol: fc.double({ min: 0.2, max: 3, noNaN: true }),
      days: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(inputs, ({ forward, moneyness, vol, days }) => {
        const strike = forward * moneyness;
        const call = optionMark("call", forward, strike, vol, days * 86_400_000);
        const put = optionMark("put", forward, strike, vol, days * 86_400_000);
        expect((call.price - put.price) / forward).toBeCloseTo(1 - moneyness, 9);
        expect(call.delta - put.delta).toBeCloseTo(1, 9);
      }),
    );
  });

  test("is worth its intrinsic value at expiry and after it", () => {
    expect(optionMark("call", 110, 100, 1, 0).price).toBeCloseTo(10, 9);
    expect(optionMark("put", 110, 100, 1, -5).price).toBe(0);
  });
});

test("hashed noise is uniform enough and depends on every part", () => {
  const values = Array.from({ length: 4_000 }, (_, at) => hashed(7, at));
  expect(values.reduce((sum, one) => sum + one, 0) / values.length).toBeCloseTo(0.5, 1);
  expect(new Set(values).size).toBeGreaterThan(3_990);
  expect(mix(1, 2)).not.toBe(mix(2, 1));
});
