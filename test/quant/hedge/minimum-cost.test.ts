import { assert, double, integer, property, record } from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { HedgeGreeks, HedgeInstrument } from "../../../src/quant/hedge/instruments.ts";
import { loadProgramSolver, type ProgramSolver } from "../../../src/quant/hedge/integer-program.ts";
import { minimumCostHedge, type HedgePlan, type HedgeProblem } from "../../../src/quant/hedge/minimum-cost.ts";
import { black76 } from "../../../src/quant/options/black76.ts";
import { exposureOf, type OptionHolding } from "../../../src/quant/risk/holdings.ts";

let solver: ProgramSolver;
beforeAll(async () => {
  solver = await loadProgramSolver();
});

const INDEX = 60_000;

function perpetual(venue: string, changes: Partial<HedgeInstrument> = {}): HedgeInstrument {
  return {
    symbol: "BTC-PERPETUAL",
    venue,
    kind: "future",
    coinsPerUnit: 1,
    greeks: { deltaUsd: INDEX, gammaUsdPerPercent: 0, vegaUsdPerPoint: 0 },
    bids: [
      { priceUsd: INDEX - 3, quantity: 5 },
      { priceUsd: INDEX - 13, quantity: 20 },
    ],
    asks: [
      { priceUsd: INDEX + 3, quantity: 5 },
      { priceUsd: INDEX + 13, quantity: 20 },
    ],
    lot: 0.001,
    feeBps: 5,
    ...changes,
  };
}

function option(days: number, strike: number, changes: Partial<HedgeInstrument> = {}): HedgeInstrument {
  const right = strike < INDEX ? "put" : "call";
  const sigma = 0.6 + 0.3 * (strike / INDEX - 1) ** 2;
  const holding: OptionHolding = {
    kind: "option",
    account: "a",
    asset: "BTC",
    indexUsd: INDEX,
    settlement: "inverse",
    right,
    size: 1,
    strikeUsd: strike,
    forwardUsd: INDEX,
    years: days / 365,
    sigma,
  };
  const { deltaUsd, gammaUsdPerPercent, vegaUsdPerPoint } = exposureOf(holding);
  const price = black76({ kind: right, forward: INDEX, strike, years: days / 365, sigma }).price;
  const half = Math.max(15, 0.02 * price);
  return {
    symbol: `BTC-${days}D-${strike}-${right}`,
    venue: "deribit",
    kind: "option",
    coinsPerUnit: 1,
    greeks: { deltaUsd, gammaUsdPerPercent, vegaUsdPerPoint },
    bids: [
      { priceUsd: Math.max(1, price - half), quantity: 10 },
      { priceUsd: Math.max(0.5, price - 2 * half), quantity: 40 },
    ],
    asks: [
      { priceUsd: price + half, quantity: 10 },
      { priceUsd: price + 2 * half, quantity: 40 },
    ],
    lot: 0.1,
    feeBps: 0,
    feeUsdPerUnit: Math.min(18, 0.125 * price),
    ...changes,
  };
}

const chain = [7, 30, 60, 90].flatMap((days) =>
  [0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.2].map((ratio) => option(days, INDEX * ratio)),
);
const book: HedgeGreeks = { deltaUsd: 744_000, gammaUsdPerPercent: -30_000, vegaUsdPerPoint: -3200 };
const all = ["deltaUsd", "gammaUsdPerPercent", "vegaUsdPerPoint"] as const;

function plan(changes: Partial<HedgeProblem> = {}): HedgePlan {
  return minimumCostHedge(
    { book, instruments: [perpetual("deribit"), perpetual("binance", { feeBps: 4 })], ...changes },
    solver,
  );
}

/** Where twelve coins are bought when Binance asks this fee. */
function split(feeBps: number): [string, number][] {
  const instruments = [perpetual("deribit"), perpetual("binance", { feeBps })];
  const { trades } = plan({ instruments, book: { ...book, deltaUsd: 720_000 }, band: { deltaUsd: 60 } });
  return trades.map(({ venue, quantity }) => [venue, Math.round(quantity)]);
}

describe("a hedge of delta", () => {
  test("goes to the cheaper venue, to the lot", () => {
    const { trades, complete, after, costUsd } = plan({ book: { ...book, deltaUsd: 180_030 } });
    expect(trades.map(({ venue, side, quantity }) => [venue, side, quantity])).toEqual([["binance", "sell", 3.001]]);
    expect(after.deltaUsd).toBeCloseTo(-30, 6);
    expect(complete).toBe(false);
    expect(costUsd).toBeCloseTo(3.001 * 3 + 3.001 * (INDEX - 3) * 0.0004, 6);
  });

  test("splits over both books where depth at the top is worth it", () => {
    expect(split(4)).toEqual([
      ["binance", 7],
      ["deribit", 5],
    ]);
    expect(split(2)).toEqual([["binance", 12]]);
  });

  test("funding over the horizon decides where fees are equal", () => {
    const instruments = [
      perpetual("deribit", { holdingUsdPerDay: 10 }),
      perpetual("binance", { holdingUsdPerDay: -10 }),
    ];
    const short = plan({ instruments, horizonDays: 3, book: { ...book, deltaUsd: 60_000 } });
    expect(short.trades.map(({ venue, holdingUsd }) => [venue, holdingUsd])).toEqual([["deribit", -30]]);
    const long = plan({ instruments, horizonDays: 3, book: { ...book, deltaUsd: -60_000 } });
    expect(long.trades[0]!.venue).toBe("binance");
  });

  test("funding that earns more than all costs still opens no pair beside the hedge", () => {
    const instruments = [
      perpetual("deribit", { holdingUsdPerDay: 200 }),
      perpetual("binance", { holdingUsdPerDay: -200 }),
    ];
    const { trades, after } = plan({ instruments, horizonDays: 10, book: { ...book, deltaUsd: 60_000 } });
    expect(trades.map(({ venue, side, quantity }) => [venue, side, quantity])).toEqual([["deribit", "sell", 1]]);
    expect(after.deltaUsd).toBeCloseTo(0, 9);
    expect(plan({ instruments, horizonDays: 10, band: { deltaUsd: 800_000 } }).trades).toEqual([]);
  });

  test("basis risk and venue limits send it elsewhere, and say so", () => {
    const instruments = [perpetual("deribit"), perpetual("binance", { feeBps: 4, basisSdUsd: 80 })];
    expect(plan({ instruments, book: { ...book, deltaUsd: 60_000 } }).trades[0]!.venue).toBe("deribit");
    const limited = plan({ instruments, venueLimitsUsd: { deribit: 30_000 }, book: { ...book, deltaUsd: 60_000 } });
    expect(new Map(limited.trades.map(({ venue, quantity }) => [venue, quantity]))).toEqual(
      new Map([
        ["binance", 0.5],
        ["deribit", 0.5],
      ]),
    );
    expect(limited.remains.some((line) => line.includes("through basis"))).toBe(true);
  });

  test("a book within its band is left alone", () => {
    const { trades, complete, why } = plan({ band: { deltaUsd: 750_000 } });
    expect(trades).toEqual([]);
    expect(complete).toBe(true);
    expect(why.at(-1)).toMatch(/No trade/);
  });

  test("what depth and position limits cannot cover stays open and is said", () => {
    const { trades, after, complete, remains } = plan({ instruments: [perpetual("deribit", { sellLimit: 2 })] });
    expect(trades[0]!.quantity).toBe(2);
    expect(after.deltaUsd).toBeCloseTo(744_000 - 120_000, 6);
    expect(complete).toBe(false);
    expect(remains[0]).toMatch(/beyond its band/);
  });

  test("an order below the venue's smallest is not sent, and legs are counted", () => {
    const instruments = [perpetual("deribit", { minimum: 2 }), perpetual("binance", { feeBps: 40 })];
    expect(plan({ instruments, book: { ...book, deltaUsd: 60_000 } }).trades.map(({ venue }) => venue)).toEqual([
      "binance",
    ]);
    const one = plan({
      instruments: [perpetual("deribit"), perpetual("binance", { feeBps: 5.001 })],
      maxLegs: 1,
      band: { deltaUsd: 60 },
    });
    expect(one.trades).toHaveLength(1);
    expect(one.complete).toBe(true);
  });

  test("its cost is the greedy walk through the books, whatever the size", () => {
    assert(
      property(
        record({ coins: integer({ min: 1, max: 24 }), fee: double({ min: 1, max: 9, noNaN: true }) }),
        ({ coins, fee }) => {
          const instruments = [perpetual("deribit", { lot: 0 }), perpetual("binance", { feeBps: fee, lot: 0 })];
          const { costUsd, complete } = plan({ instruments, book: { ...book, deltaUsd: -coins * INDEX } });
          const steps = instruments
            .flatMap(({ asks, feeBps }) =>
              asks.map(({ priceUsd, quantity }) => ({
                each: priceUsd - INDEX + (priceUsd * feeBps) / 10_000,
                quantity,
              })),
            )
            .sort((left, right) => left.each - right.each);
          let [left, expected] = [coins, 0];
          for (const { each, quantity } of steps) {
            expected += each * Math.min(left, quantity);
            left -= Math.min(left, quantity);
          }
          expect(complete).toBe(true);
          expect(costUsd / expected).toBeCloseTo(1, 6);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe("a hedge of delta, gamma and vega", () => {
  const problem = {
    instruments: [perpetual("deribit"), perpetual("binance", { feeBps: 4 }), ...chain],
    hedge: all,
    band: { deltaUsd: 3000, gammaUsdPerPercent: 1000, vegaUsdPerPoint: 100 },
    horizonDays: 3,
  };

  test("brings all three into their bands within half a percent of the cheapest conceivable", () => {
    const { after, complete, gapRatio, trades } = plan(problem);
    expect(complete).toBe(true);
    for (const name of all) expect(Math.abs(after[name])).toBeLessThanOrEqual(problem.band[name] * (1 + 1e-6));
    expect(gapRatio).toBeLessThanOrEqual(0.005);
    for (const trade of trades.filter(({ kind }) => kind === "option"))
      expect(Math.round(trade.quantity * 10) / 10).toBe(trade.quantity);
  });

  test("says in words why and what remains", () => {
    const { why, remains, trades } = plan(problem);
    expect(why[0]).toBe(
      "The book has delta of 744,000 USD against 0 ± 3,000, gamma of -30,000 USD of delta a percent against 0 ± 1,000 and vega of -3,200 USD a point against 0 ± 100.",
    );
    expect(why).toHaveLength(trades.length + 4);
    expect(why.at(-3)).toMatch(/^Together [\d,]+ USD, [\d.]+ bps of the [\d,]+ USD traded: /);
    expect(why.at(-1)).toMatch(/^The next best is /);
    expect(remains).toHaveLength(3);
    expect(remains.every((line) => line.includes("within its band"))).toBe(true);
  });

  test("costs more the narrower the bands are", () => {
    const narrow = plan({ ...problem, band: { deltaUsd: 500, gammaUsdPerPercent: 200, vegaUsdPerPoint: 20 } });
    expect(narrow.costUsd).toBeGreaterThan(plan(problem).costUsd);
  });

  test("without options in reach it hedges the delta and says what is left of the rest", () => {
    const { remains, complete } = plan({ hedge: all, band: problem.band });
    expect(complete).toBe(false);
    expect(remains.filter((line) => line.includes("beyond its band"))).toHaveLength(2);
  });
});

describe("bad input", () => {
  test.each([
    ["ARBITRAGE", { instruments: [perpetual("deribit", { bids: [{ priceUsd: INDEX + 10, quantity: 1 }] })] }],
    [
      "OUT_OF_RANGE",
      {
        instruments: [
          perpetual("deribit", {
            asks: [
              { priceUsd: 3, quantity: 1 },
              { priceUsd: 2, quantity: 1 },
            ],
            bids: [],
          }),
        ],
      },
    ],
    ["EMPTY_SERIES", { instruments: [perpetual("deribit", { asks: [], bids: [] })] }],
    ["NOT_FINITE", { book: { ...book, deltaUsd: Number.NaN } }],
    ["OUT_OF_RANGE", { horizonDays: -1 }],
  ])("is named %s", (code, changes) => {
    expect(() => plan(changes)).toThrowError(expect.objectContaining({ code }) as Error);
  });
});
