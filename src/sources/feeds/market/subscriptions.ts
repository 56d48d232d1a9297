import { unify } from "./symbols.ts";
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

/** Streams of these instruments over one connection. */
function binance(address: string, raws: readonly string[], kinds: readonly string[]): Subscription {
  const streams = raws.flatMap((raw) => kinds.map((kind) => `${raw.toLowerCase()}@${kind}`));
  return { url: `wss://${address}/stream?streams=${streams.join("/")}`, messages: [] };
}

const BOOKS_AND_TRADES = ["depth@100ms", "bookTicker", "trade"];
const MARKS_AND_FORCED_ORDERS = ["markPrice@1s", "forceOrder"];

const snapshotsFrom = (rest: string): Required<Pick<Subscription, "snapshotUrl">> => ({
  snapshotUrl: (raw) => `https://${rest}/depth?symbol=${raw}&limit=1000`,
});

/** What OKX publishes of an instrument; what there is none of, it refuses. */
function okxChannels(raw: string): readonly string[] {
  const { type } = unify("okx", raw);
  const all = ["books", "trades", "tickers"];
  if (type === "spot") return all;
  return [...all, "mark-price", "open-interest", ...(type === "perpetual" ? ["funding-rate"] : [])];
}

/**
 * How to hear these instruments at a venue, a connection each: books, trades, best quotes, and for derivatives marks,
 * funding and forced orders as far as the venue publishes them.
 * @param raws the venue's own names
 */
export function subscriptionsOf(venue: FeedVenue, raws: readonly string[]): readonly Subscription[] {
  if (venue !== "binanceusdm") return [subscriptionOf(venue, raws)];
  // Without their road the address still answers, and most streams stay silent (developers.binance.com, USDⓈ-M futures,
  // "Important WebSocket Change Notice", in force since 2026-04-23). Coin-margined futures have no such roads.
  return [
    {
      ...binance("fstream.binance.com/public", raws, BOOKS_AND_TRADES),
      ...snapshotsFrom("fapi.binance.com/fapi/v1"),
    },
    binance("fstream.binance.com/market", raws, MARKS_AND_FORCED_ORDERS),
  ];
}

function subscriptionOf(venue: Exclude<FeedVenue, "binanceusdm">, raws: readonly string[]): Subscription {
  switch (venue) {
    case "binance":
      return {
        ...binance("stream.binance.com:9443", raws, BOOKS_AND_TRADES),
        ...snapshotsFrom("api.binance.com/api/v3"),
      };
    case "binancecoinm":
      return {
        ...binance("dstream.binance.com", raws, [...BOOKS_AND_TRADES, ...MARKS_AND_FORCED_ORDERS]),
        ...snapshotsFrom("dapi.binance.com/dapi/v1"),
      };
    case "bybit": {
      // One wrong topic has all of its message refused.
      const messages = raws.map((raw) =>
        json({
          op: "subscribe",
          req_id: raw,
          args: ["orderbook.200", "publicTrade", "tickers", "allLiquidation"].map((topic) => `${topic}.${raw}`),
        }),
      );
      const kind = raws.every((raw) => unify("bybit", raw).inverse) ? "inverse" : "linear";
      return {
        url: `wss://stream.bybit.com/v5/public/${kind}`,
        messages,
        ping: { everyMs: PING_MS, message: json({ op: "ping" }) },
      };
    }
    case "okx": {
      return {
        url: "wss://ws.okx.com:8443/ws/v5/public",
        messages: raws.map((instId) =>
          json({ op: "subscribe", args: okxChannels(instId).map((channel) => ({ channel, instId })) }),
        ),
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
