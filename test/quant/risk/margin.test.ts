import { assert, constantFrom, double, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { crossAccount } from "../../../src/quant/risk/cross-account.ts";
import {
  deribitFutureMargin,
  deribitOptionMargin,
  deribitPortfolioMargin,
} from "../../../src/quant/risk/deribit-margin.ts";
import { liquidationPrices, liquidationProbability, priceFan } from "../../../src/quant/risk/liquidation.ts";
import {
  BINANCE_BTCUSDT_2021,
  bracketMargin,
  bracketOf,
  liquidationPrice,
  marginBrackets,
  type MarginBracket,
} from "../../../src/quant/risk/margin-brackets.ts";

/** One tier alone, as the venue's worked examples name it. */
function tier(maintenanceRatio: number, deduction: number): MarginBracket[] {
  return [{ floor: 0, cap: Number.MAX_VALUE, maintenanceRatio, deduction, initialRatio: 0.01 }];
}

describe("tiers", () => {
  test("the deductions are those that Binance prints beside its BTCUSDT tiers of 2021", () => {
    expect(BINANCE_BTCUSDT_2021.map((bracket) => Math.round(bracket.deduction))).toEqual([
      0, 50, 1300, 16_300, 266_300, 1_266_300, 2_516_300, 5_016_300, 25_016_300, 100_016_300,
    ]);
  });

  test("as in Binance's COIN-M example, from the fourth to the fifth level the deduction grows by 50 BTC × (5 % − 2.5 %)", () => {
    const levels = marginBrackets([
      [5, 0.004, 125],
      [10, 0.005, 100],
      [20, 0.01, 50],
      [50, 0.025, 20],
      [100, 0.05, 10],
    ]);
    expect(levels[4]!.deduction - levels[3]!.deduction).toBeCloseTo(50 * (0.05 - 0.025), 12);
  });

  test("the margin never jumps where a position grows into the next tier", () => {
    for (const { cap } of BINANCE_BTCUSDT_2021.slice(0, -1)) {
      const [before, after] = [
        bracketMargin(BINANCE_BTCUSDT_2021, cap),
        bracketMargin(BINANCE_BTCUSDT_2021, cap * (1 + 1e-12)),
      ];
      expect(after.maintenance / before.maintenance).toBeCloseTo(1, 9);
    }
  });

  test("more leverage than the tier allows is refused", () => {
    expect(bracketMargin(BINANCE_BTCUSDT_2021, 40_000, 125)).toEqual({ initial: 320, maintenance: 160 });
    expect(() => bracketMargin(BINANCE_BTCUSDT_2021, 400_000, 100)).toThrowError(/above the 50/);
    expect(() =>
      marginBrackets([
        [2, 0.1, 5],
        [1, 0.2, 4],
      ]),
    ).toThrowError(/lowest first/);
    expect(() => marginBrackets([])).toThrowError(expect.objectContaining({ code: "EMPTY_SERIES" }) as Error);
  });
});

describe("liquidation price", () => {
  test.each([
    // Binance support, "Liquidation price of USDⓈ-M futures contracts", cross margin, the worked example's two contracts.
    ["ETHUSDT", 1_535_443.01 - 71_200.81 - 56_354.57, 3683.979, 1456.84, tier(0.1, 135_365), 1153.26],
    ["BTCUSDT", 1_535_443.01 - 356_512.508 - 448_192.89, 109.488, 32_481.98, tier(0.025, 16_300), 26_316.89],
  ])("the venue's own example: %s", (_, collateral, size, entryPrice, brackets, price) => {
    expect(liquidationPrice({ size, settlement: "linear", entryPrice, collateral, brackets })).toBeCloseTo(price, 2);
  });

  const positions = record({
    size: double({ min: 0.001, max: 500, noNaN: true }),
    side: constantFrom(1, -1),
    entryPrice: double({ min: 1000, max: 100_000, noNaN: true }),
    collateralRatio: double({ min: 0.05, max: 0.95, noNaN: true }),
    settlement: constantFrom("linear" as const, "inverse" as const),
  });

  test("at the liquidation price equity is the maintenance margin, in whatever tier that price lies", () => {
    assert(
      property(positions, ({ size, side, entryPrice, collateralRatio, settlement }) => {
        const linear = settlement === "linear";
        const amount = linear ? size : size * entryPrice;
        const brackets = linear
          ? BINANCE_BTCUSDT_2021
          : marginBrackets([
              [5, 0.004, 125],
              [50, 0.01, 50],
              [500, 0.05, 10],
              [1e6, 0.125, 4],
            ]);
        const collateral = collateralRatio * (linear ? size * entryPrice : size);
        const price = liquidationPrice({ size: side * amount, settlement, entryPrice, collateral, brackets });
        if (price === undefined) return;
        const notional = linear ? amount * price : amount / price;
        const profit = side * amount * (linear ? price - entryPrice : 1 / entryPrice - 1 / price);
        expect((collateral + profit) / notional).toBeCloseTo(
          bracketMargin(brackets, notional).maintenance / notional,
          9,
        );
        expect(bracketOf(brackets, notional).maintenanceRatio).toBeGreaterThan(0);
      }),
    );
  });

  test("a fully paid long is never liquidated, and a coin-margined short fully paid neither", () => {
    expect(
      liquidationPrice({ size: 1, settlement: "linear", entryPrice: 100, collateral: 100.5, brackets: tier(0.005, 0) }),
    ).toBeUndefined();
    expect(
      liquidationPrice({
        size: -100,
        settlement: "inverse",
        entryPrice: 100,
        collateral: 1.1,
        brackets: tier(0.005, 0),
      }),
    ).toBeUndefined();
  });

  test("in a cross account each price holds the other positions still, and at it the ratio is one", () => {
    const long = { symbol: "BTC", size: 2, entryPrice: 60_000, markPrice: 61_000, brackets: BINANCE_BTCUSDT_2021 };
    const short = { symbol: "ETH", size: -20, entryPrice: 3000, markPrice: 2900, brackets: BINANCE_BTCUSDT_2021 };
    const account = crossAccount(20_000, [long, short]);
    expect(account.equity).toBe(24_000);
    const markPrice = account.positions[0]!.liquidationPrice!;
    expect(crossAccount(20_000, [{ ...long, markPrice }, short]).marginRatio).toBeCloseTo(1, 9);
  });
});

describe("Deribit", () => {
  test.each([
    [0, 0, 0],
    [25, 0.53125, 0.28125],
    [350, 13.125, 9.625],
    [-350, 13.125, 9.625],
  ])("futures: the venue's table at %f BTC", (coins, initial, maintenance) => {
    const margin = deribitFutureMargin(coins);
    expect(margin.initial).toBeCloseTo(initial, 12);
    expect(margin.maintenance).toBeCloseTo(maintenance, 12);
  });

  test.each([
    [
      "short call at the money",
      { kind: "call" as const, size: -1, strikeUsd: 60_000, forwardUsd: 60_000, markCoin: 0.05 },
      0.2,
      0.125,
    ],
    [
      "short call 10 % out",
      { kind: "call" as const, size: -2, strikeUsd: 66_000, forwardUsd: 60_000, markCoin: 0.01 },
      0.22,
      0.17,
    ],
    [
      "short put deep in",
      { kind: "put" as const, size: -1, strikeUsd: 240_000, forwardUsd: 60_000, markCoin: 3 },
      3.225,
      3.225,
    ],
    ["long call", { kind: "call" as const, size: 5, strikeUsd: 60_000, forwardUsd: 60_000, markCoin: 0.05 }, 0, 0],
  ])("options by the standard rule: %s", (_, option, initial, maintenance) => {
    const margin = deribitOptionMargin(option);
    expect(margin.initial).toBeCloseTo(initial, 12);
    expect(margin.maintenance).toBeCloseTo(maintenance, 12);
  });

  const call = { kind: "call" as const, strikeUsd: 60_000, forwardUsd: 60_000, years: 30 / 365, sigma: 0.6 };

  test("portfolio margin: one coin long loses 16 % at worst, against another expiry only the contingency", () => {
    const alone = deribitPortfolioMargin(60_000, [{ kind: "future", name: "PERPETUAL", coins: 1 }]);
    expect(alone.maintenance).toBeCloseTo(0.16, 12);
    expect(alone.worst).toEqual({ priceMove: -0.16, vol: "up" });
    const hedged = deribitPortfolioMargin(60_000, [
      { kind: "future", name: "PERPETUAL", coins: 1 },
      { kind: "future", name: "27DEC26", coins: -1 },
    ]);
    expect(hedged.maintenance).toBeCloseTo(0.01, 12);
    expect(hedged.initial).toBeCloseTo(0.013, 12);
  });

  test("portfolio margin: a delta-hedged short call needs less than the bare one, a long call its premium at most", () => {
    const bare = deribitPortfolioMargin(60_000, [{ ...call, coins: -1 }]);
    const hedged = deribitPortfolioMargin(60_000, [
      { ...call, coins: -1 },
      { kind: "future", name: "PERPETUAL", coins: 0.53 },
    ]);
    expect(hedged.maintenance).toBeLessThan(0.9 * bare.maintenance);
    const long = deribitPortfolioMargin(60_000, [{ ...call, coins: 1 }]);
    expect(long.maintenance).toBeLessThan(0.07);
    expect(() => deribitPortfolioMargin(60_000, [])).toThrowError(/empty/);
  });
});

describe("liquidation of a book without a formula", () => {
  test("a linear position found by search agrees with the formula", () => {
    const position = {
      size: 2,
      settlement: "linear" as const,
      entryPrice: 60_000,
      collateral: 20_000,
      brackets: BINANCE_BTCUSDT_2021,
    };
    const prices = liquidationPrices({
      spot: 60_000,
      equityAt: (price) => 20_000 + 2 * (price - 60_000),
      maintenanceAt: (price) => bracketMargin(BINANCE_BTCUSDT_2021, 2 * price).maintenance,
    });
    expect(prices.below).toBeCloseTo(liquidationPrice(position)!, 6);
    expect(prices.above).toBeUndefined();
  });

  test("a short strangle can be liquidated on both sides, sooner under more volatility", () => {
    const prices = liquidationPrices({
      spot: 100,
      equityAt: (price) => 30 - Math.max(0, price - 110) - Math.max(0, 90 - price),
      maintenanceAt: (price) => 0.1 * price,
    });
    expect(prices.below).toBeLessThan(90);
    expect(prices.above).toBeGreaterThan(110);
    const at = (sigma: number): number => liquidationProbability(prices, { spot: 100, sigma, years: 0.1 }).either;
    expect(at(0.5)).toBeGreaterThan(0);
    expect(at(1)).toBeGreaterThan(at(0.5));
  });

  test("an account under water already says so", () => {
    expect(() => liquidationPrices({ spot: 1, equityAt: () => 0, maintenanceAt: () => 1 })).toThrowError(/already/);
  });

  test("the fan starts at spot, its median follows the drift of the logarithm, and it widens", () => {
    const { quantiles, years } = priceFan({ spot: 100, drift: 0.1, sigma: 0.5, years: 1, steps: 4 });
    expect(years).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(quantiles.every(({ prices }) => prices[0] === 100)).toBe(true);
    const median = quantiles.find(({ probability }) => probability === 0.5)!.prices;
    expect(median[4]).toBeCloseTo(100 * Math.exp(0.1 - 0.125), 9);
    expect(quantiles.at(-1)!.prices[4]!).toBeGreaterThan(quantiles.at(-1)!.prices[1]!);
  });
});
