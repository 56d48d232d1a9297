import type {
  CandleEvent,
  DepthEvent,
  FeedEvent,
  FundingEvent,
  LiquidationEvent,
  Market,
  MarkEvent,
  MarketEvent,
  OptionEvent,
  QuoteEvent,
  TickerEvent,
  TradeEvent,
} from "../../../detectors/event.ts";
import { createBook } from "../../../quant/book/book.ts";

/** The one record of each kind that a feed fills again and again. */
export interface Records {
  readonly trade: TradeEvent;
  readonly quote: QuoteEvent;
  readonly depth: DepthEvent;
  readonly mark: MarkEvent;
  readonly funding: FundingEvent;
  readonly ticker: TickerEvent;
  readonly option: OptionEvent;
  readonly liquidation: LiquidationEvent;
  readonly candle: CandleEvent;
  readonly feed: FeedEvent;
}

/** Receives events; must not keep the record it is handed. */
export type Emit = (event: MarketEvent) => void;

/** Fresh records; `market` only fills the field until the first use. */
export function createRecords(market: Market): Records {
  // NaN as the starting value makes V8 keep these fields as doubles from the start.
  const none = Number.NaN;
  const head = { market, at: none, receivedAt: none };
  return {
    trade: { kind: "trade", ...head, price: none, size: none, taker: 0, buyer: "", seller: "" },
    quote: { kind: "quote", ...head, bid: none, bidSize: none, ask: none, askSize: none },
    depth: {
      kind: "depth",
      ...head,
      book: createBook(0, 4096),
      snapshot: false,
      count: 0,
      bidCount: 0,
      ticks: new Int32Array(0),
      sizes: new Float64Array(0),
      before: new Float64Array(0),
      sequence: 0,
    },
    mark: { kind: "mark", ...head, mark: none, index: none },
    funding: { kind: "funding", ...head, rate: none, intervalMs: none },
    ticker: { kind: "ticker", ...head, last: none, openInterest: none, impliedVolatility: none },
    option: {
      kind: "option",
      ...head,
      bid: none,
      bidSize: none,
      ask: none,
      askSize: none,
      mark: none,
      impliedVolatility: none,
      forward: none,
    },
    liquidation: { kind: "liquidation", ...head, price: none, size: none, taker: 0 },
    candle: { kind: "candle", ...head, intervalMs: 0, open: none, high: none, low: none, close: none, volume: none },
    feed: { kind: "feed", ...head, state: "open" },
  };
}

/** A market that stands where none is known yet. */
export const NOWHERE: Market = {
  id: -1,
  venue: "",
  venueId: -1,
  instrument: "",
  raw: "",
  type: "spot",
  base: "",
  assetId: -1,
  quote: "",
  inverse: false,
  expiresAt: Number.NaN,
  option: undefined,
  book: undefined,
};
