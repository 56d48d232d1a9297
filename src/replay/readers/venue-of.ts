import type { FeedVenue } from "../../sources/feeds/market/venues.ts";

const HOSTS: readonly (readonly [part: RegExp, venue: FeedVenue])[] = [
  [/fstream\.binance|fapi\.binance/, "binanceusdm"],
  [/dstream\.binance|dapi\.binance/, "binancecoinm"],
  [/binance\./, "binance"],
  [/futures\.kraken/, "krakenfutures"],
  [/kraken\./, "kraken"],
  [/bitmex/, "bitmex"],
  [/bybit|bytick/, "bybit"],
  [/okx|okex/, "okx"],
  [/deribit/, "deribit"],
  [/coinbase/, "coinbase"],
  [/hyperliquid/, "hyperliquid"],
];

/** The venue that serves this address. */
export const venueOfUrl = (url: string): FeedVenue | undefined => HOSTS.find(([part]) => part.test(url))?.[1];

/** Words that only one venue's messages hold; the first match wins. */
const MARKS: readonly (readonly [part: RegExp, venue: FeedVenue])[] = [
  [/"e":"depthUpdate".*"ps":|"ps":"[A-Z]+".*"e":|"s":"[A-Z]+_PERP"/, "binancecoinm"],
  [/"e":"depthUpdate".*"pu":|"e":"bookTicker"|"X":"MARKET"|"e":"markPriceUpdate"|"e":"forceOrder"/, "binanceusdm"],
  [/"e":"depthUpdate"|"M":(true|false)\}|"lastUpdateId"|"e":"24hrTicker"/, "binance"],
  [/"channel":"(l2Book|trades|bbo|activeAssetCtx)","data"/, "hyperliquid"],
  [/"topic":"(orderbook|publicTrade|tickers|orderBookL2|trade|allLiquidation)/, "bybit"],
  [/"arg":\{"channel":/, "okx"],
  [/"jsonrpc":"2\.0","method":"subscription"/, "deribit"],
  [/"feed":"(book|book_snapshot|trade|ticker)".*"product_id"/, "krakenfutures"],
  [/"channel":"(book|trade|ticker)".*"type":"(snapshot|update)"/, "kraken"],
  [/"table":"(orderBookL2|trade|quote|instrument)/, "bitmex"],
  [/"product_id":.*|"channel":"(l2_data|market_trades)"/, "coinbase"],
];

/**
 * The venue whose messages these are. Lines are looked at together, since a single one may not tell: Binance's spot and
 * futures quotes look alike.
 */
export function venueOfMessages(messages: readonly string[]): FeedVenue | undefined {
  for (const [part, venue] of MARKS) if (messages.some((message) => part.test(message))) return venue;
  return undefined;
}
