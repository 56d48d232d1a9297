import type { AccessAction } from "../kernel/access.ts";
import type { Book } from "../quant/book/shape.ts";

/** Kinds of things that can be traded. */
export type MarketType = "spot" | "perpetual" | "future" | "option";

/** What an option is a right to. */
export interface OptionTerms {
  readonly right: "call" | "put";
  /** In the quote currency. */
  readonly strike: number;
}

/** One instrument at one venue, as the stream sees it. Ids are dense, so that states live in arrays. */
export interface Market {
  readonly id: number;
  readonly venue: string;
  readonly venueId: number;
  /** Unified symbol, such as "BTC/USDT:USDT". */
  readonly instrument: string;
  /** The venue's own name. */
  readonly raw: string;
  readonly type: MarketType;
  readonly base: string;
  readonly assetId: number;
  readonly quote: string;
  /** Contracts are worth a fixed sum of the quote currency. */
  readonly inverse: boolean;
  /** When a dated future or an option ends, ms; NaN for what has no end. */
  readonly expiresAt: number;
  /** Undefined for anything but an option. */
  readonly option: OptionTerms | undefined;
  /** The book that the feed keeps; undefined where it keeps none. */
  book: Book | undefined;
}

/** Buyer took (1), seller took (-1), not said (0). */
export type Taker = 1 | -1 | 0;

/*
 * Events are borrowed: a feed re-uses one record of each kind, so a detector copies what it keeps. Prices and sizes are
 * floats, since detectors estimate; nothing here is ever sent to a venue. Times are milliseconds: `at` by the venue's
 * clock, `receivedAt` by ours. A figure that a message does not carry is NaN. Sizes, of books, trades, forced orders, open
 * interest, and our own orders and positions alike, are in the unit of their market (sizes.ts).
 */
interface Head<Kind extends string> {
  readonly kind: Kind;
  market: Market;
  at: number;
  receivedAt: number;
}

/** One execution seen on the public tape. */
export interface TradeEvent extends Head<"trade"> {
  price: number;
  size: number;
  taker: Taker;
  /** Parties where the venue publishes them (hyperliquid), else empty. */
  buyer: string;
  seller: string;
}

/** Best bid and ask. */
export interface QuoteEvent extends Head<"quote"> {
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
}

/** An update that was just applied to `market.book`: the first `bidCount` of `count` levels are bids. */
export interface DepthEvent extends Head<"depth"> {
  book: Book;
  snapshot: boolean;
  count: number;
  bidCount: number;
  ticks: Int32Array;
  sizes: Float64Array;
  /** Sizes before this update. */
  before: Float64Array;
  sequence: number;
}

/** A derivative's mark and index price. */
export interface MarkEvent extends Head<"mark"> {
  mark: number;
  index: number;
}

/** Funding: what longs pay shorts for one interval, as a ratio of notional. */
export interface FundingEvent extends Head<"funding"> {
  rate: number;
  intervalMs: number;
}

/** Last price, open interest, implied volatility as a ratio. */
export interface TickerEvent extends Head<"ticker"> {
  last: number;
  openInterest: number;
  impliedVolatility: number;
}

/**
 * A listed option, as its venue shows it. Prices are in coins where the market is inverse, else in the quote currency;
 * a side without an offer is NaN.
 */
export interface OptionEvent extends Head<"option"> {
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
  /** What the venue margins and settles by. */
  mark: number;
  /** The volatility behind the mark, per √year; NaN where the venue names none. */
  impliedVolatility: number;
  /** Price of the underlying for the option's own expiry, in the quote currency. */
  forward: number;
}

/** A forced order: taker 1 is a short being bought back, -1 a long being sold. */
export interface LiquidationEvent extends Head<"liquidation"> {
  price: number;
  size: number;
  taker: Taker;
}

/** A finished candle; `at` is its end. */
export interface CandleEvent extends Head<"candle"> {
  intervalMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** What the feed itself noticed. */
export interface FeedEvent extends Head<"feed"> {
  state: "open" | "closed" | "gap" | "crossed" | "checksum" | "resynced";
}

/** One change of one of our own orders. */
export interface OwnOrderEvent extends Head<"order"> {
  account: string;
  id: string;
  taker: Taker;
  price: number;
  size: number;
  state: "placed" | "filled" | "cancelled" | "rejected";
}

/** A position of ours: signed size, value and the venue's auto-deleveraging rank (0..1, NaN unknown). */
export interface OwnPositionEvent extends Head<"position"> {
  account: string;
  quantity: number;
  notionalUsd: number;
  equityUsd: number;
  adlRankRatio: number;
}

/** A login or a change of an API key or address at a venue. */
export interface AccessEvent extends Head<"access"> {
  account: string;
  action: AccessAction;
  actor: string;
  origin: string;
  /** The actor has come from this origin before. */
  known: boolean;
  /** What was done, in words; may be empty, and recordings from before it have none. */
  detail?: string;
  /** Number in the log it was read from: tells two alike apart. */
  entry?: number;
  /** When somebody last came in from an unknown place before this, ms; a restart forgets no stranger by it. */
  strangerAt?: number;
}

/** Our clock passed a whole second; `at` equals `receivedAt`. */
export interface TickEvent extends Head<"tick"> {}

/** Everything that a detector may see. */
export type MarketEvent =
  | TradeEvent
  | QuoteEvent
  | DepthEvent
  | MarkEvent
  | FundingEvent
  | TickerEvent
  | OptionEvent
  | LiquidationEvent
  | CandleEvent
  | FeedEvent
  | OwnOrderEvent
  | OwnPositionEvent
  | AccessEvent
  | TickEvent;

export type EventKind = MarketEvent["kind"];
export type EventOf<Kind extends EventKind> = Extract<MarketEvent, { kind: Kind }>;
