import { QuantError } from "../errors.ts";
import { recentre } from "./centre.ts";
import { above, below, mark, unmark } from "./grid.ts";
import { type Book, type BookSide, NO_ASK, NO_BID } from "./shape.ts";

/**
 * An empty book.
 * @param windowTicks ticks kept on the flat grid: a power of two from 4,096; 65,536 by default (1.1 MB)
 * @param decimals digits after the point of the finest price
 * @throws QuantError OUT_OF_RANGE for another window
 */
export function createBook(decimals = 0, windowTicks = 65_536): Book {
  if (windowTicks < 4096 || (windowTicks & (windowTicks - 1)) !== 0) {
    throw new QuantError("OUT_OF_RANGE", `a book's window is a power of two from 4,096, was ${windowTicks}`);
  }
  return {
    decimals,
    window: windowTicks,
    mask: windowTicks - 1,
    sizes: new Float64Array(2 * windowTicks),
    words: new Int32Array(windowTicks >> 4),
    tops: new Int32Array(windowTicks >> 9),
    base: 0,
    bestBid: NO_BID,
    bestAsk: NO_ASK,
    bidCount: 0,
    askCount: 0,
    farBids: new Map(),
    farAsks: new Map(),
    farBidsTop: NO_BID,
    farAsksBottom: NO_ASK,
    recentrings: 0,
  };
}

/** Takes every level out. */
export function clearBook(book: Book): void {
  book.sizes.fill(0);
  book.words.fill(0);
  book.tops.fill(0);
  book.farBids.clear();
  book.farAsks.clear();
  book.bestBid = NO_BID;
  book.bestAsk = NO_ASK;
  book.bidCount = 0;
  book.askCount = 0;
  book.farBidsTop = NO_BID;
  book.farAsksBottom = NO_ASK;
}

/** The size at a tick; 0 where there is none. */
export function sizeAt(book: Book, side: BookSide, tick: number): number {
  const offset = tick - book.base;
  if (offset >= 0 && offset < book.window) return book.sizes[side * book.window + (tick & book.mask)]!;
  return (side === 0 ? book.farBids : book.farAsks).get(tick) ?? 0;
}

/** The next bid under `tick`, or NO_BID. */
export function nextBid(book: Book, tick: number): number {
  const near = below(book, 0, tick);
  if (near > book.farBidsTop || book.farBids.size === 0) return near;
  let best = near;
  for (const far of book.farBids.keys()) if (far < tick && far > best) best = far;
  return best;
}

/** The next ask over `tick`, or NO_ASK. */
export function nextAsk(book: Book, tick: number): number {
  const near = above(book, 1, tick);
  if (near < book.farAsksBottom || book.farAsks.size === 0) return near;
  let best = near;
  for (const far of book.farAsks.keys()) if (far > tick && far < best) best = far;
  return best;
}

/**
 * Sets the size of one bid; 0 takes it away.
 * @returns the size before, 0 where there was none
 */
export function setBid(book: Book, tick: number, size: number): number {
  const offset = tick - book.base;
  // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- else V8 puts every size before on the heap, also the window's
  if (offset < 0 || offset >= book.window) return +setFarBid(book, tick, size);
  const at = tick & book.mask;
  const before = book.sizes[at]!;
  book.sizes[at] = size;
  if (size !== 0) {
    if (before === 0) {
      mark(book, 0, at);
      book.bidCount += 1;
      if (tick > book.bestBid) moveBid(book, tick);
    }
  } else if (before !== 0) {
    unmark(book, 0, at);
    book.bidCount -= 1;
    if (tick === book.bestBid) moveBid(book, nextBid(book, tick));
  }
  return before;
}

/**
 * Sets the size of one ask; 0 takes it away.
 * @returns the size before, 0 where there was none
 */
export function setAsk(book: Book, tick: number, size: number): number {
  const offset = tick - book.base;
  // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- else V8 puts every size before on the heap, also the window's
  if (offset < 0 || offset >= book.window) return +setFarAsk(book, tick, size);
  const at = book.window + (tick & book.mask);
  const before = book.sizes[at]!;
  book.sizes[at] = size;
  if (size !== 0) {
    if (before === 0) {
      mark(book, 1, tick & book.mask);
      book.askCount += 1;
      if (tick < book.bestAsk) moveAsk(book, tick);
    }
  } else if (before !== 0) {
    unmark(book, 1, tick & book.mask);
    book.askCount -= 1;
    if (tick === book.bestAsk) moveAsk(book, nextAsk(book, tick));
  }
  return before;
}

/** Sets the size of one level; 0 takes it away. Returns the size before. */
export const setLevel = (book: Book, side: BookSide, tick: number, size: number): number =>
  side === 0 ? setBid(book, tick, size) : setAsk(book, tick, size);

/** True where the best bid is at or above the best ask: an update is missing. */
export const crossed = (book: Book): boolean => book.bestBid >= book.bestAsk;

function setFarBid(book: Book, tick: number, size: number): number {
  const before = book.farBids.get(tick) ?? 0;
  if (size !== 0) {
    book.farBids.set(tick, size);
    if (tick > book.farBidsTop) book.farBidsTop = tick;
    if (before === 0) book.bidCount += 1;
    if (tick > book.bestBid) moveBid(book, tick);
  } else if (before !== 0) {
    book.farBids.delete(tick);
    book.bidCount -= 1;
    if (tick === book.bestBid) moveBid(book, nextBid(book, tick));
  }
  return before;
}

function setFarAsk(book: Book, tick: number, size: number): number {
  const before = book.farAsks.get(tick) ?? 0;
  if (size !== 0) {
    book.farAsks.set(tick, size);
    if (tick < book.farAsksBottom) book.farAsksBottom = tick;
    if (before === 0) book.askCount += 1;
    if (tick < book.bestAsk) moveAsk(book, tick);
  } else if (before !== 0) {
    book.farAsks.delete(tick);
    book.askCount -= 1;
    if (tick === book.bestAsk) moveAsk(book, nextAsk(book, tick));
  }
  return before;
}

function moveBid(book: Book, tick: number): void {
  book.bestBid = tick;
  if (tick !== NO_BID) follow(book, tick, book.bestAsk === NO_ASK ? tick : book.bestAsk);
}

function moveAsk(book: Book, tick: number): void {
  book.bestAsk = tick;
  if (tick !== NO_ASK) follow(book, tick, book.bestBid === NO_BID ? tick : book.bestBid);
}

/**
 * Moves the window when the best price comes near its edge. Two best prices further apart than a quarter of the
 * window cannot both be near its centre; it then stays, or it would swing between them.
 */
function follow(book: Book, tick: number, other: number): void {
  const offset = tick - book.base;
  const margin = book.window >> 3;
  if (offset >= margin && offset < book.window - margin) return;
  const apart = tick > other ? tick - other : other - tick;
  if (apart > book.window >> 2) return;
  recentre(book, tick);
}
