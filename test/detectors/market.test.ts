import { describe, expect, test } from "vitest";
import { basisDislocation } from "../../src/detectors/basis-dislocation.ts";
import { fundingDislocation } from "../../src/detectors/funding-dislocation.ts";
import { liquidationCascade } from "../../src/detectors/liquidation-cascade.ts";
import { liquidityEvaporation } from "../../src/detectors/liquidity-evaporation.ts";
import { momentumIgnition } from "../../src/detectors/momentum-ignition.ts";
import { priceDislocation } from "../../src/detectors/price-dislocation.ts";
import { priceJump } from "../../src/detectors/price-jump.ts";
import { pumpAndDump } from "../../src/detectors/pump-and-dump.ts";
import { quoteStuffing } from "../../src/detectors/quote-stuffing.ts";
import { spoofing } from "../../src/detectors/spoofing.ts";
import { stablecoinDepeg } from "../../src/detectors/stablecoin-depeg.ts";
import { staleFeed } from "../../src/detectors/stale-feed.ts";
import { venueOutage } from "../../src/detectors/venue-outage.ts";
import { volatilityRegime } from "../../src/detectors/volatility-regime.ts";
import { washTrading } from "../../src/detectors/wash-trading.ts";
import { stage } from "./_stage.ts";

describe("a stale feed", () => {
  const live = (lagMs: number) => {
    const one = stage(staleFeed);
    for (let at = 0; at < 20_000; at += 100)
      one.take({ kind: "quote", at: at - lagMs, receivedAt: at, bid: 100, ask: 101, bidSize: 1, askSize: 1 });
    return one;
  };

  test.each([0, -1270, 800])("is noticed when quotes stop, whatever the venue's clock says (%i ms off)", (lagMs) => {
    const one = live(lagMs);
    one.advance(23_000);
    expect(one.hits).toEqual([]);
    one.advance(28_000);
    expect(one.firing()).toHaveLength(1);
    one.take({ kind: "quote", at: 28_500 - lagMs, receivedAt: 28_500, bid: 100, ask: 101, bidSize: 1, askSize: 1 });
    one.advance(30_000);
    expect(one.hits.at(-1)!.status).toBe("resolved");
  });

  test("is noticed when messages come seconds later than they use to", () => {
    const one = live(0);
    for (let at = 20_000; at < 24_000; at += 100)
      one.take({ kind: "quote", at: at - 4000, receivedAt: at, bid: 100, ask: 101, bidSize: 1, askSize: 1 });
    one.advance(25_000);
    expect(one.firing()[0]!.title).toContain("late");
  });

  test("that stays late is not taken for live again because it always comes late now", () => {
    const one = live(0);
    for (let at = 20_000; at < 320_000; at += 100)
      one.take({ kind: "quote", at: at - 4000, receivedAt: at, bid: 100, ask: 101, bidSize: 1, askSize: 1 });
    one.advance(321_000);
    expect(one.hits.map((hit) => hit.status)).not.toContain("resolved");
    for (let at = 321_000; at < 330_000; at += 100)
      one.take({ kind: "quote", at, receivedAt: at, bid: 100, ask: 101, bidSize: 1, askSize: 1 });
    one.advance(331_000);
    expect(one.hits.at(-1)!.status).toBe("resolved");
  });

  test("is not seen in an instrument that is usually quoted once a minute", () => {
    const one = stage(staleFeed, { learn: 10 });
    for (let at = 0; at < 1_200_000; at += 60_000) one.quote(at, 100, 101);
    one.advance(1_300_000);
    expect(one.hits).toEqual([]);
  });
});

test("a venue that falls silent as a whole is out, and one instrument's silence is not enough", () => {
  const one = stage(venueOutage);
  for (let at = 0; at < 30_000; at += 100) one.quote(at, 100, 101, at < 15_000 ? "okx BTC-USDT" : "okx ETH-USDT");
  one.advance(31_000);
  expect(one.hits).toEqual([]);
  one.advance(45_000);
  expect(one.firing()).toHaveLength(1);
  expect(one.firing()[0]!).toMatchObject({ venue: "okx", instrument: "*" });
});

describe("prices apart across venues", () => {
  const both = (usual: number) => {
    const one = stage(priceDislocation);
    for (let at = 0; at < 20_000; at += 100) {
      const wave = Math.sin(at / 1000) * 0.5;
      one.quote(at, 30_000 + wave, 30_001 + wave, "binance BTCUSDT");
      one.quote(at + 10, (30_000 + wave) * usual, (30_001 + wave) * usual, "coinbase BTC-USD");
    }
    return one;
  };

  test.each([1, 1.004])("are silent while they keep their usual ratio (%f)", (usual) => {
    expect(both(usual).hits).toEqual([]);
  });

  test("speak when one venue runs away for long enough, net of both fees", () => {
    const one = both(1.001);
    for (let at = 20_000; at < 21_500; at += 100) {
      one.quote(at, 30_000 + at / 1e5, 30_001 + at / 1e5, "binance BTCUSDT");
      one.quote(at + 10, 30_000 * 1.001 * 1.005 + at / 1e5, 30_001 * 1.001 * 1.005 + at / 1e5, "coinbase BTC-USD");
    }
    expect(one.firing().length).toBeGreaterThanOrEqual(1);
    expect(one.firing()[0]!.evidence["edgeAfterFeesBps"]).toBeGreaterThan(30);
  });

  /** Ten seconds in which the second place is told `ratio` times the first, then two in which it runs off by half a percent. */
  const runsOff = (first: string, second: string, ratio: number) => {
    const one = stage(priceDislocation);
    for (let at = 0; at < 22_000; at += 100) {
      const [price, off] = [30_000 + (at % 7), ratio * (at < 20_000 ? 1 : 1.005)];
      one.quote(at, price, price + 1, first);
      one.quote(at + 10, price * off, (price + 1) * off, second);
    }
    return one.hits;
  };

  test.each([
    ["in dollars with one in bitcoin", "binance ETHUSDT", "coinbase ETH-BTC", 1e-5],
    ["with another coin of the same ticker", "binance LUNAUSDT", "coinbase LUNA-USD", 0.02],
    ["in dollars with one in euros", "binance BTCUSDT", "coinbase BTC-EUR", 0.9],
  ])("do not compare a coin %s", (_name, first, second, ratio) => {
    expect(runsOff(first, second, ratio)).toEqual([]);
  });

  test("in euros are compared with each other", () => {
    expect(runsOff("binance BTCEUR", "coinbase BTC-EUR", 1).length).toBeGreaterThan(0);
  });

  test("of one place against two others are one alert, which ends with the last of them", () => {
    const one = stage(priceDislocation);
    const names = ["binance BTCUSDT", "coinbase BTC-USD", "kraken BTC/USD"];
    /** The first place as quoted, the others at these ratios to it. */
    const until = (from: number, to: number, second: number, third: number) => {
      for (let at = from; at < to; at += 100) {
        const price = 30_000 + (at % 7);
        for (const [index, ratio] of [second, third, 1].entries())
          one.quote(at + index * 10, price * ratio, (price + 1) * ratio, names[(index + 1) % 3]);
      }
    };
    const ends = () => one.hits.filter((hit) => hit.venue === "binance" && hit.status === "resolved").length;
    until(0, 20_000, 1, 1);
    until(20_000, 24_000, 1.006, 1.006);
    expect(one.firing().some((hit) => hit.venue === "binance")).toBe(true);
    until(24_000, 30_000, 1, 1.006);
    expect(ends()).toBe(0);
    until(30_000, 36_000, 1, 1);
    expect(ends()).toBe(1);
  });

  test("do not compare a perpetual with spot", () => {
    const one = stage(priceDislocation);
    for (let at = 0; at < 30_000; at += 100) {
      one.quote(at, 30_000 + (at % 7), 30_001 + (at % 7), "binance BTCUSDT");
      one.quote(
        at,
        30_900 + (at % 5) + (at > 20_000 ? 900 : 0),
        30_901 + (at % 5) + (at > 20_000 ? 900 : 0),
        "binanceusdm BTCUSDT",
      );
    }
    expect(one.hits).toEqual([]);
  });
});

test("a perpetual that leaves spot by far more than usual is out of line", () => {
  const one = stage(basisDislocation);
  const put = (at: number, basis: number) => {
    one.quote(at, 29_999, 30_001, "binance BTCUSDT");
    one.quote(at + 1, 29_999 * (1 + basis), 30_001 * (1 + basis), "binanceusdm BTCUSDT");
  };
  for (let at = 0; at < 120_000; at += 1000) put(at, 0.0004 + 0.0001 * Math.sin(at));
  expect(one.hits).toEqual([]);
  put(120_000, 0.012);
  expect(one.firing()).toHaveLength(1);
  one.take({ kind: "mark", at: 121_000, mark: 29_000, index: 30_000, market: "bybit BTCUSDT" });
  expect(one.firing()).toHaveLength(2);
});

test("a perpetual in dollars is measured against spot in dollars, whatever else the coin is quoted in", () => {
  const one = stage(basisDislocation);
  for (let at = 0; at < 120_000; at += 1000) {
    one.quote(at, 2999, 3001, "binance ETHUSDT");
    one.quote(at + 1, 0.0999, 0.1001, "binance ETHBTC");
    one.quote(at + 2, 2999 + Math.sin(at), 3001 + Math.sin(at), "binanceusdm ETHUSDT");
  }
  expect(one.hits).toEqual([]);
  one.quote(121_000, 3040, 3042, "binanceusdm ETHUSDT");
  expect(one.firing().map((hit) => hit.evidence["basisBps"])).toEqual([136.66667]);
});

test("a dated future that stands off its index by months of carry is in line", () => {
  const one = stage(basisDislocation);
  const mark = (at: number, market: string) => one.take({ kind: "mark", at, mark: 30_900, index: 30_000, market });
  for (let at = 0; at < 120_000; at += 1000) {
    mark(at, "deribit BTC-27DEC24");
    mark(at, "bybit BTC-27DEC24");
  }
  expect(one.hits).toEqual([]);
  mark(121_000, "deribit BTC-PERPETUAL");
  expect(one.firing()).toHaveLength(1);
});

test("funding speaks when it is extreme, and when venues are far apart", () => {
  const one = stage(fundingDislocation);
  const fund = (at: number, rate: number, market: string, intervalMs = 28_800_000) =>
    one.take({ kind: "funding", at, rate, intervalMs, market });
  fund(0, 0.0001, "binanceusdm BTCUSDT");
  fund(1, 0.0001, "bybit BTCUSDT");
  expect(one.hits).toEqual([]);
  fund(2, -0.0009, "bybit BTCUSDT");
  expect(one.firing()).toHaveLength(1);
  fund(3, 0.0003, "hyperliquid ETH", 3_600_000);
  expect(one.firing().at(-1)!.evidence["fundingBpsPerEightHours"]).toBe(24);
});

test("of funding rates far apart the extreme one is told, and by its distance; one that nobody tells any more is none", () => {
  const one = stage(fundingDislocation);
  const fund = (at: number, rate: number, market: string) =>
    one.take({ kind: "funding", at, rate, intervalMs: 28_800_000, market });
  fund(0, 0.0003, "binanceusdm BTCUSDT");
  fund(1, -0.0006, "bybit BTCUSDT");
  fund(2, 0.0003, "binanceusdm BTCUSDT");
  fund(3, 0.0003, "okx BTC-USDT-SWAP");
  expect(one.firing().map((hit) => hit.title)).toEqual([
    "BTC/USDT:USDT funds at -6.0 bps for eight hours at bybit, 9.0 bps from binanceusdm BTC/USDT:USDT",
  ]);
  fund(13 * 3_600_000, -0.0006, "bybit BTCUSDT");
  expect(one.hits.at(-1)!.status).toBe("resolved");
});

describe("a stablecoin", () => {
  test("that trades at 0.98 has left its peg, one odd trade has not", () => {
    const one = stage(stablecoinDepeg);
    for (let at = 0; at < 60_000; at += 1000) one.trade(at, 1, 1, 1, "binance USDCUSDT");
    one.trade(60_500, 0.95, 1, -1, "binance USDCUSDT");
    one.trade(61_500, 1, 1, 1, "binance USDCUSDT");
    expect(one.hits).toEqual([]);
    for (let at = 62_000; at < 120_000; at += 1000) one.trade(at, 0.98, 1, -1, "binance USDCUSDT");
    expect(one.firing().length).toBeGreaterThanOrEqual(1);
  });

  test("is not looked for in coins that promise nothing", () => {
    const one = stage(stablecoinDepeg);
    one.trade(0, 0.5, 1, 1, "binance XRPUSDT");
    expect(one.hits).toEqual([]);
  });
});

test("liquidations cascade when forced orders of one side make up the tape and push the price", () => {
  const one = stage(liquidationCascade);
  for (let i = 0; i < 60; i += 1) one.trade(i * 500, 30_000, 1, i % 2 === 0 ? 1 : -1);
  for (let i = 0; i < 10; i += 1) {
    const at = 30_000 + i * 1000;
    one.trade(at, 30_000 - i * 40, 1, -1);
    one.take({ kind: "liquidation", at: at + 1, price: 30_000 - i * 40, size: 2, taker: -1 });
  }
  expect(one.firing().length).toBeGreaterThanOrEqual(1);
  expect(one.firing()[0]!.title).toContain("longs");
});

describe("candles", () => {
  const candle = (one: ReturnType<typeof stage>, hour: number, close: number) =>
    one.take({
      kind: "candle",
      at: hour * 3_600_000,
      intervalMs: 3_600_000,
      open: close,
      high: close,
      low: close,
      close,
      volume: 1,
    });

  test("show a jump that local volatility does not explain", () => {
    const one = stage(priceJump);
    for (let hour = 0; hour < 100; hour += 1) candle(one, hour, 100 + Math.sin(hour * 1.7) * 0.3);
    expect(one.hits).toEqual([]);
    candle(one, 100, 90);
    expect(one.firing()).toHaveLength(1);
  });

  test("show none where some are missing and the price went as far as it does in that time", () => {
    const one = stage(priceJump);
    for (let hour = 0; hour < 100; hour += 1) candle(one, hour, 100 + Math.sin(hour * 1.7) * 0.3);
    candle(one, 172, 104);
    expect(one.hits).toEqual([]);
    candle(one, 244, 80);
    expect(one.firing()).toHaveLength(1);
  });

  test("show that volatility moved to another level, and back", () => {
    const one = stage(volatilityRegime);
    const wave = (hour: number, size: number) => candle(one, hour, 100 + (hour % 2 === 0 ? size : -size));
    for (let hour = 0; hour < 200; hour += 1) wave(hour, 0.2);
    expect(one.hits).toEqual([]);
    for (let hour = 200; hour < 212; hour += 1) wave(hour, 2);
    expect(one.firing().length).toBeGreaterThanOrEqual(1);
    for (let hour = 212; hour < 400; hour += 1) wave(hour, 0.2);
    expect(one.hits.at(-1)!.status).toBe("resolved");
  });
});

test("a price heard again after an hour without a feed did not jump because an hour passed", () => {
  const one = stage(priceJump);
  const quote = (at: number, price: number): void => one.quote(at, price - 0.5, price + 0.5);
  // Some 2 bps every five seconds, which is some 50 bps an hour.
  for (let i = 0; i < 200; i += 1) quote(i * 5000, 30_000 + 5 * Math.sin(i * 1.7));
  quote(4_600_000, 30_200);
  expect(one.hits).toEqual([]);
  quote(4_605_000, 30_000);
  expect(one.firing()).toHaveLength(1);
});

describe("spoofing", () => {
  /** A book of ten levels a side of size one, updated twice a second. */
  const calm = (one: ReturnType<typeof stage>, from: number, to: number) => {
    for (let at = from; at < to; at += 250) {
      for (let i = 0; i < 10; i += 1) {
        one.level(at, 0, 100_000 - i, 1 + ((at / 250 + i) % 3) * 0.1);
        one.level(at, 1, 100_001 + i, 1 + ((at / 250 + i) % 3) * 0.1);
      }
    }
  };
  const cycles = (one: ReturnType<typeof stage>, from: number, count: number, size: number, fill = false) => {
    for (let i = 0; i < count; i += 1) {
      const at = from + i * 3000;
      one.level(at, 0, 99_998, size);
      one.trade(at + 300, 100_001, 0.5, 1);
      if (fill) one.trade(at + 400, 99_998, size / 2, -1);
      one.level(at + 900, 0, 99_998, 1);
      calm(one, at + 1000, at + 3000);
    }
  };

  test("is large bids placed and pulled again and again while the ask side trades", () => {
    const one = stage(spoofing);
    calm(one, 0, 90_000);
    cycles(one, 90_000, 9, 60);
    expect(one.firing().length).toBeGreaterThanOrEqual(1);
    expect(one.firing()[0]!.evidence).toMatchObject({ side: "bid" });
    expect(one.firing()[0]!.chart!.value.length).toBeGreaterThanOrEqual(7);
  });

  test.each([
    ["once", 1, 60, false],
    ["too small to mislead", 9, 3, false],
    ["traded before they were pulled", 9, 60, true],
  ])("is not found in orders that come %s", (_, count, size, fill) => {
    const one = stage(spoofing);
    calm(one, 0, 90_000);
    cycles(one, 90_000, count, size, fill);
    expect(one.firing()).toEqual([]);
  });
});

test("quote stuffing is a flood of updates with hardly a trade; a rush with trades is none", () => {
  for (const [tradesASecond, found] of [
    [0, 1],
    [200, 0],
  ] as const) {
    const one = stage(quoteStuffing);
    for (let second = 0; second < 90; second += 1) {
      for (let i = 0; i < 50; i += 1) one.quote(second * 1000 + i * 20, 100, 101);
    }
    for (let second = 90; second < 96; second += 1) {
      for (let i = 0; i < 2000; i += 1) one.quote(second * 1000 + i / 2, 100, 101);
      for (let i = 0; i < tradesASecond; i += 1) one.trade(second * 1000 + 999, 100);
    }
    expect(one.firing()).toHaveLength(found);
  }
});

describe("washed volume", () => {
  test("is one party on both sides", () => {
    const one = stage(washTrading);
    for (let i = 0; i < 40; i += 1) {
      const own = i % 2 === 0;
      one.take({
        kind: "trade",
        at: i * 1000,
        price: 10,
        size: 1 + i,
        taker: 1,
        buyer: own ? "0xa" : `0x${i}`,
        seller: own ? "0xa" : `0y${i}`,
      });
    }
    expect(one.firing().length).toBeGreaterThanOrEqual(1);
  });

  test("is equal sizes going to and fro at one price where no party is known", () => {
    const one = stage(washTrading);
    for (let i = 0; i < 40; i += 1) one.trade(i * 400, 10, 5 + Math.floor(i / 2), i % 2 === 0 ? 1 : -1);
    expect(one.firing().length).toBeGreaterThanOrEqual(1);
  });

  test("is not what a varied tape looks like", () => {
    const one = stage(washTrading);
    for (let i = 0; i < 400; i += 1)
      one.trade(i * 100, 10 + (i % 5) * 0.01, 1 + ((i * 7919) % 101) / 10, i % 3 === 0 ? -1 : 1);
    expect(one.hits).toEqual([]);
  });
});

test("momentum ignition is a one-sided burst whose move is taken back; a move that stays is none", () => {
  for (const [back, found] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const one = stage(momentumIgnition);
    for (let i = 0; i < 400; i += 1) one.trade(i * 500, 1000 + (i % 2) * 0.1, 1, i % 2 === 0 ? 1 : -1);
    for (let i = 0; i < 40; i += 1) one.trade(200_000 + i * 100, 1000 + i * 0.25, 8, 1);
    for (let i = 0; i < 60; i += 1) one.trade(205_000 + i * 200, back ? 1010 - i * 0.15 : 1010, 1, -1);
    expect(one.firing()).toHaveLength(found);
  }
});

test("a pump is a rush of sweeping buys far above the hour's price", () => {
  const one = stage(pumpAndDump);
  for (let i = 0; i < 200; i += 1)
    one.trade(i * 60_000, 1e-6 + (i % 3) * 1e-9, 100, i % 2 === 0 ? 1 : -1, "binance APPC/BTC");
  expect(one.hits).toEqual([]);
  const from = 200 * 60_000;
  for (let i = 0; i < 100; i += 1)
    one.trade(from + Math.floor(i / 4) * 100, 1e-6 * (1 + i * 0.002), 500, 1, "binance APPC/BTC");
  expect(one.firing().length).toBeGreaterThanOrEqual(1);
  expect(one.firing()[0]!.evidence["rushOrders"]).toBeGreaterThan(5);
});

test("one message from a clock that runs a day ahead does not blind a detector for the day", () => {
  const one = stage(momentumIgnition);
  for (let i = 0; i < 400; i += 1) one.trade(i * 500, 1000 + (i % 2) * 0.1, 1, i % 2 === 0 ? 1 : -1);
  const parties = { taker: 1, buyer: "", seller: "" };
  one.take({ kind: "trade", at: 86_400_000, receivedAt: 199_900, price: 1000, size: 1, ...parties });
  for (let i = 0; i < 40; i += 1) one.trade(200_000 + i * 100, 1000 + i * 0.25, 8, 1);
  for (let i = 0; i < 60; i += 1) one.trade(205_000 + i * 200, 1010 - i * 0.15, 1, -1);
  expect(one.firing()).toHaveLength(1);
});

test("liquidity is gone when the book near the best price empties", () => {
  const one = stage(liquidityEvaporation);
  for (let at = 0; at < 60_000; at += 500) {
    for (let i = 0; i < 10; i += 1) {
      one.level(at, 0, 100_000 - i, 5);
      one.level(at, 1, 100_001 + i, 5);
    }
  }
  expect(one.hits).toEqual([]);
  for (let i = 0; i < 10; i += 1) one.level(60_000, 0, 100_000 - i, i === 9 ? 1 : 0);
  for (let at = 60_500; at < 64_000; at += 500) one.level(at, 0, 99_991, 1);
  expect(one.firing().length).toBeGreaterThanOrEqual(1);
});
