import { describe, expect, test } from "vitest";
import { createMarkets } from "../../../../src/sources/feeds/market/markets.ts";
import { refusedBy } from "../../../../src/sources/feeds/market/refusal.ts";
import { type FeedVenue, PARSERS } from "../../../../src/sources/feeds/market/venues.ts";

/** What a venue's parser took for a refusal. */
function said(venue: FeedVenue, message: unknown): string[] {
  const words: string[] = [];
  const parser = PARSERS[venue]({ markets: createMarkets(), emit: () => {}, refused: (one) => words.push(one) });
  const bytes = Buffer.from(JSON.stringify(message));
  parser.message(bytes, 0, bytes.length, 1_700_000_000_000);
  return words;
}

const OKX = {
  event: "error",
  code: "60018",
  msg: "Wrong URL or channel:tickers,instId:BTC-USDTX doesn't exist.",
  connId: "a4d3ae55",
};

describe("a refusal is read in the venue's own words", () => {
  test.each<[FeedVenue, unknown, string]>([
    ["okx", OKX, "Wrong URL or channel:tickers,instId:BTC-USDTX doesn't exist."],
    [
      "bybit",
      { success: false, ret_msg: "Invalid symbol :[orderbook.200.BTCUSDTX]", op: "subscribe", req_id: "BTCUSDTX" },
      "Invalid symbol :[orderbook.200.BTCUSDTX]",
    ],
    [
      "deribit",
      { jsonrpc: "2.0", id: 2, error: { code: -32602, message: "Invalid params", data: { reason: "wrong channel" } } },
      "Invalid params (wrong channel)",
    ],
    [
      "kraken",
      { error: "Currency pair not supported BTC/USX", method: "subscribe", success: false, symbol: "BTC/USX" },
      "Currency pair not supported BTC/USX",
    ],
    ["krakenfutures", { event: "alert", message: "Bad request" }, "Bad request"],
    [
      "coinbase",
      { type: "error", message: "Failed to subscribe", reason: "BTC-USX is not a valid product" },
      "Failed to subscribe",
    ],
    [
      "hyperliquid",
      { channel: "error", data: 'Invalid subscription {"coin":"XYZ"}' },
      'Invalid subscription {"coin":"XYZ"}',
    ],
    ["bitmex", { status: 400, error: "Unknown table: tradex" }, "Unknown table: tradex"],
  ])("%s", (venue, message, words) => {
    expect(said(venue, message)).toEqual([words]);
  });

  test.each<[FeedVenue, unknown]>([
    ["okx", { event: "subscribe", arg: { channel: "tickers", instId: "BTC-USDT" }, connId: "a4d3ae55" }],
    ["bybit", { success: true, ret_msg: "", op: "subscribe", req_id: "BTCUSDT" }],
    ["deribit", { jsonrpc: "2.0", id: 2, result: ["book.BTC-PERPETUAL.100ms"] }],
    ["kraken", { method: "subscribe", success: true, result: { channel: "trade", symbol: "BTC/USD" } }],
    ["krakenfutures", { event: "subscribed", feed: "book", product_ids: ["PI_XBTUSD"] }],
  ])("%s's yes is none", (venue, message) => {
    expect(said(venue, message)).toEqual([]);
  });

  test("it is no longer than a line", () => {
    expect(said("okx", { event: "error", msg: "x".repeat(5000) })[0]).toHaveLength(200);
  });
});

describe("a refusal concerns", () => {
  test("the instrument that it names, and none whose name only begins alike", () => {
    const wrong = { ...OKX, msg: "channel:books,instId:BTC-USDT-SWAPX doesn't exist" };
    expect(refusedBy(wrong, ["BTC-USDT-SWAP", "BTC-USDT-SWAPX", "BTC-USDT"])).toEqual(["BTC-USDT-SWAPX"]);
  });
  test("every instrument of its connection where it names none", () => {
    expect(refusedBy({ event: "error", msg: "too many requests" }, ["A-B", "C-D"])).toEqual(["A-B", "C-D"]);
  });
});
