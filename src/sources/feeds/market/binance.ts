import type { FeedEvent } from "../../../detectors/event.ts";
import { clearBook, createBook, crossed, setAsk, setBid } from "../../../quant/book/book.ts";
import { uncross } from "../../../quant/book/uncross.ts";
import { type FindLane, readBinance } from "./binance-bytes.ts";
import { type BinanceFrame, type HeldUpdate, type Lane, createFrame, growFrame } from "./binance-frame.ts";
import { type Data, dataOf, frameOf, levelsInto } from "./binance-json.ts";
import { otherBinance } from "./binance-other.ts";
import { type FeedCounters, createCounters } from "./counters.ts";
import type { Parser, ParserContext } from "./parser.ts";
import { type Emit, NOWHERE, type Records, createRecords } from "./records.ts";

/** Binance's three markets; their sequence rules differ. */
export type BinanceVenue = "binance" | "binanceusdm" | "binancecoinm";

/** Updates kept for a book whose snapshot has not come; a second snapshot is asked for beyond it. */
const HELD_MOST = 2000;

/** A connection's state; functions work on it, so that every connection shares their compiled code. */
interface BinanceFeed {
  readonly venue: BinanceVenue;
  readonly spot: boolean;
  readonly context: ParserContext;
  readonly emit: Emit;
  readonly counters: FeedCounters;
  readonly records: Records;
  readonly lanes: Map<string, Lane>;
  readonly byHash: Map<number, Lane>;
  readonly frame: BinanceFrame;
  readonly find: FindLane;
  recent: Lane;
  recentHash: number;
  /** The venue's clock minus ours, learned from messages that carry a time; spot quotes have none. */
  offsetMs: number;
}

/** Stands where no lane is known yet. */
const emptyLane = (): Lane => ({
  symbol: "",
  market: NOWHERE,
  book: createBook(0, 4096),
  state: "waiting",
  fresh: false,
  last: 0,
  held: [],
  crossed: false,
  suspect: false,
  fundingAt: Number.NaN,
  fundingMs: Number.NaN,
});

/**
 * Binance spot, USD-M and COIN-M: depthUpdate, bookTicker and trade by bytes, all else by JSON.parse.
 * Sequence: futures are continuous where `pu` is the `u` before, spot where `U` is that plus one; updates older than the
 * snapshot's lastUpdateId are dropped (developers.binance.com, "How to manage a local order book correctly").
 */
export function binanceParser(venue: BinanceVenue, context: ParserContext): Parser {
  const nowhere = emptyLane();
  const feed: BinanceFeed = {
    venue,
    spot: venue === "binance",
    context,
    emit: context.emit,
    counters: createCounters(),
    records: createRecords(NOWHERE),
    lanes: new Map(),
    byHash: new Map(),
    frame: createFrame(nowhere),
    find: (bytes, start, end, hash) => findLane(feed, bytes, start, end, hash),
    recent: nowhere,
    recentHash: -1,
    offsetMs: Number.NaN,
  };
  return {
    venue,
    counters: feed.counters,
    message(bytes, start, end, receivedAt) {
      feed.counters.messages += 1;
      if (readBinance(bytes, start, end, feed.frame, feed.find)) dispatch(feed, receivedAt);
      else slow(feed, bytes.toString("utf8", start, end), receivedAt);
    },
    answer(url, body, receivedAt) {
      const symbol = /\/depth\?(?:.*&)?symbol=([A-Z0-9_]+)/.exec(url)?.[1];
      const data = dataOf(body);
      if (symbol !== undefined && data !== undefined) return snapshot(feed, symbol, data, receivedAt);
      feed.counters.malformed += 1;
      return false;
    },
    books: () =>
      [...feed.lanes.values()].map((lane) => ({ market: lane.market, book: lane.book, sequence: lane.last })),
  };
}

function laneOf(feed: BinanceFeed, symbol: string): Lane {
  const known = feed.lanes.get(symbol);
  if (known) return known;
  const market = feed.context.markets.of(feed.venue, symbol);
  const book = createBook(0, feed.context.bookWindow);
  market.book = book;
  const lane: Lane = { ...emptyLane(), symbol, market, book };
  feed.lanes.set(symbol, lane);
  let hash = 0;
  for (let i = 0; i < symbol.length; i += 1) hash = (Math.imul(hash, 31) + symbol.charCodeAt(i)) | 0;
  if (!feed.byHash.has(hash)) feed.byHash.set(hash, lane);
  return lane;
}

function findLane(feed: BinanceFeed, bytes: Uint8Array, start: number, end: number, hash: number): Lane | undefined {
  const lane = hash === feed.recentHash ? feed.recent : feed.byHash.get(hash);
  if (lane === undefined || lane.symbol.length !== end - start) return undefined;
  for (let i = 0; i < lane.symbol.length; i += 1) if (lane.symbol.charCodeAt(i) !== bytes[start + i]) return undefined;
  feed.recent = lane;
  feed.recentHash = hash;
  return lane;
}

function learn(feed: BinanceFeed, at: number, receivedAt: number): void {
  const offset = at - receivedAt;
  feed.offsetMs = Number.isNaN(feed.offsetMs) ? offset : feed.offsetMs + (offset - feed.offsetMs) / 64;
}

/** The venue's time of a message that carries none. */
const guessAt = (feed: BinanceFeed, receivedAt: number): number =>
  Math.round(receivedAt + (Number.isNaN(feed.offsetMs) ? 0 : feed.offsetMs));

/** Applies the frame's levels to its lane's book and hands the event on. */
function apply(feed: BinanceFeed, lane: Lane, at: number, receivedAt: number, isSnapshot: boolean): void {
  const { book } = lane;
  const { ticks, sizes, before, bidCount, count } = feed.frame;
  for (let i = 0; i < bidCount; i += 1) before[i] = setBid(book, ticks[i]!, sizes[i]!);
  for (let i = bidCount; i < count; i += 1) before[i] = setAsk(book, ticks[i]!, sizes[i]!);
  feed.counters.levelUpdates += count;
  const { depth } = feed.records;
  depth.market = lane.market;
  depth.at = at;
  depth.receivedAt = receivedAt;
  depth.book = book;
  depth.snapshot = isSnapshot;
  depth.count = count;
  depth.bidCount = bidCount;
  depth.ticks = ticks;
  depth.sizes = sizes;
  depth.before = before;
  depth.sequence = lane.last;
  const nowCrossed = crossed(book);
  if (nowCrossed && !lane.crossed) {
    feed.counters.crossed += 1;
    tell(feed, lane, "crossed", at, receivedAt);
  }
  lane.crossed = nowCrossed;
  if (nowCrossed && lane.suspect) uncross(book, ticks, sizes, bidCount, count);
  feed.emit(depth);
}

function tell(feed: BinanceFeed, lane: Lane, state: FeedEvent["state"], at: number, receivedAt: number): void {
  feed.emit(Object.assign(feed.records.feed, { market: lane.market, at, receivedAt, state }));
}

function depthUpdate(feed: BinanceFeed, receivedAt: number): void {
  const { frame, spot, counters } = feed;
  const { lane } = frame;
  const at = spot ? frame.eventAt : frame.tradeAt;
  learn(feed, frame.eventAt, receivedAt);
  if (lane.state === "waiting") {
    hold(feed, lane, at);
    return;
  }
  // Right after a snapshot an update may end where it ends; later the same one is heard a second time.
  if (frame.last < lane.last || (frame.last === lane.last && (spot || !lane.fresh))) {
    counters.outdated += 1;
    return;
  }
  const follows = spot ? frame.first === lane.last + 1 : frame.previous === lane.last;
  // The first update after a snapshot may reach back behind it.
  const joins = lane.fresh && frame.first <= lane.last + 1 && frame.last >= lane.last;
  if (!follows && !joins) {
    counters.gaps += 1;
    lane.suspect = true;
    lane.held = [];
    tell(feed, lane, "gap", at, receivedAt);
    feed.context.resync?.(lane.symbol);
  }
  lane.fresh = false;
  lane.last = frame.last;
  // The snapshot that is asked for now may be older than what comes until it is here.
  if (lane.suspect) hold(feed, lane, at);
  apply(feed, lane, at, receivedAt, false);
}

function hold(feed: BinanceFeed, lane: Lane, at: number): void {
  const { frame } = feed;
  lane.held.push({
    first: frame.first,
    last: frame.last,
    previous: frame.previous,
    at,
    bidCount: frame.bidCount,
    ticks: frame.ticks.slice(0, frame.count),
    sizes: frame.sizes.slice(0, frame.count),
    decimals: lane.book.decimals,
  });
  if (lane.held.length > HELD_MOST) {
    lane.held.shift();
    feed.counters.outdated += 1;
  }
}

function snapshot(feed: BinanceFeed, symbol: string, data: Data, receivedAt: number): boolean {
  const lane = laneOf(feed, symbol);
  const { bids, asks, lastUpdateId } = data;
  feed.frame.lane = lane;
  if (
    !Array.isArray(bids) ||
    !Array.isArray(asks) ||
    typeof lastUpdateId !== "number" ||
    !levelsInto(feed.frame, bids, asks)
  ) {
    feed.counters.malformed += 1;
    return false;
  }
  if (lane.state === "live" && !lane.suspect && lastUpdateId < lane.last) {
    // A book in sequence knows more than this: what a second recorder asked for, or asked before.
    feed.counters.outdated += 1;
    return true;
  }
  clearBook(lane.book);
  const time = data["T"] ?? data["E"];
  const at = typeof time === "number" ? time : guessAt(feed, receivedAt);
  const again = lane.state === "live";
  lane.state = "live";
  lane.fresh = true;
  lane.suspect = false;
  lane.last = lastUpdateId;
  apply(feed, lane, at, receivedAt, true);
  if (again) tell(feed, lane, "resynced", at, receivedAt);
  const { held } = lane;
  lane.held = [];
  for (const update of held) applyHeld(feed, lane, update, receivedAt);
  return true;
}

function applyHeld(feed: BinanceFeed, lane: Lane, update: HeldUpdate, receivedAt: number): void {
  const { frame } = feed;
  // The grid may have become finer since this update was kept.
  const factor = 10 ** (lane.book.decimals - update.decimals);
  growFrame(frame, update.ticks.length);
  for (const [index, tick] of update.ticks.entries()) frame.ticks[index] = tick * factor;
  frame.sizes.set(update.sizes);
  frame.lane = lane;
  frame.first = update.first;
  frame.last = update.last;
  frame.previous = update.previous;
  frame.bidCount = update.bidCount;
  frame.count = update.ticks.length;
  frame.eventAt = update.at;
  frame.tradeAt = update.at;
  depthUpdate(feed, receivedAt);
}

function quoteUpdate(feed: BinanceFeed, receivedAt: number): void {
  const { frame } = feed;
  const { quote } = feed.records;
  let at = frame.eventAt;
  if (Number.isNaN(at)) at = guessAt(feed, receivedAt);
  else learn(feed, at, receivedAt);
  // A book with one side, as of what is being delisted, has 0 for the other.
  if (!(frame.bid > 0) || !(frame.ask > 0)) return;
  quote.market = frame.lane.market;
  quote.at = at;
  quote.receivedAt = receivedAt;
  quote.bid = frame.bid;
  quote.bidSize = frame.bidSize;
  quote.ask = frame.ask;
  quote.askSize = frame.askSize;
  feed.emit(quote);
}

function tradeUpdate(feed: BinanceFeed, receivedAt: number): void {
  const { frame } = feed;
  const { trade } = feed.records;
  learn(feed, frame.eventAt, receivedAt);
  // Futures tell of what is no trade of the market (X "NA") with a price and a size of 0.
  if (!(frame.bid > 0) || !(frame.bidSize > 0)) return;
  trade.market = frame.lane.market;
  trade.at = frame.tradeAt;
  trade.receivedAt = receivedAt;
  trade.price = frame.bid;
  trade.size = frame.bidSize;
  trade.taker = frame.buyerMaker ? -1 : 1;
  feed.emit(trade);
}

function dispatch(feed: BinanceFeed, receivedAt: number): void {
  const { kind } = feed.frame;
  if (kind === "quote") quoteUpdate(feed, receivedAt);
  else if (kind === "trade") tradeUpdate(feed, receivedAt);
  else if (kind === "depth") depthUpdate(feed, receivedAt);
}

function slow(feed: BinanceFeed, text: string, receivedAt: number): void {
  const { counters, frame } = feed;
  counters.fallbacks += 1;
  const data = dataOf(text);
  if (data === undefined) counters.malformed += 1;
  else if (typeof data["lastUpdateId"] === "number") snapshot(feed, symbolOf(feed, data), data, receivedAt);
  else if (frameOf(data, frame, (symbol) => laneOf(feed, symbol))) dispatch(feed, receivedAt);
  else otherBinance(data, receivedAt, (symbol) => laneOf(feed, symbol), feed.records, feed.emit);
}

/** A snapshot names its symbol on COIN-M only; elsewhere it is the one that waits, or the only one. */
function symbolOf(feed: BinanceFeed, data: Data): string {
  if (typeof data["symbol"] === "string") return data["symbol"];
  for (const lane of feed.lanes.values()) if (lane.state === "waiting" && lane.held.length > 0) return lane.symbol;
  return feed.lanes.keys().next().value ?? "UNKNOWN";
}
