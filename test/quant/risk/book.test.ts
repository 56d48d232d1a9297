import { assert, constantFrom, double, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { black76 } from "../../../src/quant/options/black76.ts";
import { exposureAtDefault } from "../../../src/quant/risk/default-exposure.ts";
import type { Holding, OptionHolding } from "../../../src/quant/risk/holdings.ts";
import { portfolioGreeks } from "../../../src/quant/risk/portfolio-greeks.ts";
import { depegScenario, historicalScenarios, stressBook, stressGrid } from "../../../src/quant/risk/stress.ts";

const option: OptionHolding = {
  kind: "option",
  account: "deribit-1",
  asset: "BTC",
  indexUsd: 60_000,
  settlement: "inverse",
  right: "put",
  size: 10,
  strikeUsd: 55_000,
  forwardUsd: 60_600,
  years: 45 / 365,
  sigma: 0.62,
};
const perpetual: Holding = {
  kind: "future",
  account: "binance-1",
  asset: "BTC",
  indexUsd: 60_000,
  settlement: "linear",
  size: 3,
  markUsd: 60_000,
};
const coinPerpetual: Holding = {
  kind: "future",
  account: "deribit-1",
  asset: "BTC",
  indexUsd: 60_000,
  settlement: "inverse",
  size: -120_000,
  markUsd: 60_000,
};
const dollars: Holding = { kind: "spot", account: "binance-1", asset: "USDT", indexUsd: 1, coins: 250_000 };
const ether: Holding = { kind: "spot", account: "binance-1", asset: "ETH", indexUsd: 3000, coins: 40 };
const book = [option, perpetual, coinPerpetual, dollars, ether];

function profit(holdings: readonly Holding[], priceMove: number, volMove = 0, days = 0): number {
  return stressBook(holdings, [{ name: "one", move: { priceMove, volMove }, days }])[0]!.profitUsd;
}

describe("Greeks of the desk", () => {
  test("futures count in coins: 3 linear long and 120,000 USD of inverse contracts short are one coin long", () => {
    const { byAsset } = portfolioGreeks([perpetual, coinPerpetual]);
    expect(byAsset.get("BTC")!.deltaCoin).toBeCloseTo(1, 12);
    expect(byAsset.get("BTC")!.deltaUsd).toBeCloseTo(60_000, 8);
    expect(byAsset.get("BTC")!.gammaCoin).toBe(0);
  });

  test("levels add up: lines to assets, accounts and the desk", () => {
    const { desk, byAsset, byAccount, lines } = portfolioGreeks(book);
    expect(lines.map((line) => `${line.account} ${line.asset}`)).toEqual([
      "binance-1 BTC",
      "binance-1 ETH",
      "binance-1 USDT",
      "deribit-1 BTC",
    ]);
    const assets = [...byAsset.values()].reduce((sum, one) => sum + one.deltaUsd, 0);
    const accounts = [...byAccount.values()].reduce((sum, one) => sum + one.deltaUsd, 0);
    expect(assets).toBeCloseTo(desk.deltaUsd, 6);
    expect(accounts).toBeCloseTo(desk.deltaUsd, 6);
  });

  test("an inverse option has the delta that Deribit quotes, times its size", () => {
    const quoted = black76({ kind: "put", forward: 60_600, strike: 55_000, years: 45 / 365, sigma: 0.62 }).delta;
    expect(portfolioGreeks([option]).byAsset.get("BTC")!.deltaCoin).toBeCloseTo(10 * quoted, 10);
  });

  test("every Greek is the slope of a full revaluation", () => {
    const lines = record({
      right: constantFrom("call" as const, "put" as const),
      settlement: constantFrom("linear" as const, "inverse" as const),
      strikeUsd: double({ min: 40_000, max: 90_000, noNaN: true }),
      years: double({ min: 0.02, max: 1, noNaN: true }),
      sigma: double({ min: 0.3, max: 1.5, noNaN: true }),
    });
    assert(
      property(lines, (changes) => {
        const holdings = [{ ...option, ...changes, size: 1 }];
        const { desk } = portfolioGreeks(holdings);
        const scale = 60_000;
        const close = (found: number, expected: number): void =>
          expect(Math.abs(found - expected) / scale).toBeLessThan(2e-5);
        close((profit(holdings, 1e-4) - profit(holdings, -1e-4)) / 2e-4, desk.deltaUsd);
        close((profit(holdings, 1e-3) + profit(holdings, -1e-3)) / 1e-4, desk.gammaUsdPerPercent);
        close((profit(holdings, 0, 1e-4) - profit(holdings, 0, -1e-4)) / 2e-2, desk.vegaUsdPerPoint);
        close(profit(holdings, 0, 0, 0.01) * 100, desk.thetaUsdPerDay);
        const cross =
          profit(holdings, 1e-3, 1e-3) -
          profit(holdings, 1e-3, -1e-3) -
          profit(holdings, -1e-3, 1e-3) +
          profit(holdings, -1e-3, -1e-3);
        close(cross / 4e-6 / 100, desk.vannaUsdPerPoint);
        close((profit(holdings, 0, 1e-3) + profit(holdings, 0, -1e-3)) / 1e-6 / 1e4, desk.volgaUsdPerPoint);
      }),
      { numRuns: 60 },
    );
  });

  test("a volatility that is not a number is refused", () => {
    expect(() => portfolioGreeks([{ ...option, sigma: Number.NaN }])).toThrowError(/sigma/);
    expect(portfolioGreeks([]).lines).toEqual([]);
  });
});

describe("stress", () => {
  test("revaluation agrees with Black's price to a hundredth of a cent per coin, in and out of the money", () => {
    const cases = record({
      right: constantFrom("call" as const, "put" as const),
      strikeUsd: double({ min: 5_000, max: 400_000, noNaN: true }),
      years: double({ min: 0.0001, max: 3, noNaN: true }),
      sigma: double({ min: 0.02, max: 3, noNaN: true }),
      priceMove: double({ min: -0.7, max: 2, noNaN: true }),
      volMove: double({ min: -0.2, max: 1, noNaN: true }),
    });
    assert(
      property(cases, ({ right, strikeUsd, years, sigma, priceMove, volMove }) => {
        const holding: OptionHolding = { ...option, settlement: "linear", right, strikeUsd, years, sigma, size: 1 };
        const price = (forward: number, vol: number): number =>
          black76({ kind: right, forward, strike: strikeUsd, years, sigma: vol }).price;
        const moved = Math.max(sigma + volMove, Math.min(sigma, 0.01));
        const exact = price(60_600 * (1 + priceMove), moved) - price(60_600, sigma);
        expect(Math.abs(profit([holding], priceMove, volMove) - exact)).toBeLessThan(1e-4);
      }),
    );
  });

  test("the grid's middle is nothing, and a long put gains to the left", () => {
    const { priceMoves, volMoves, profitUsd } = stressGrid([option]);
    const row = profitUsd[volMoves.indexOf(0)]!;
    expect(row[priceMoves.indexOf(0)]).toBe(0);
    expect(row[0]!).toBeGreaterThan(100_000);
    expect(row.at(-1)!).toBeLessThan(0);
  });

  test("a grid of one asset leaves the others still", () => {
    const grid = stressGrid(book, { priceMoves: [-0.1], volMoves: [0], assets: ["ETH"] });
    expect(grid.profitUsd[0]![0]).toBeCloseTo(-0.1 * 40 * 3000, 9);
  });

  test("a depeg of USDT by 5 % costs 5 % of the USDT held and nothing else", () => {
    const [result] = stressBook(book, [depegScenario("USDT", 0.05)]);
    expect(result!.name).toBe("USDT at 0.95 USD");
    expect(result!.profitUsd).toBeCloseTo(-12_500, 9);
    expect(result!.profitUsdByAsset["BTC"]).toBe(0);
  });

  test("past days replay the joint moves of that day", () => {
    const scenarios = historicalScenarios({ BTC: [-0.4, 0.05], ETH: [-0.5, 0.1] }, ["2020-03-12", "2020-03-13"], {
      BTC: [0.8, -0.1],
    });
    const results = stressBook([perpetual, ether], scenarios);
    expect(results[0]!.profitUsd).toBeCloseTo(3 * 60_000 * Math.expm1(-0.4) + 120_000 * Math.expm1(-0.5), 6);
    expect(results.map((result) => result.name)).toEqual(["2020-03-12", "2020-03-13"]);
    expect(() => historicalScenarios({ BTC: [1] }, ["a", "b"])).toThrowError(
      expect.objectContaining({ code: "LENGTH_MISMATCH" }) as Error,
    );
  });

  test("a price cannot fall through zero", () => {
    expect(() => profit(book, -1)).toThrowError(/zero or below/);
    expect(() => depegScenario("USDT", 1.2)).toThrowError(/between 0 and 1/);
  });

  test("when an option expires within the scenario its intrinsic value remains", () => {
    expect(profit([{ ...option, settlement: "linear", forwardUsd: 50_000, size: 1 }], 0, 0, 60)).toBeLessThan(0);
    const expired = profit([{ ...option, settlement: "linear", forwardUsd: 50_000, size: 1, sigma: 0 }], 0, 0, 60);
    expect(expired).toBeCloseTo(0, 9);
  });
});

describe("default of a venue", () => {
  const stakes = [
    { venue: "deribit", accounts: ["deribit-1"], equityUsd: 500_000, protectedUsd: 200_000 },
    { venue: "binance", accounts: ["binance-1"], equityUsd: 900_000 },
    { venue: "okx", accounts: [], equityUsd: -10 },
  ];

  test("what is lost is equity above protection, and the hedges there are gone", () => {
    const [first, second, third] = exposureAtDefault(stakes, book, { recoveryRatio: 0.2, yearlyProbability: 0.1 });
    expect([first!.venue, second!.venue, third!.venue]).toEqual(["binance", "deribit", "okx"]);
    expect(second!.exposureAtDefaultUsd).toBe(300_000);
    expect(second!.lossGivenDefaultUsd).toBeCloseTo(240_000, 9);
    expect(second!.expectedLossUsd).toBeCloseTo(24_000, 9);
    expect(second!.potentialExposureUsd).toBeGreaterThan(300_000);
    expect(third!.exposureAtDefaultUsd).toBe(0);
    expect(second!.remaining.byAsset.get("BTC")!.deltaCoin).toBeCloseTo(3, 12);
  });

  test("a recovery above one is refused", () => {
    expect(() => exposureAtDefault(stakes, book, { recoveryRatio: 1.1 })).toThrowError(/shares/);
  });
});
