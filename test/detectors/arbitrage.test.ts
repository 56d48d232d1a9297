import { describe, expect, test } from "vitest";
import { toAlert } from "../../src/detectors/alert.ts";
import { arbitrageBasis } from "../../src/detectors/arbitrage-basis.ts";
import { arbitrageFunding } from "../../src/detectors/arbitrage-funding.ts";
import { arbitrageParity } from "../../src/detectors/arbitrage-parity.ts";
import { arbitrageTriangular } from "../../src/detectors/arbitrage-triangular.ts";
import { START, stage } from "./_stage.ts";

/** Runs `quotes` once a second for `seconds`. */
function every(seconds: number, quotes: (at: number) => void, from = 0): void {
  for (let at = from; at < from + seconds * 1000; at += 1000) quotes(at);
}

describe("funding between two perpetuals", () => {
  const run = (first: number, second: number, seconds = 90) => {
    const one = stage(arbitrageFunding);
    const rate = (market: string, value: number) =>
      one.take({ kind: "funding", at: 0, market, rate: value, intervalMs: 28_800_000 });
    rate("binanceusdm BTCUSDT", first);
    rate("bybit BTCUSDT", second);
    every(seconds, (at) => {
      one.quote(at, 60_000, 60_001, "binanceusdm BTCUSDT");
      one.quote(at, 60_000, 60_001, "bybit BTCUSDT");
    });
    return one;
  };

  test("pays for a pair where it is far apart: short the dear, long the cheap, with both orders in words", () => {
    const [hit, ...more] = run(0.0008, 0.0001).firing();
    expect(more).toEqual([]);
    expect(hit).toMatchObject({ alert: "arbitrage.funding" });
    // 7 bps each eight hours for three days is 63 bps; four fees of 5 bps and two spreads come off.
    expect(Number(hit!.evidence["netBps"])).toBeCloseTo(63 - 20 - 0.33, 1);
    expect(hit!.evidence["firstLeg"]).toBe("buy 0.166664 BTC/USDT:USDT at 60001 on bybit");
    expect(hit!.evidence["secondLeg"]).toBe("sell 0.166664 BTC/USDT:USDT at 60000 on binanceusdm");
    const alert = toAlert(hit!);
    expect(alert.summary).toContain("firstLeg: buy");
    expect(alert.values["netBps"]).toBeDefined();
  });

  test.each([
    ["alike", 0.0001, 0.0001, 90],
    ["apart by less than the costs", 0.0003, 0.0001, 90],
    ["apart, but for half a minute only", 0.0008, 0.0001, 30],
  ])("is left alone where it is %s", (_name, first, second, seconds) => {
    expect(run(first, second, seconds).hits).toEqual([]);
  });
});

describe("what is no pair", () => {
  test.each([
    ["a perpetual in bitcoin beside one in dollars", "binanceusdm ETHBTC", 0.05],
    ["another coin of the same ticker", "bybit ETHUSDT", 12],
    ["a thousand of a coin beside one of it", "hyperliquid ETH", 3_000_000],
  ])("funding of %s is no arbitrage", (_name, other, price) => {
    const one = stage(arbitrageFunding);
    const rate = (market: string, value: number) =>
      one.take({ kind: "funding", at: 0, market, rate: value, intervalMs: 28_800_000 });
    rate("binanceusdm ETHUSDT", 0.0008);
    rate(other, 0.0001);
    every(90, (at) => {
      one.quote(at, 3_000, 3_000.1, "binanceusdm ETHUSDT");
      one.quote(at, price, price * 1.00001, other);
    });
    expect(one.hits).toEqual([]);
  });

  test("nor is a future on another coin of the same ticker one of spot's", () => {
    const one = stage(arbitrageBasis);
    every(10, (at) => {
      one.quote(at, 0.0001, 0.000_100_1, "binance LUNAUSDT");
      one.quote(at, 0.6, 0.6001, "binanceusdm LUNAUSDT_240329");
    });
    expect(one.hits).toEqual([]);
  });
});

describe("a dated future above spot", () => {
  // START is 2023-11-14; the future ends on 2024-03-29, 0.37 years later.
  const run = (future: number, spotMarket = "binance BTCUSDT") => {
    const one = stage(arbitrageBasis);
    every(10, (at) => {
      one.quote(at, 59_999, 60_000, spotMarket);
      one.quote(at, future, future + 5, "binanceusdm BTCUSDT_240329");
    });
    return one;
  };

  test("is told with its yearly return where it pays fees and financing and more", () => {
    const [hit, ...more] = run(63_000).firing();
    expect(more).toEqual([]);
    expect(hit).toMatchObject({ alert: "arbitrage.basis", evidence: { grossBps: 500 } });
    expect(hit!.evidence["firstLeg"]).toContain("BTC/USDT at 60000 on binance");
    expect(hit!.evidence["secondLeg"]).toContain("sell");
    expect(Number(hit!.evidence["yearlyRatio"])).toBeGreaterThan(0.02);
  });

  test.each([
    ["pays no more than financing", 62_000, "binance BTCUSDT"],
    ["is measured against spot in another currency", 63_000, "coinbase BTC-USD"],
  ])("is left alone where it %s", (_name, future, spot) => {
    expect(run(future, spot).hits).toEqual([]);
  });
});

describe("three spot markets", () => {
  const run = (cross: number, seconds = 3) => {
    const one = stage(arbitrageTriangular);
    for (let at = 0; at < seconds * 1000; at += 100) {
      // Prices move a little, as a quote that changes nothing is not looked at.
      const wobble = (at / 100) % 2 ? 0.1 : 0;
      one.quote(at, 60_000 + wobble, 60_000.2 + wobble, "binance BTCUSDT");
      one.quote(at, 3_000, 3_000.1, "binance ETHUSDT");
      one.quote(at, cross, cross + 0.000_01, "binance ETHBTC");
    }
    return one;
  };

  test("that disagree by more than three fees make a loop, told once", () => {
    const [hit, ...more] = run(0.0503).firing();
    expect(more).toEqual([]);
    expect(hit).toMatchObject({ alert: "arbitrage.triangular", venue: "binance" });
    expect(Number(hit!.evidence["netBps"])).toBeCloseTo(60 - 30, 0);
    expect(hit!.evidence["why"]).toContain("USDT → ETH → BTC → USDT");
    expect(hit!.evidence["thirdLeg"]).toContain("BTC/USDT");
  });

  test.each([
    ["agree", 0.05, 3],
    ["disagree by less than the fees", 0.0501, 3],
    ["disagree for a moment only", 0.0503, 0.4],
  ])("that %s make none", (_name, cross, seconds) => {
    expect(run(cross, seconds).hits).toEqual([]);
  });
});

describe("a call and a put of one strike", () => {
  const STRIKE = 60_000;
  const option = (one: ReturnType<typeof stage>, at: number, market: string, bid: number, ask: number) =>
    one.take({
      kind: "option",
      at,
      market,
      bid,
      bidSize: 5,
      ask,
      askSize: 5,
      mark: (bid + ask) / 2,
      impliedVolatility: 0.6,
      forward: 61_000,
    });

  /** Deribit, in coins: parity is 1 − K / F = 0.0164 with the future at 61,000. */
  const inCoin = (callBid: number, future = "BTC-29MAR24") => {
    const one = stage(arbitrageParity);
    every(6, (at) => {
      one.take({
        kind: "quote",
        at,
        market: `deribit ${future}`,
        bid: 61_000,
        bidSize: 100_000,
        ask: 61_005,
        askSize: 100_000,
      });
      option(one, at, `deribit BTC-29MAR24-${STRIKE}-C`, callBid, callBid + 0.0005);
      option(one, at, `deribit BTC-29MAR24-${STRIKE}-P`, 0.05, 0.0505);
    });
    return one;
  };

  test("is traded against the future where it stands apart by more than three fees, either way", () => {
    const conversion = inCoin(0.071).firing();
    expect(conversion).toHaveLength(1);
    expect(conversion[0]).toMatchObject({ alert: "arbitrage.parity" });
    expect(conversion[0]!.evidence["why"]).toContain("Conversion at 60000");
    // 0.071 − 0.0505 − 0.0164 of the future, less 3 + 3 + 5 bps.
    expect(Number(conversion[0]!.evidence["netBps"])).toBeCloseTo((0.071 - 0.0505) * 1e4 - 164.7 - 11, 0);
    expect(inCoin(0.0635).firing()[0]!.evidence["why"]).toContain("Reversal at 60000");
  });

  test.each([
    ["at parity", inCoin(0.0664)],
    ["apart by less than the fees", inCoin(0.0675)],
    ["without a future that ends with it", inCoin(0.071, "BTC-28JUN24")],
  ])("is left alone %s", (_name, one) => {
    expect(one.hits).toEqual([]);
  });

  test("in dollars is converted against spot where no future is listed, less what the cash costs, and never reversed", () => {
    const inDollars = (callBid: number) => {
      const one = stage(arbitrageParity);
      every(6, (at) => {
        one.quote(at, 60_999, 61_000, "paper BTC/USDT");
        option(one, at, `paper BTC/USDT:USDT-240329-${STRIKE}-C`, callBid, callBid + 20);
        option(one, at, `paper BTC/USDT:USDT-240329-${STRIKE}-P`, 3000, 3020);
      });
      return one.firing();
    };
    expect(inDollars(4020)).toEqual([]);
    expect(inDollars(3000)).toEqual([]);
    const [hit] = inDollars(6600);
    const years = (Date.parse("2024-03-29T08:00:00Z") - START) / (365 * 86_400_000);
    const gross = 6600 - 3020 - 1000;
    const fees = 61_000 * (0.001 + 0.1 * years) + 2 * 60_999.5 * 0.0003;
    expect(Number(hit!.evidence["netBps"])).toBeCloseTo(((gross - fees) / 61_000) * 1e4, 0);
  });
});

describe("an opportunity begins and ends under one name, whichever market's quote tells", () => {
  const names = (one: ReturnType<typeof stage>) =>
    one.hits.map(({ status, venue, instrument }) => `${status} ${venue} ${instrument}`);

  test("funding", () => {
    const one = stage(arbitrageFunding);
    const rate = (at: number, market: string, value: number) =>
      one.take({ kind: "funding", at, market, rate: value, intervalMs: 28_800_000 });
    rate(0, "binanceusdm BTCUSDT", 0.0008);
    rate(0, "bybit BTCUSDT", 0.0001);
    every(90, (at) => one.quote(at, 60_000, 60_001, at % 2000 === 0 ? "binanceusdm BTCUSDT" : "bybit BTCUSDT"));
    rate(90_000, "binanceusdm BTCUSDT", 0.0001);
    every(20, (at) => one.quote(at, 60_000, 60_001, "bybit BTCUSDT"), 90_000);
    expect(names(one)).toEqual(["firing * BTC", "resolved * BTC"]);
  });

  test("a loop of three spot markets", () => {
    const one = stage(arbitrageTriangular);
    every(3, (at) => {
      one.quote(at, 60_000, 60_001, "binance BTCUSDT");
      one.quote(at, 3000, 3000.1 + at / 1e6, "binance ETHUSDT");
      one.quote(at, 0.052, 0.05201, "binance ETHBTC");
    });
    every(
      6,
      (at) => {
        one.quote(at, 60_000, 60_001, "binance BTCUSDT");
        one.quote(at, 0.05, 0.05001, "binance ETHBTC");
        one.quote(at, 3000, 3000.1 + at / 1e6, "binance ETHUSDT");
      },
      3000,
    );
    const [first, ...others] = names(one);
    expect(first).toBe("firing binance BTC/USDT, ETH/BTC, ETH/USDT");
    expect(others.at(-1)).toBe("resolved binance BTC/USDT, ETH/BTC, ETH/USDT");
  });
});

test("a loop through a market whose sizes are not told is left alone, and the detector goes on", () => {
  const one = stage(arbitrageTriangular);
  every(3, (at) => {
    one.quote(at, 60_000, 60_001, "kraken BTC/USDT");
    one.quote(at, 3000, 3000.1 + at / 1e6, "kraken ETH/USDT");
    one.take({
      kind: "quote",
      at,
      market: "kraken ETH/BTC",
      bid: 0.052,
      bidSize: Number.NaN,
      ask: 0.05201 + at / 1e9,
      askSize: Number.NaN,
    });
  });
  expect(one.hits).toEqual([]);
});
