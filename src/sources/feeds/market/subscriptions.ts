import type { FeedVenue } from "./venues.ts";

/** What has to be sent, and asked, to hear a venue's public streams. */
export interface Subscription {
  readonly url: string;
  /** Messages sent once the socket is open. */
  readonly messages: readonly string[];
  /** REST address of a book's snapshot, where the venue's books begin with one. */
  readonly snapshotUrl?: (raw: string) => string;
  /** Sent every `pingMs`, where the venue closes silent sockets. */
  readonly ping?: { readonly everyMs: number; readonly message: string };
}

const PING_MS = 20_000;
const json = JSON.stringify;

function binance(host: string, rest: string, raws: readonly string[], futures: boolean): Subscription {
  const streams = raws.flatMap((raw) => {
    const name = raw.toLowerCase();
    const all = [`${name}@depth@100ms`, `${name}@bookTicker`, `${name}@trade`];
    return futures ? [...all, `${name}@markPrice@1s`, `${name}@forceOrder`] : all;
  });
  return {
    url: `wss://${host}/stream?streams=${streams.join("/")}`,
    messages: [],
    snapshotUrl: (raw) => `https://${rest}/depth?symbol=${raw}&limit=1000`,
  };
}

/**
 * How to hear these instruments at a venue: books, trades, best quotes, and for derivatives marks, funding and forced
 * orders as far as the venue publishes them.
 * @param raws the venue's own names
 */
export function subscriptionOf(venue: FeedVenue, raws: readonly string[]): Subscription {
  switch (venue) {
    case "binance":
      return binance("stream.binance.com:9443", "api.binance.com/api/v3", raws, false);
    case "binanceusdm":
      return binance("fstream.binance.com", "fapi.binance.com/fapi/v1", raws, true);
    case "binancecoinm":
      return binance("dstream.binance.com", "dapi.binance.com/dapi/v1", raws, true);
    case "bybit": {
      const args = raws.flatMap((raw) => [
        `orderbook.200.${raw}`,
        `publicTrade.${raw}`,
        `tickers.${raw}`,
        `allLiquidation.${raw}`,
      ]);
      const kind = raws.every((raw) => raw.endsWith("USD")) ? "inverse" : "linear";
      return {
        url: `wss://stream.bybit.com/v5/public/${kind}`,
        messages: [json({ op: "subscribe", args })],
        ping: { everyMs: PING_MS, message: json({ op: "ping" }) },
      };
    }
    case "okx": {
      const channels = ["books", "trades", "tickers", "mark-price", "funding-rate", "open-interest"];
      const args = raws.flatMap((instId) => channels.map((channel) => ({ channel, instId })));
      return {
        url: "wss://ws.okx.com:8443/ws/v5/public",
        messages: [json({ op: "subscribe", args })],
        ping: { everyMs: PING_MS, message: "ping" },
      };
    }
    case "deribit": {
      const channels = raws.flatMap((raw) => [`book.${raw}.100ms`, `trades.${raw}.100ms`, `ticker.${raw}.100ms`]);
      const heartbeat = { jsonrpc: "2.0", id: 1, method: "public/set_heartbeat", params: { interval: 30 } };
      return {
        url: "wss://www.deribit.com/ws/api/v2",
        messages: [json(heartbeat), json({ jsonrpc: "2.0", id: 2, method: "public/subscribe", params: { channels } })],
        ping: { everyMs: PING_MS, message: json({ jsonrpc: "2.0", id: 3, method: "public/test", params: {} }) },
      };
    }
    case "kraken": {
      const of = (channel: string, extra: object = {}): string =>
        json({ method: "subscribe", params: { channel, symbol: raws, ...extra } });
      return {
        url: "wss://ws.kraken.com/v2",
        messages: [of("book", { depth: 25 }), of("trade", { snapshot: false }), of("ticker")],
        ping: { everyMs: PING_MS, message: json({ method: "ping" }) },
      };
    }
    case "krakenfutures": {
      const messages = ["book", "trade", "ticker"].map((feed) => json({ event: "subscribe", feed, product_ids: raws }));
      return { url: "wss://futures.kraken.com/ws/v1", messages };
    }
    case "coinbase": {
      const messages = ["level2", "market_trades", "ticker", "heartbeats"].map((channel) =>
        json({ type: "subscribe", product_ids: raws, channel }),
      );
      return { url: "wss://advanced-trade-ws.coinbase.com", messages };
    }
    case "hyperliquid": {
      const kinds = ["l2Book", "trades", "bbo", "activeAssetCtx"];
      const messages = raws.flatMap((coin) =>
        kinds.map((type) => json({ method: "subscribe", subscription: { type, coin } })),
      );
      return {
        url: "wss://api.hyperliquid.xyz/ws",
        messages,
        ping: { everyMs: PING_MS, message: json({ method: "ping" }) },
      };
    }
    case "bitmex": {
      const args = raws.flatMap((raw) => [`orderBookL2:${raw}`, `trade:${raw}`, `quote:${raw}`, `instrument:${raw}`]);
      return {
        url: "wss://ws.bitmex.com/realtime",
        messages: [json({ op: "subscribe", args })],
        ping: { everyMs: PING_MS, message: "ping" },
      };
    }
  }
}
