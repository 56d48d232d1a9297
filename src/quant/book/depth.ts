import { nextAsk, nextBid, sizeAt } from "./book.ts";
import { type Book, type BookSide, NO_ASK, NO_BID } from "./shape.ts";

/** The first level of a side, or NO_BID / NO_ASK. */
export const bestOf = (book: Book, side: BookSide): number => (side === 0 ? book.bestBid : book.bestAsk);

/** True where `tick` names no level. */
export const isNone = (tick: number): boolean => tick === NO_BID || tick === NO_ASK;

/** The level after `tick`, going away from the best price. */
export const nextOf = (book: Book, side: BookSide, tick: number): number =>
  side === 0 ? nextBid(book, tick) : nextAsk(book, tick);

/** Sum of the sizes of the `count` best levels. */
export function topSize(book: Book, side: BookSide, count: number): number {
  let total = 0;
  let tick = bestOf(book, side);
  for (let left = count; left > 0 && !isNone(tick); left -= 1) {
    total += sizeAt(book, side, tick);
    tick = nextOf(book, side, tick);
  }
  return total;
}

/** Sum of the sizes within `ticks` of the side's best price, the best level included. */
export function sizeWithin(book: Book, side: BookSide, ticks: number): number {
  const best = bestOf(book, side);
  if (isNone(best)) return 0;
  const last = side === 0 ? Math.max(best - ticks, NO_BID + 1) : Math.min(best + ticks, NO_ASK - 1);
  let total = 0;
  for (let tick = best; side === 0 ? tick >= last : tick <= last; tick = nextOf(book, side, tick)) {
    total += sizeAt(book, side, tick);
  }
  return total;
}

/** (bids − asks) / (bids + asks) over the `count` best levels, −1..1; 0 for an empty book. */
export function imbalance(book: Book, count: number): number {
  const bids = topSize(book, 0, count);
  const asks = topSize(book, 1, count);
  return bids + asks === 0 ? 0 : (bids - asks) / (bids + asks);
}

/**
 * Copies the best levels into the caller's arrays, best first.
 * @returns how many were written: at most the arrays' length
 */
export function copyLevels(book: Book, side: BookSide, ticks: Int32Array, sizes: Float64Array): number {
  const room = Math.min(ticks.length, sizes.length);
  let count = 0;
  for (let tick = bestOf(book, side); count < room && !isNone(tick); tick = nextOf(book, side, tick)) {
    ticks[count] = tick;
    sizes[count] = sizeAt(book, side, tick);
    count += 1;
  }
  return count;
}

/**
 * Average tick of taking `size` from a side at once.
 * @returns NaN where the side does not hold that much
 */
export function averageTick(book: Book, side: BookSide, size: number): number {
  let left = size;
  let cost = 0;
  for (let tick = bestOf(book, side); left > 0 && !isNone(tick); tick = nextOf(book, side, tick)) {
    const take = Math.min(left, sizeAt(book, side, tick));
    cost += take * tick;
    left -= take;
  }
  return left > 0 ? Number.NaN : cost / size;
}

/** Mid price in the quote currency; NaN where a side is empty. */
export function midPrice(book: Book): number {
  if (book.bestBid === NO_BID || book.bestAsk === NO_ASK) return Number.NaN;
  return (book.bestBid + book.bestAsk) / 2 / 10 ** book.decimals;
}
