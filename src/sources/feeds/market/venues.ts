import { binanceParser } from "./binance.ts";
import { bitmexParser } from "./bitmex.ts";
import { bybitParser } from "./bybit.ts";
import { coinbaseParser } from "./coinbase.ts";
import { deribitParser } from "./deribit.ts";
import { hyperliquidParser } from "./hyperliquid.ts";
import { krakenParser } from "./kraken.ts";
import { krakenFuturesParser } from "./krakenfutures.ts";
import { okxParser } from "./okx.ts";
import type { Parser, ParserContext } from "./parser.ts";

/** The parser of each venue's public messages, by ccxt's name of the venue. */
export const PARSERS = {
  binance: (context) => binanceParser("binance", context),
  binanceusdm: (context) => binanceParser("binanceusdm", context),
  binancecoinm: (context) => binanceParser("binancecoinm", context),
  bitmex: bitmexParser,
  bybit: bybitParser,
  coinbase: coinbaseParser,
  deribit: deribitParser,
  hyperliquid: hyperliquidParser,
  kraken: krakenParser,
  krakenfutures: krakenFuturesParser,
  okx: okxParser,
} as const satisfies Record<string, (context: ParserContext) => Parser>;

/** A venue whose public messages can be read. */
export type FeedVenue = keyof typeof PARSERS;
