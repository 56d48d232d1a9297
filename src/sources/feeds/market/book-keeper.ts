import { clearBook, createBook, crossed, setAsk, setBid } from "../../../quant/book/book.ts";
import { refine } from "../../../quant/book/refine.ts";
import { uncross } from "../../../quant/book/uncross.ts";
import type { Book } from "../../../quant/book/shape.ts";
import type { FeedEvent, Market } from "../../../detectors/event.ts";
import type { FeedCounters } from "./counters.ts";
import { decimalsOf, plain, tickOf } from "./digits.ts";
import type { ParserContext } from "./parser.ts";
import type { Records } from "./records.ts";

/** One level as venues send it: price and size, as text or JSON numbers. Size 0 takes the level away. */
export type RawLevel = readonly [price: unknown, size: unknown];

/** A book fed by messages that JSON.parse has read: all venues but Binance. */
export interface BookKeeper {
  readonly market: Market;
  readonly book: Book;
  readonly context: ParserContext;
  readonly counters: FeedCounters;
  readonly records: Records;
  /** Raw text of every level by tick, where the venue's checksum is made of it. */
  readonly texts: { readonly bids: Map<number, RawText>; readonly asks: Map<number, RawText> } | undefined;
  sequence: number;
  /** False before the first snapshot. */
  live: boolean;
  crossed: boolean;
  /** A message was lost since the last snapshot: old levels may stand in the way. */
  suspect: boolean;
}

export interface RawText {
  readonly price: string;
  readonly size: string;
}

/** @param keepTexts keep the text of every level for checksums */
export function createKeeper(
  market: Market,
  context: ParserContext,
  counters: FeedCounters,
  records: Records,
  keepTexts = false,
): BookKeeper {
  const book = createBook(0, context.bookWindow);
  market.book = book;
  const texts = keepTexts ? { bids: new Map<number, RawText>(), asks: new Map<number, RawText>() } : undefined;
  return { market, book, context, counters, records, texts, sequence: 0, live: false, crossed: false, suspect: false };
}

/** Tells the detectors something about the feed itself. */
export function tellFeed(keeper: BookKeeper, state: FeedEvent["state"], at: number, receivedAt: number): void {
  keeper.context.emit(Object.assign(keeper.records.feed, { market: keeper.market, at, receivedAt, state }));
}

/** Counts a gap, says so and asks for a new snapshot. */
export function lostPlace(keeper: BookKeeper, at: number, receivedAt: number): void {
  keeper.counters.gaps += 1;
  keeper.suspect = true;
  tellFeed(keeper, "gap", at, receivedAt);
  keeper.context.resync?.(keeper.market.raw);
}

/**
 * Applies levels to the book and hands a depth event on.
 * @param snapshot true empties the book first
 * @returns false where a level could not be read; the book is then as before
 */
export function applyLevels(
  keeper: BookKeeper,
  bids: readonly RawLevel[],
  asks: readonly RawLevel[],
  snapshot: boolean,
  at: number,
  receivedAt: number,
): boolean {
  const { book, counters, texts } = keeper;
  const count = bids.length + asks.length;
  const { depth } = keeper.records;
  if (depth.ticks.length < count) {
    depth.ticks = new Int32Array(count * 2);
    depth.sizes = new Float64Array(count * 2);
    depth.before = new Float64Array(count * 2);
  }
  const read: RawText[] = [];
  let decimals = book.decimals;
  for (const side of [bids, asks]) {
    for (const [rawPrice, rawSize] of side) {
      const price = plain(rawPrice);
      const size = plain(rawSize);
      if (price === undefined || size === undefined) {
        counters.malformed += 1;
        return false;
      }
      decimals = Math.max(decimals, decimalsOf(price));
      read.push({ price, size });
    }
  }
  if (snapshot) {
    clearBook(book);
    texts?.bids.clear();
    texts?.asks.clear();
    keeper.live = true;
    keeper.suspect = false;
  }
  if (decimals > book.decimals) finer(keeper, decimals);
  for (const [index, { price, size }] of read.entries()) {
    const tick = tickOf(price, book.decimals);
    if (tick < 0) {
      counters.malformed += 1;
      return false;
    }
    const value = Number(size);
    const isBid = index < bids.length;
    depth.ticks[index] = tick;
    depth.sizes[index] = value;
    depth.before[index] = isBid ? setBid(book, tick, value) : setAsk(book, tick, value);
    if (texts) {
      const kept = isBid ? texts.bids : texts.asks;
      if (value === 0) kept.delete(tick);
      else kept.set(tick, { price, size });
    }
  }
  counters.levelUpdates += count;
  const nowCrossed = crossed(book);
  if (nowCrossed && !keeper.crossed) {
    counters.crossed += 1;
    tellFeed(keeper, "crossed", at, receivedAt);
  }
  keeper.crossed = nowCrossed;
  if (nowCrossed && keeper.suspect) uncross(book, depth.ticks, depth.sizes, bids.length, count);
  depth.market = keeper.market;
  depth.at = at;
  depth.receivedAt = receivedAt;
  depth.book = book;
  depth.snapshot = snapshot;
  depth.count = count;
  depth.bidCount = bids.length;
  depth.sequence = keeper.sequence;
  keeper.context.emit(depth);
  return true;
}

/** Compares a checksum, counts the outcome, and asks for a new snapshot where it differs. */
export function checkBook(keeper: BookKeeper, expected: number, actual: number, at: number, receivedAt: number): void {
  if (expected === actual) {
    keeper.counters.checksumsVerified += 1;
    return;
  }
  keeper.counters.checksumsFailed += 1;
  tellFeed(keeper, "checksum", at, receivedAt);
  keeper.context.resync?.(keeper.market.raw);
}

function finer(keeper: BookKeeper, decimals: number): void {
  const { book, texts } = keeper;
  const factor = 10 ** (decimals - book.decimals);
  refine(book, decimals);
  for (const side of texts ? [texts.bids, texts.asks] : []) {
    const moved = [...side].map(([tick, text]) => [tick * factor, text] as const);
    side.clear();
    for (const [tick, text] of moved) side.set(tick, text);
  }
}
