import { assert, double, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  basisArbitrage,
  fundingArbitrage,
  type DatedQuote,
  type PerpetualQuote,
  type Quote,
} from "../../../src/quant/hedge/arbitrage.ts";
import { parityArbitrage, triangularArbitrage, type SpotQuote } from "../../../src/quant/hedge/arbitrage-loops.ts";
import { black76 } from "../../../src/quant/options/black76.ts";

function quote(venue: string, symbol: string, bid: number, ask: number, feeBps = 5, size = 2): Quote {
  return { venue, symbol, bid, ask, bidSize: size, askSize: size, feeBps };
}

describe("funding", () => {
  const low: PerpetualQuote = {
    ...quote("deribit", "BTC-PERPETUAL", 60_000, 60_000.5),
    fundingRatio: -0.0001,
    intervalHours: 8,
  };
  const high: PerpetualQuote = {
    ...quote("binance", "BTCUSDT", 60_000, 60_006, 4),
    fundingRatio: 0.0003,
    intervalHours: 8,
  };

  test("pays net of both spreads and four fees, by hand", () => {
    const [best] = fundingArbitrage([low, high], { holdingHours: 72 });
    const gross = 0.0004 * 9;
    const net = gross - 0.5 / 60_000.5 - 6 / 60_000 - 0.0018;
    expect(best!.legs.map(({ venue, side }) => `${side} ${venue}`)).toEqual(["buy deribit", "sell binance"]);
    expect(best!.grossBps).toBeCloseTo(36, 9);
    expect(best!.netBps).toBeCloseTo(net * 10_000, 9);
    expect(best!.profit).toBeCloseTo(net * 2 * 60_000.5, 6);
    expect(best!.words).toMatch(
      /^Long BTC-PERPETUAL at deribit, short BTCUSDT at binance: funding pays 36.0 bps over 72 h, /,
    );
  });

  test("held too short it does not earn its fees, and is not told", () => {
    expect(fundingArbitrage([low, high], { holdingHours: 8 })).toEqual([]);
    expect(fundingArbitrage([low, high], { holdingHours: 72, minimumNetBps: 50 })).toEqual([]);
  });
});

describe("basis", () => {
  const spot = quote("binance", "BTC/USDT", 60_000, 60_001, 7.5);
  const future: DatedQuote = { ...quote("deribit", "BTC-27MAR27", 61_500, 61_510), years: 0.25, deliveryFeeBps: 2.5 };

  test("cash and carry, by hand", () => {
    const [carry] = basisArbitrage([spot], [future], { financeRate: 0.04 });
    const net = 61_500 / 60_001 - 1 - 0.00225 - 0.01;
    expect(carry!.netBps).toBeCloseTo(net * 10_000, 9);
    expect(carry!.yearlyRatio).toBeCloseTo(net / 0.25, 9);
    expect(carry!.legs.map(({ side, price }) => [side, price])).toEqual([
      ["buy", 60_001],
      ["sell", 61_500],
    ]);
  });

  test("the reverse is told only where coins can be borrowed", () => {
    const discount = { ...future, bid: 58_000, ask: 58_010 };
    expect(basisArbitrage([spot], [discount])).toEqual([]);
    expect(basisArbitrage([spot], [discount], { borrowRate: 0.03 })[0]!.legs[0]!.side).toBe("sell");
  });

  test("a crossed book is stale, not free money", () => {
    expect(() => basisArbitrage([{ ...spot, bid: 60_100 }], [future])).toThrowError(
      expect.objectContaining({ code: "ARBITRAGE" }) as Error,
    );
  });
});

function market(base: string, counter: string, bid: number, ask: number, size: number): SpotQuote {
  return { ...quote("binance", `${base}/${counter}`, bid, ask, 1, size), base, quote: counter };
}

describe("triangles", () => {
  const markets = [
    market("BTC", "USDT", 60_000, 60_001, 3),
    market("ETH", "USDT", 3030, 3030.5, 50),
    market("ETH", "BTC", 0.0499, 0.05, 40),
  ];

  test("USDT → BTC → ETH → USDT earns what three trades leave, limited by the thinnest book", () => {
    const [best] = triangularArbitrage(markets, "USDT");
    const round = (1 / 60_001 / 0.05) * 3030;
    expect(best!.grossBps).toBeCloseTo((round - 1) * 10_000, 8);
    expect(best!.netBps).toBeCloseTo((round * 0.9999 ** 3 - 1) * 10_000, 8);
    expect(best!.legs.map(({ symbol, side }) => `${side} ${symbol}`)).toEqual([
      "buy BTC/USDT",
      "buy ETH/BTC",
      "sell ETH/USDT",
    ]);
    expect(best!.legs[1]!.quantity).toBeCloseTo(40, 9);
    expect(best!.words).toMatch(/^USDT → BTC → ETH → USDT at binance: /);
  });

  test("the other way round loses, and a loop never crosses venues", () => {
    expect(triangularArbitrage(markets, "USDT")).toHaveLength(1);
    expect(
      triangularArbitrage(
        markets.map((one, index) => ({ ...one, venue: `v${index}` })),
        "USDT",
      ),
    ).toEqual([]);
  });
});

function tight(symbol: string, middle: number): Quote {
  return quote("deribit", symbol, middle, middle * (1 + 1e-9), 1);
}

describe("put–call parity", () => {
  const fair = record({
    strike: double({ min: 30_000, max: 100_000, noNaN: true }),
    years: double({ min: 0.01, max: 1, noNaN: true }),
    sigma: double({ min: 0.2, max: 1.5, noNaN: true }),
    rate: double({ min: 0, max: 0.1, noNaN: true }),
  });

  test("a market at model prices holds no opportunity, whatever the strike, time, volatility and rate", () => {
    assert(
      property(fair, ({ strike, years, sigma, rate }) => {
        const price = (kind: "call" | "put"): number =>
          Math.max(1e-6, black76({ kind, forward: 60_000, strike, years, sigma, rate }).price);
        const found = parityArbitrage([
          {
            call: tight("C", price("call")),
            put: tight("P", price("put")),
            future: tight("F", 60_000),
            strike,
            years,
            rate,
          },
        ]);
        expect(found).toEqual([]);
      }),
    );
  });

  test("a call too dear is a conversion, by hand", () => {
    const [found] = parityArbitrage([
      {
        call: quote("deribit", "C", 5000, 5100),
        put: quote("deribit", "P", 3900, 4000),
        future: quote("deribit", "F", 60_000, 60_010, 5),
        strike: 60_000,
        years: 0.1,
        optionFeeUsd: 18,
      },
    ]);
    expect(found!.profit).toBeCloseTo(2 * (5000 - 4000 - 10 - 36 - 60_010 * 0.0005), 9);
    expect(found!.legs.map(({ symbol, side }) => `${side} ${symbol}`)).toEqual(["buy F", "buy P", "sell C"]);
    expect(found!.words).toMatch(/^Conversion at 60000 on deribit/);
  });
});
