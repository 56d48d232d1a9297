import { type Book, type BookSide, NO_ASK, NO_BID } from "./shape.ts";
import { above, mark, unmark } from "./grid.ts";

/** Moves the window so that `tick` lies at its middle; levels that leave it go aside, those it reaches come in. */
export function recentre(book: Book, tick: number): void {
  const base = Math.max(0, tick - (book.window >> 1)) & ~1023;
  if (base === book.base) return;
  const end = base + book.window;
  for (const side of [0, 1] as const) evict(book, side, base, end);
  book.base = base;
  admit(book, 0, book.farBids, end);
  admit(book, 1, book.farAsks, end);
  book.farBidsTop = NO_BID;
  for (const far of book.farBids.keys()) if (far > book.farBidsTop) book.farBidsTop = far;
  book.farAsksBottom = NO_ASK;
  for (const far of book.farAsks.keys()) if (far < book.farAsksBottom) book.farAsksBottom = far;
  book.recentrings += 1;
}

function evict(book: Book, side: BookSide, base: number, end: number): void {
  const far = side === 0 ? book.farBids : book.farAsks;
  for (let tick = above(book, side, book.base - 1); tick !== NO_ASK; tick = above(book, side, tick)) {
    if (tick >= base && tick < end) {
      // The rest of the overlap stays in place: go on after it.
      tick = Math.min(end, book.base + book.window) - 1;
      continue;
    }
    const at = tick & book.mask;
    far.set(tick, book.sizes[side * book.window + at]!);
    book.sizes[side * book.window + at] = 0;
    unmark(book, side, at);
  }
}

function admit(book: Book, side: BookSide, far: Map<number, number>, end: number): void {
  for (const [tick, size] of far) {
    if (tick < book.base || tick >= end) continue;
    const at = tick & book.mask;
    book.sizes[side * book.window + at] = size;
    mark(book, side, at);
    far.delete(tick);
  }
}
