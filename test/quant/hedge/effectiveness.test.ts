import { assert, double, property, record } from "fast-check";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { hedgeEffectiveness } from "../../../src/quant/hedge/effectiveness.ts";
import { hedgeAlongPath, type DeltaPolicy } from "../../../src/quant/hedge/hedge-path.ts";
import { decideByBand, whalleyWilmottBand } from "../../../src/quant/hedge/no-trade-band.ts";
import { seededRandom } from "../../../src/quant/random.ts";
import { loadProgramSolver } from "../../../src/quant/hedge/integer-program.ts";
import type { HedgeInstrument } from "../../../src/quant/hedge/instruments.ts";
import { minimumCostHedge } from "../../../src/quant/hedge/minimum-cost.ts";
import { exposureOf, type Holding, type OptionHolding } from "../../../src/quant/risk/holdings.ts";
import { portfolioGreeks } from "../../../src/quant/risk/portfolio-greeks.ts";
import { sharedData } from "../../shared-data.ts";

const straddle: OptionHolding[] = (["call", "put"] as const).map((right) => ({
  kind: "option",
  account: "a",
  asset: "BTC",
  indexUsd: 60_000,
  settlement: "linear",
  right,
  size: -10,
  strikeUsd: 60_000,
  forwardUsd: 60_000,
  years: 60 / 365,
  sigma: 0.6,
}));
const long: Holding = {
  kind: "future",
  account: "a",
  asset: "BTC",
  indexUsd: 60_000,
  settlement: "linear",
  size: 5,
  markUsd: 60_000,
};

/** Thirty days of hourly prices at 60 %. */
function path(seed: number, steps = 720): Float64Array {
  const random = seededRandom(seed);
  const spread = 0.6 * Math.sqrt(1 / 8760);
  let price = 60_000;
  return Float64Array.from({ length: steps + 1 }, (_, step) => {
    if (step > 0) price *= Math.exp(spread * random.normal() - 0.5 * spread * spread);
    return price;
  });
}

function width(forecastSigma: number): number {
  return decideByBand(straddle, { costRatio: 0.0005, riskAversion: 1e-6, forecastSigma }).halfWidthCoin;
}

describe("no-trade bands", () => {
  test("the half-width by hand: 5 bps, gamma 0.001, aversion 1e-6 at 60,000", () => {
    expect(whalleyWilmottBand({ gammaCoin: 0.001, spot: 60_000, costRatio: 0.0005, riskAversion: 1e-6 })).toBeCloseTo(
      Math.cbrt((1.5 * 30 * 1e-6) / 1e-6),
      12,
    );
  });

  test("dearer trading widens it, more aversion narrows it, and without cost there is none", () => {
    const numbers = record({
      gammaCoin: double({ min: 1e-6, max: 1, noNaN: true }),
      costRatio: double({ min: 1e-5, max: 0.01, noNaN: true }),
      riskAversion: double({ min: 1e-8, max: 1e-3, noNaN: true }),
    });
    assert(
      property(numbers, (question) => {
        const band = whalleyWilmottBand({ ...question, spot: 60_000 });
        expect(whalleyWilmottBand({ ...question, spot: 60_000, costRatio: 8 * question.costRatio }) / band).toBeCloseTo(
          2,
          9,
        );
        expect(
          whalleyWilmottBand({ ...question, spot: 60_000, riskAversion: 8 * question.riskAversion }) / band,
        ).toBeCloseTo(0.5, 9);
        expect(whalleyWilmottBand({ ...question, spot: 60_000, costRatio: 0 })).toBe(0);
      }),
    );
  });

  test("outside its band the book trades just to the edge, inside not at all", () => {
    const decision = decideByBand([...straddle, long], { costRatio: 0.0005, riskAversion: 1e-6 });
    expect(decision.tradeCoin).toBeLessThan(0);
    const inside = decideByBand([...straddle, long], {
      costRatio: 0.0005,
      riskAversion: 1e-6,
      targetCoin: decision.deltaCoin,
    });
    expect(inside.tradeCoin).toBe(0);
    const after = decideByBand([...straddle, { ...long, size: 5 + decision.tradeCoin }], {
      costRatio: 0.0005,
      riskAversion: 1e-6,
    });
    expect(Math.abs(after.tradeCoin)).toBeLessThan(1e-9);
  });

  test("a calmer forecast concentrates gamma and widens the band at the strike", () => {
    expect(width(0.3)).toBeGreaterThan(width(0.6));
  });

  test("an aversion of zero is refused", () => {
    expect(() => whalleyWilmottBand({ gammaCoin: 1, spot: 1, costRatio: 0, riskAversion: 0 })).toThrowError(
      /above zero/,
    );
  });
});

function run(policy: DeltaPolicy, seed: number): Float64Array {
  return hedgeAlongPath({
    holdings: [...straddle, long],
    prices: path(seed),
    stepDays: 1 / 24,
    policy,
    costRatio: 0.0004,
  }).profits;
}

function cost(riskAversion: number): number {
  return hedgeAlongPath({
    holdings: straddle,
    prices: path(4),
    stepDays: 1 / 24,
    policy: { kind: "band", riskAversion },
    costRatio: 0.0004,
  }).costUsd;
}

describe("effectiveness", () => {
  test("on thirty simulated days hedging to the band beats no hedge and the daily fixed delta, beyond chance", () => {
    for (const seed of [1, 2, 3]) {
      const { againstUnhedged, againstFixedDelta } = hedgeEffectiveness({
        hedged: run({ kind: "band", riskAversion: 1e-4 }, seed),
        unhedged: run({ kind: "none" }, seed),
        fixedDelta: run({ kind: "periodic", everySteps: 24 }, seed),
      });
      expect(againstUnhedged.reductionRatio).toBeGreaterThan(0.8);
      expect(againstUnhedged.test.pValue).toBeLessThan(1e-6);
      expect(againstFixedDelta!.reductionRatio).toBeGreaterThan(0);
    }
  });

  test("a tighter band trades more and costs more", () => {
    expect(cost(1e-4)).toBeGreaterThan(cost(1e-7));
  });

  test("a short straddle hedged at the volatility it was sold at earns about its decay", () => {
    let total = 0;
    for (let seed = 10; seed < 20; seed += 1) {
      const { profits } = hedgeAlongPath({
        holdings: straddle,
        prices: path(seed),
        stepDays: 1 / 24,
        policy: { kind: "periodic", everySteps: 1 },
        costRatio: 0,
      });
      total += profits.reduce((sum, value) => sum + value, 0);
    }
    // Premium sold is about 115,000 USD; what remains after a perfect-volatility hedge is noise of the path.
    expect(Math.abs(total / 10)).toBeLessThan(6000);
  });

  test("halving every profit is a quarter of the variance", () => {
    const random = seededRandom(6);
    const unhedged = Array.from({ length: 50 }, () => random.normal());
    const { againstUnhedged, hedgeProfit } = hedgeEffectiveness({
      hedged: unhedged.map((value) => value / 2),
      unhedged,
    });
    expect(againstUnhedged.reductionRatio).toBeCloseTo(0.75, 12);
    expect(againstUnhedged.test.statistic).toBeLessThan(0);
    expect(hedgeProfit).toBeCloseTo(-unhedged.reduce((sum, value) => sum + value, 0) / 2, 12);
  });

  test("a hedge that does nothing reduces nothing, and unequal lengths are refused", () => {
    const random = seededRandom(7);
    const unhedged = Array.from({ length: 50 }, () => random.normal());
    expect(hedgeEffectiveness({ hedged: unhedged, unhedged }).againstUnhedged).toMatchObject({
      reductionRatio: 0,
      test: { statistic: 0, pValue: 1 },
    });
    expect(() => hedgeEffectiveness({ hedged: unhedged.slice(1), unhedged })).toThrowError(
      expect.objectContaining({ code: "LENGTH_MISMATCH" }) as Error,
    );
    expect(() => hedgeEffectiveness({ hedged: unhedged, unhedged: unhedged.map(() => 0) })).toThrowError(/do not vary/);
  });
});

/** Thirty days of hourly prices and implied volatilities that move against one another. */
function stormy(seed: number): { prices: Float64Array; sigmas: Float64Array } {
  const random = seededRandom(seed);
  const [prices, sigmas] = [new Float64Array(721).fill(60_000), new Float64Array(721).fill(0.6)];
  for (let step = 1; step <= 720; step += 1) {
    const [first, second] = [random.normal(), random.normal()];
    const sigma = sigmas[step - 1]!;
    prices[step] = prices[step - 1]! * Math.exp(sigma * Math.sqrt(1 / 8760) * first);
    sigmas[step] = Math.max(0.2, sigma + 0.02 * (0.6 - sigma) + 0.02 * (0.8 * second - 0.6 * first));
  }
  return { prices, sigmas };
}

function offered(days: number, ratio: number): { holding: OptionHolding; instrument: HedgeInstrument } {
  const strikeUsd = 60_000 * ratio;
  const right = ratio < 1 ? "put" : "call";
  const holding: OptionHolding = { ...straddle[0]!, right, size: 1, strikeUsd, years: days / 365 };
  const price = 600;
  const instrument: HedgeInstrument = {
    symbol: `BTC-${days}D-${strikeUsd}`,
    venue: "deribit",
    kind: "option",
    coinsPerUnit: 1,
    greeks: exposureOf(holding),
    bids: [{ priceUsd: price - 20, quantity: 30 }],
    asks: [{ priceUsd: price + 20, quantity: 30 }],
    lot: 0.1,
    feeBps: 0,
    feeUsdPerUnit: 18,
  };
  return { holding, instrument };
}

describe("a planned hedge of delta, gamma and vega", () => {
  test("leaves a fraction of the variance that hedging delta alone leaves when volatility moves too", async () => {
    const solver = await loadProgramSolver();
    const options = [30, 60, 90].flatMap((days) => [0.9, 0.95, 1, 1.05, 1.1].map((ratio) => offered(days, ratio)));
    const { desk } = portfolioGreeks(straddle);
    const { trades, complete } = minimumCostHedge(
      {
        book: desk,
        instruments: options.map(({ instrument }) => instrument),
        hedge: ["gammaUsdPerPercent", "vegaUsdPerPoint"],
        band: { gammaUsdPerPercent: 200, vegaUsdPerPoint: 20 },
      },
      solver,
    );
    expect(complete).toBe(true);
    const bought = trades.map(({ symbol, side, quantity }): OptionHolding => {
      const { holding } = options.find(({ instrument }) => instrument.symbol === symbol)!;
      return { ...holding, size: side === "buy" ? quantity : -quantity };
    });
    for (const seed of [31, 32]) {
      const policy: DeltaPolicy = { kind: "band", riskAversion: 1e-4 };
      const run = (holdings: readonly Holding[]): Float64Array =>
        hedgeAlongPath({ holdings, ...stormy(seed), stepDays: 1 / 24, policy, costRatio: 0.0004 }).profits;
      const { againstUnhedged } = hedgeEffectiveness({
        hedged: run([...straddle, ...bought]),
        unhedged: run(straddle),
      });
      expect(againstUnhedged.reductionRatio).toBeGreaterThan(0.8);
      expect(againstUnhedged.test.pValue).toBeLessThan(1e-9);
    }
  });
});

describe.skipIf(!sharedData("ohlcv-1h-binance/Binance_BTCUSDT_1h.csv.gz"))(
  "six recorded months of BTC (needs the shared data)",
  () => {
    const file = sharedData("ohlcv-1h-binance/Binance_BTCUSDT_1h.csv.gz");
    const rows =
      file === undefined
        ? []
        : gunzipSync(readFileSync(file))
            .toString()
            .trim()
            .split("\n")
            .slice(1)
            .map((line) => line.split(","))
            .reverse();
    const closes = rows.map((row) => Number(row[6]));

    test("the banded hedge leaves at most a third of the unhedged variance, and less than the daily fixed delta in most months", () => {
      const months = Array.from({ length: 6 }, (_, month) => {
        const prices = closes.slice(2000 + 5600 * month, 2721 + 5600 * month);
        const first = prices[0]!;
        const holdings = [
          ...straddle.map((one): Holding => ({
            ...one,
            indexUsd: first,
            forwardUsd: first,
            strikeUsd: first,
            sigma: 0.7,
          })),
          { ...long, indexUsd: first, markUsd: first } as Holding,
        ];
        const profits = (policy: DeltaPolicy): Float64Array =>
          hedgeAlongPath({ holdings, prices, stepDays: 1 / 24, policy, costRatio: 0.0004 }).profits;
        return hedgeEffectiveness({
          hedged: profits({ kind: "band", riskAversion: 1e-4 }),
          unhedged: profits({ kind: "none" }),
          fixedDelta: profits({ kind: "periodic", everySteps: 24 }),
        });
      });
      const share = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`;
      const table = months.map(
        ({ againstUnhedged, againstFixedDelta }, month) =>
          `| ${rows[2000 + 5600 * month]?.[1]?.slice(0, 10) ?? ""} | ${share(againstUnhedged.reductionRatio)} | ${share(againstFixedDelta!.reductionRatio)} |`,
      );
      const page = readFileSync(new URL("../../../docs/hedging.md", import.meta.url), "utf8");
      expect(page.replace(/ +/g, " ")).toContain(table.join("\n"));
      for (const { againstUnhedged } of months) expect(againstUnhedged.reductionRatio).toBeGreaterThan(2 / 3);
      expect(
        months.filter(({ againstFixedDelta }) => againstFixedDelta!.reductionRatio > 0).length,
      ).toBeGreaterThanOrEqual(5);
    });
  },
);
