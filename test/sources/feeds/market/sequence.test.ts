import { describe, expect, test } from "vitest";
import type { TradeEvent } from "../../../../src/detectors/event.ts";
import { krakenChecksum } from "../../../../src/sources/feeds/market/kraken.ts";
import { crc32 } from "../../../../src/sources/feeds/market/crc32.ts";
import { okxChecksum } from "../../../../src/sources/feeds/market/okx.ts";
import { feed } from "./_feed.ts";

const depth = (U: number, u: number, pu: number, b: string[][] = [], a: string[][] = []) => ({
  e: "depthUpdate",
  E: 1_700_000_000_000 + u,
  T: 1_700_000_000_000 + u,
  s: "BTCUSDT",
  U,
  u,
  pu,
  b,
  a,
});
const snapshot = (lastUpdateId: number) => ({
  lastUpdateId,
  bids: [["100.0", "1"]],
  asks: [["100.1", "1"]],
});

describe("Binance futures", () => {
  test("keeps updates back until the snapshot, then drops those older than it", () => {
    const one = feed("binanceusdm");
    one.send(depth(1, 5, 0, [["99.0", "7"]]));
    one.send(depth(6, 9, 5, [["99.5", "3"]]));
    expect(one.kinds()).toEqual([]);
    one.send(snapshot(7));
    expect(one.kinds()).toEqual(["depth", "depth"]);
    expect(one.parser.counters.outdated).toBe(1);
    expect(one.parser.books()[0]!.book.bidCount).toBe(2);
  });

  test("counts an update that does not follow the one before, and asks for a new snapshot", () => {
    const one = feed("binanceusdm");
    one.send(depth(1, 5, 0));
    one.send(snapshot(5));
    one.send(depth(6, 8, 5));
    one.send(depth(12, 14, 11));
    expect(one.parser.counters.gaps).toBe(1);
    expect(one.kinds()).toContain("feed:gap");
    expect(one.resyncs).toEqual(["BTCUSDT"]);
    one.send(snapshot(20));
    expect(one.kinds().at(-1)).toBe("feed:resynced");
  });

  test("lets the newest levels win where a lost update left old ones behind", () => {
    const one = feed("binanceusdm");
    one.send(depth(1, 5, 0));
    one.send(snapshot(5));
    one.send(depth(9, 10, 8, [["99.0", "1"]], [["99.5", "1"]]));
    expect(one.parser.counters).toMatchObject({ gaps: 1, crossed: 1 });
    expect(one.best()).toEqual([990, 995, 1]);
  });

  test("reads an update with a finer price than any before it", () => {
    const one = feed("binanceusdm");
    one.send(depth(1, 5, 0));
    one.send(snapshot(5));
    one.send(depth(6, 8, 5, [["100.05", "2"]]));
    expect(one.best()).toEqual([10_005, 10_010, 2]);
    expect(one.parser.counters.malformed).toBe(0);
  });

  test("says once that a book is crossed", () => {
    const one = feed("binanceusdm");
    one.send(depth(1, 5, 0));
    one.send(snapshot(5));
    one.send(depth(6, 8, 5, [["100.2", "2"]]));
    one.send(depth(9, 10, 8));
    expect(one.parser.counters.crossed).toBe(1);
    expect(one.kinds().filter((kind) => kind === "feed:crossed")).toHaveLength(1);
  });

  test("reads mark prices with funding, forced orders and finished candles", () => {
    const one = feed("binanceusdm");
    one.send({ e: "markPriceUpdate", E: 1, s: "BTCUSDT", p: "100.5", i: "100.4", r: "0.0001", T: 2 });
    one.send({ e: "forceOrder", E: 1, o: { s: "BTCUSDT", S: "SELL", q: "3", p: "99", ap: "98.5" } });
    one.send({
      e: "kline",
      E: 1,
      s: "BTCUSDT",
      k: { t: 0, T: 59_999, x: true, o: "1", h: "2", l: "1", c: "2", v: "5" },
    });
    expect(one.kinds()).toEqual(["mark", "funding", "liquidation", "candle"]);
    expect(one.events[2]).toMatchObject({ price: 98.5, taker: -1 });
  });

  test.each([
    ["every eight hours", [8, 16, 24], [8, 8, 8]],
    ["every four hours, which the first time alone cannot tell from eight", [8, 12, 16, 20], [8, 4, 4, 4]],
    ["every hour from now on, as in a storm", [16, 17, 18], [8, 1, 1]],
    ["every four hours again", [13, 14, 16, 20], [1, 1, 2, 4]],
  ])("learns from the next funding time that a perpetual is funded %s", (_, hours, intervals) => {
    const one = feed("binanceusdm");
    const eight = Date.parse("2025-10-10T00:00:00Z");
    for (const hour of hours)
      for (const before of [1_800_000, 1000])
        one.send({
          e: "markPriceUpdate",
          E: eight + hour * 3_600_000 - before,
          s: "XUSDT",
          p: "1",
          i: "1",
          r: "-0.02",
          T: eight + hour * 3_600_000,
        });
    const told = one.events.flatMap((event) => (event.kind === "funding" ? [event.intervalMs / 3_600_000] : []));
    expect(told.filter((_one, at) => at % 2 === 0)).toEqual(intervals);
    expect(told.filter((_one, at) => at % 2 === 1)).toEqual(intervals);
  });

  test("counts what it cannot read and goes on", () => {
    const one = feed("binanceusdm");
    one.send("{not json");
    one.send({ e: "trade", E: 1, T: 1, s: "BTCUSDT", t: 1, p: "1.5", q: "2", m: false });
    expect(one.parser.counters.malformed).toBe(1);
    expect(one.events[0]).toMatchObject({ kind: "trade", price: 1.5, taker: 1 });
  });
});

test("Binance spot is continuous where U follows the last u", () => {
  const spot = (U: number, u: number) => ({ e: "depthUpdate", E: 1_700_000_000_000, s: "BTCUSDT", U, u, b: [], a: [] });
  const one = feed("binance");
  one.send(spot(3, 6));
  one.send(snapshot(5));
  one.send(spot(7, 9));
  expect(one.parser.counters.gaps).toBe(0);
  one.send(spot(11, 12));
  expect(one.parser.counters.gaps).toBe(1);
});

test("Bybit's update numbers count up by one, and a snapshot restarts them", () => {
  const one = feed("bybit");
  const message = (type: string, u: number) => ({
    topic: "orderbook.50.BTCUSDT",
    type,
    ts: 1_700_000_000_000,
    data: { s: "BTCUSDT", b: [["100", "1"]], a: [["101", "1"]], u, seq: 1 },
  });
  one.send(message("delta", 4));
  expect(one.parser.counters.outdated).toBe(1);
  one.send(message("snapshot", 4));
  one.send(message("delta", 5));
  one.send(message("delta", 7));
  expect(one.parser.counters.gaps).toBe(1);
  one.send(message("snapshot", 1));
  one.send(message("delta", 2));
  expect(one.parser.counters.gaps).toBe(1);
});

test("Deribit's changes name the change before them", () => {
  const one = feed("deribit");
  const message = (data: object) => ({
    jsonrpc: "2.0",
    method: "subscription",
    params: {
      channel: "book.BTC-PERPETUAL.raw",
      data: { instrument_name: "BTC-PERPETUAL", timestamp: 1_700_000_000_000, ...data },
    },
  });
  one.send(message({ type: "snapshot", change_id: 10, bids: [["new", 100.5, 10]], asks: [["new", 101, 10]] }));
  one.send(message({ type: "change", change_id: 11, prev_change_id: 10, bids: [["delete", 100.5, 0]], asks: [] }));
  one.send(message({ type: "change", change_id: 15, prev_change_id: 14, bids: [], asks: [] }));
  expect(one.parser.counters.gaps).toBe(1);
  expect(one.parser.books()[0]!.book.bidCount).toBe(0);
});

test("Kraken Futures counts each product's messages", () => {
  const one = feed("krakenfutures");
  one.send({
    feed: "book_snapshot",
    product_id: "PI_XBTUSD",
    timestamp: 1,
    seq: 5,
    bids: [{ price: 100, qty: 2 }],
    asks: [{ price: 100.5, qty: 3 }],
  });
  one.send({ feed: "book", product_id: "PI_XBTUSD", side: "buy", seq: 6, price: 100, qty: 0, timestamp: 2 });
  one.send({ feed: "book", product_id: "PI_XBTUSD", side: "sell", seq: 9, price: 101, qty: 1, timestamp: 3 });
  expect(one.parser.counters.gaps).toBe(1);
  expect(one.parser.books()[0]!.market.instrument).toBe("BTC/USD:BTC");
});

test("Coinbase counts all messages of a connection together", () => {
  const one = feed("coinbase");
  const l2 = (sequence: number, type: string, updates: object[]) => ({
    channel: "l2_data",
    timestamp: "2024-01-01T00:00:00Z",
    sequence_num: sequence,
    events: [{ type, product_id: "BTC-USD", updates }],
  });
  one.send(
    l2(0, "snapshot", [
      { side: "bid", price_level: "100.01", new_quantity: "1" },
      { side: "offer", price_level: "100.02", new_quantity: "1" },
    ]),
  );
  one.send(l2(1, "update", [{ side: "bid", price_level: "100.01", new_quantity: "0" }]));
  one.send(l2(3, "update", []));
  expect(one.parser.counters.gaps).toBe(1);
  expect(one.best()).toEqual([-1, 10_002, 2]);
});

test("Hyperliquid's trades name both parties", () => {
  const one = feed("hyperliquid");
  one.send({
    channel: "trades",
    data: [{ coin: "BTC", side: "A", px: "100.5", sz: "2", time: 5, tid: 1, users: ["0xb", "0xs"] }],
  });
  expect(one.events[0]).toMatchObject({ taker: -1, buyer: "0xb", seller: "0xs", at: 5 });
});

test("Hyperliquid's last trades, told again where the connection is opened again, count once", () => {
  const one = feed("hyperliquid");
  const trade = (coin: string, tid: number) => ({ coin, side: "B", px: "100", sz: "1", time: tid, tid, users: [] });
  one.send({ channel: "trades", data: [trade("BTC", 1), trade("BTC", 2)] });
  one.send({ channel: "trades", data: [trade("BTC", 1), trade("BTC", 2), trade("BTC", 3), trade("ETH", 1)] });
  expect(one.events.map((event) => [(event as TradeEvent).market.base, event.at])).toEqual([
    ["BTC", 1],
    ["BTC", 2],
    ["BTC", 3],
    ["ETH", 1],
  ]);
  expect(one.parser.counters.outdated).toBe(2);
});

describe("checksums", () => {
  test("Kraken's published example", () => {
    const level = (price: string) => ({ price, size: "0.00000500" });
    const asks = [
      "0.05005",
      "0.05010",
      "0.05015",
      "0.05020",
      "0.05025",
      "0.05030",
      "0.05035",
      "0.05040",
      "0.05045",
      "0.05050",
    ];
    const bids = [
      "0.05000",
      "0.04995",
      "0.04990",
      "0.04980",
      "0.04975",
      "0.04970",
      "0.04965",
      "0.04960",
      "0.04955",
      "0.04950",
    ];
    expect(krakenChecksum(asks.map(level), bids.map(level))).toBe(974_947_235);
  });

  test("Kraken's digits survive JSON, trailing zeros and all", () => {
    const one = feed("kraken");
    const book = { symbol: "BTC/USD", bids: [], asks: [], checksum: 0, timestamp: "2024-01-01T00:00:00Z" };
    const sum = crc32("4501012000045000110000") >>> 0;
    one.send(
      JSON.stringify({ channel: "book", type: "snapshot", data: [{ ...book, checksum: sum }] })
        .replace('"bids":[]', '"bids":[{"price":45000.1,"qty":0.00010000}]')
        .replace('"asks":[]', '"asks":[{"price":45010.1,"qty":0.00020000}]'),
    );
    expect(one.parser.counters.checksumsVerified).toBe(1);
  });

  test("OKX joins bids and asks by colons, going on with the longer side", () => {
    const level = (price: string, size: string) => ({ price, size });
    expect(okxChecksum([level("3366.1", "7")], [level("3366.8", "9"), level("3368", "8")])).toBe(
      crc32("3366.1:7:3366.8:9:3368:8"),
    );
  });

  test("OKX's zero is no checksum: since 2026 it sends nothing else, and its sequence numbers are what is left", () => {
    const one = feed("okx");
    const send = (action: string, seqId: number, prevSeqId: number, price: string) =>
      one.send({
        arg: { channel: "books", instId: "BTC-USDT" },
        action,
        data: [{ bids: [[price, "1", "0", "1"]], asks: [], ts: "1700000000000", checksum: 0, seqId, prevSeqId }],
      });
    send("snapshot", 10, -1, "100");
    send("update", 12, 10, "99");
    expect(one.parser.counters).toMatchObject({ checksumsVerified: 0, checksumsFailed: 0, gaps: 0 });
    expect(one.resyncs).toEqual([]);
    send("update", 20, 15, "98");
    expect(one.parser.counters.gaps).toBe(1);
    expect(one.resyncs).toEqual(["BTC-USDT"]);
  });

  test("a wrong checksum is counted, told and answered with a request for a snapshot", () => {
    const one = feed("okx");
    one.send({
      arg: { channel: "books", instId: "BTC-USDT" },
      action: "snapshot",
      data: [{ bids: [["100", "1", "0", "1"]], asks: [["101", "1", "0", "1"]], ts: "1700000000000", checksum: 1 }],
    });
    expect(one.parser.counters.checksumsFailed).toBe(1);
    expect(one.kinds()).toEqual(["depth", "feed:checksum"]);
    expect(one.resyncs).toEqual(["BTC-USDT"]);
  });
});
