import { describe, expect, test } from "vitest";
import { coinsOf, sizeOf } from "../../../../src/detectors/sizes.ts";
import type { MarketEvent } from "../../../../src/detectors/event.ts";
import { createMarkets } from "../../../../src/sources/feeds/market/markets.ts";
import { type FeedVenue, PARSERS } from "../../../../src/sources/feeds/market/venues.ts";
import { feed } from "./_feed.ts";

const T = 1_700_000_000_000;

/** What a venue says of ten contracts of an instrument: in its book, traded, liquidated and open. */
interface Told {
  readonly venue: FeedVenue;
  readonly raw: string;
  /** Coins (linear) or USD (inverse) a contract. */
  readonly contractSize: number;
  /** Ten contracts in the words of the venue's stream. */
  readonly size: number;
  readonly messages: (raw: string, size: number) => readonly unknown[];
  /** Coins that ten contracts are worth at a price of 100; NaN where only the listing tells. */
  readonly coins: number;
}

const binance = (raw: string, size: number): readonly unknown[] => [
  { e: "bookTicker", u: 1, E: T, T, s: raw, b: "100", B: `${size}`, a: "101", A: `${size}` },
  { e: "trade", E: T, T, s: raw, t: 1, p: "100", q: `${size}`, m: false },
  { e: "forceOrder", E: T, o: { s: raw, S: "SELL", q: `${size}`, p: "100", ap: "100", X: "FILLED" } },
];
const bybit = (raw: string, size: number): readonly unknown[] => [
  {
    topic: `orderbook.200.${raw}`,
    type: "snapshot",
    ts: T,
    data: { s: raw, b: [["100", `${size}`]], a: [["101", `${size}`]], u: 1 },
  },
  { topic: `publicTrade.${raw}`, ts: T, data: [{ T, s: raw, S: "Buy", v: `${size}`, p: "100" }] },
  { topic: `tickers.${raw}`, ts: T, data: { symbol: raw, openInterest: `${size}` } },
  { topic: `allLiquidation.${raw}`, ts: T, data: [{ T, s: raw, S: "Buy", v: `${size}`, p: "100" }] },
];
const okx = (raw: string, size: number): readonly unknown[] => {
  const said = (channel: string, data: object) => ({ arg: { channel, instId: raw }, action: "snapshot", data: [data] });
  const level = [["100", `${size}`, "0", "1"]];
  return [
    said("books", { ts: `${T}`, bids: level, asks: [["101", `${size}`, "0", "1"]], seqId: 1, prevSeqId: -1 }),
    said("trades", { instId: raw, px: "100", sz: `${size}`, side: "buy", ts: `${T}` }),
    said("open-interest", { instId: raw, oi: `${size}`, oiCcy: "123", ts: `${T}` }),
    said("liquidation-orders", { instId: raw, details: [{ side: "sell", sz: `${size}`, bkPx: "100", ts: `${T}` }] }),
  ];
};
const deribit = (raw: string, size: number): readonly unknown[] => {
  const said = (channel: string, data: unknown) => ({ method: "subscription", params: { channel, data } });
  const row = { instrument_name: raw, timestamp: T, direction: "buy", price: 100, amount: size };
  return [
    said(`book.${raw}.100ms`, {
      type: "snapshot",
      timestamp: T,
      instrument_name: raw,
      change_id: 1,
      bids: [["new", 100, size]],
      asks: [["new", 101, size]],
    }),
    said(`trades.${raw}.100ms`, [{ ...row, liquidation: "T" }]),
    said(`ticker.${raw}.100ms`, {
      instrument_name: raw,
      timestamp: T,
      open_interest: size,
      best_bid_price: 100,
      best_bid_amount: size,
      best_ask_price: 101,
      best_ask_amount: size,
    }),
  ];
};
const krakenFutures = (raw: string, size: number): readonly unknown[] => [
  {
    feed: "book_snapshot",
    product_id: raw,
    timestamp: T,
    seq: 1,
    bids: [{ price: 100, qty: size }],
    asks: [{ price: 101, qty: size }],
  },
  { feed: "trade", product_id: raw, side: "buy", type: "liquidation", seq: 2, time: T, qty: size, price: 100 },
  { feed: "ticker", product_id: raw, time: T, bid: 100, bid_size: size, ask: 101, ask_size: size, openInterest: size },
];
const bitmex = (raw: string, size: number): readonly unknown[] => [
  { table: "quote", data: [{ symbol: raw, bidPrice: 100, bidSize: size, askPrice: 101, askSize: size }] },
  { table: "trade", data: [{ symbol: raw, side: "Buy", size, price: 100 }] },
  { table: "instrument", data: [{ symbol: raw, openInterest: size }] },
];

/** Ten contracts at every venue whose streams are read; sizes of contracts as the venues list them. */
const VENUES: readonly Told[] = [
  { venue: "binance", raw: "BTCUSDT", contractSize: 1, size: 10, messages: binance, coins: 10 },
  { venue: "binanceusdm", raw: "BTCUSDT", contractSize: 1, size: 10, messages: binance, coins: 10 },
  { venue: "binancecoinm", raw: "BTCUSD_PERP", contractSize: 100, size: 10, messages: binance, coins: 10 },
  { venue: "binancecoinm", raw: "ETHUSD_PERP", contractSize: 10, size: 10, messages: binance, coins: 1 },
  { venue: "bybit", raw: "BTCUSDT", contractSize: 1, size: 10, messages: bybit, coins: 10 },
  { venue: "bybit", raw: "BTCUSD", contractSize: 1, size: 10, messages: bybit, coins: 0.1 },
  { venue: "okx", raw: "BTC-USDT-SWAP", contractSize: 0.01, size: 10, messages: okx, coins: Number.NaN },
  { venue: "okx", raw: "BTC-USD-SWAP", contractSize: 100, size: 10, messages: okx, coins: 10 },
  { venue: "okx", raw: "ETH-USD-SWAP", contractSize: 10, size: 10, messages: okx, coins: 1 },
  { venue: "okx", raw: "BTC-USDT", contractSize: 1, size: 10, messages: okx, coins: 10 },
  { venue: "deribit", raw: "BTC-PERPETUAL", contractSize: 10, size: 100, messages: deribit, coins: 1 },
  { venue: "deribit", raw: "BTC-25DEC26", contractSize: 10, size: 100, messages: deribit, coins: 1 },
  { venue: "deribit", raw: "ETH-PERPETUAL", contractSize: 1, size: 10, messages: deribit, coins: 0.1 },
  { venue: "deribit", raw: "BTC_USDC-PERPETUAL", contractSize: 0.001, size: 0.01, messages: deribit, coins: 0.01 },
  { venue: "deribit", raw: "BTC-25DEC26-90000-C", contractSize: 1, size: 10, messages: deribit, coins: 10 },
  { venue: "deribit", raw: "SOL_USDC-25DEC26-90-C", contractSize: 10, size: 100, messages: deribit, coins: 100 },
  { venue: "krakenfutures", raw: "PI_XBTUSD", contractSize: 1, size: 10, messages: krakenFutures, coins: 0.1 },
  { venue: "krakenfutures", raw: "PF_XBTUSD", contractSize: 1, size: 10, messages: krakenFutures, coins: 10 },
  { venue: "bitmex", raw: "XBTUSD", contractSize: 1, size: 10, messages: bitmex, coins: 0.1 },
  { venue: "bitmex", raw: "XBTUSDT", contractSize: 0.000001, size: 10, messages: bitmex, coins: Number.NaN },
  {
    venue: "hyperliquid",
    raw: "BTC",
    contractSize: 1,
    size: 10,
    coins: 10,
    messages: (coin, size) => [
      { channel: "bbo", data: { coin, time: T, bbo: [100, 101].map((px) => ({ px: `${px}`, sz: `${size}`, n: 1 })) } },
      { channel: "trades", data: [{ coin, side: "B", px: "100", sz: `${size}`, time: T }] },
      { channel: "activeAssetCtx", data: { coin, ctx: { openInterest: `${size}` } } },
    ],
  },
  {
    venue: "kraken",
    raw: "BTC/USD",
    contractSize: 1,
    size: 10,
    coins: 10,
    messages: (symbol, size) => [
      { channel: "ticker", type: "update", data: [{ symbol, bid: 100, bid_qty: size, ask: 101, ask_qty: size }] },
      { channel: "trade", type: "update", data: [{ symbol, side: "buy", price: 100, qty: size }] },
    ],
  },
  {
    venue: "coinbase",
    raw: "BTC-USD",
    contractSize: 1,
    size: 10,
    coins: 10,
    messages: (product_id, size) => [
      { type: "match", product_id, side: "sell", price: "100", size: `${size}`, time: "2026-11-27T00:00:00Z" },
      {
        type: "ticker",
        product_id,
        best_bid: "100",
        best_bid_size: `${size}`,
        best_ask: "101",
        best_ask_size: `${size}`,
      },
    ],
  },
];

const sizesOf = (event: MarketEvent): readonly number[] => {
  switch (event.kind) {
    case "quote":
      return [event.bidSize, event.askSize];
    case "depth":
      return Array.from(event.sizes).slice(0, event.count);
    case "trade":
    case "liquidation":
      return [event.size];
    case "ticker":
      return Number.isNaN(event.openInterest) ? [] : [event.openInterest];
    default:
      return [];
  }
};

describe("ten contracts are one size, ours and the market's", () => {
  test.each(VENUES)("$venue $raw: $size in all that its streams say", (told) => {
    const { venue, raw, contractSize, size, messages, coins } = told;
    const one = feed(venue);
    for (const message of messages(raw, size)) one.send(message);
    const sizes = one.events.flatMap(sizesOf);
    expect(sizes.length).toBeGreaterThan(2);
    expect(new Set(sizes)).toEqual(new Set([size]));
    expect(sizeOf(venue, 10, contractSize)).toBeCloseTo(size, 12);
    const market = createMarkets().of(venue, raw);
    if (Number.isNaN(coins)) expect(coinsOf(market, size, 100)).toBeNaN();
    else expect(coinsOf(market, size, 100)).toBeCloseTo(coins, 12);
  });

  test("no venue is left out", () => {
    expect(new Set(VENUES.map(({ venue }) => venue))).toEqual(new Set(Object.keys(PARSERS)));
  });
});

describe("what has no price or no size", () => {
  test("is no trade, quote or forced order at Binance", () => {
    const one = feed("binanceusdm");
    one.send({ e: "trade", E: T, T, s: "BTCUSDT", t: 1, p: "0", q: "0", X: "NA", m: false });
    one.send({ e: "bookTicker", u: 1, E: T, T, s: "BTCUSDT", b: "100", B: "1", a: "0.00", A: "0" });
    one.send({ e: "forceOrder", E: T, o: { s: "BTCUSDT", S: "SELL", q: "0", p: "100", ap: "100", X: "NEW" } });
    one.send({ e: "forceOrder", E: T, o: { s: "BTCUSDT", S: "SELL", q: "1", p: "0", ap: "0", X: "NEW" } });
    expect(one.events).toEqual([]);
  });

  test("is no forced order elsewhere, and is counted", () => {
    const one = feed("bybit");
    one.send({ topic: "allLiquidation.BTCUSDT", ts: T, data: [{ T, s: "BTCUSDT", S: "Buy", v: "", p: "100" }] });
    one.send({ topic: "allLiquidation.BTCUSDT", ts: T, data: [{ T, s: "BTCUSDT", S: "Buy", v: "-1", p: "100" }] });
    expect(one.events).toEqual([]);
    expect(one.parser.counters.malformed).toBe(2);
  });

  test("leaves a quote without the size that was not told, or is below zero", () => {
    const one = feed("kraken");
    one.send({ channel: "ticker", type: "update", data: [{ symbol: "BTC/USD", bid: 100, bid_qty: -1, ask: 101 }] });
    expect(one.events[0]).toMatchObject({ kind: "quote", bid: 100, bidSize: Number.NaN, askSize: Number.NaN });
  });

  test("leaves funding whose interval runs backwards with the usual eight hours", () => {
    const one = feed("okx");
    const data = { instId: "BTC-USDT-SWAP", fundingRate: "0.0001", fundingTime: "1700000000000", nextFundingTime: "0" };
    one.send({ arg: { channel: "funding-rate", instId: "BTC-USDT-SWAP" }, data: [data] });
    expect(one.events).toMatchObject([{ kind: "funding", rate: 0.0001, intervalMs: 28_800_000 }]);
  });
});
