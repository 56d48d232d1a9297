import { clearBook, setLevel } from "./book.ts";
import { above } from "./grid.ts";
import { type Book, type BookSide, NO_ASK } from "./shape.ts";

/** Re-writes the book with `decimals` digits after the point, for a venue that begins to quote finer prices. */
export function refine(book: Book, decimals: number): void {
  const factor = 10 ** (decimals - book.decimals);
  const levels: (readonly [BookSide, number, number])[] = [];
  for (const side of [0, 1] as const) {
    for (const [tick, size] of side === 0 ? book.farBids : book.farAsks) levels.push([side, tick, size]);
    for (let tick = above(book, side, book.base - 1); tick !== NO_ASK; tick = above(book, side, tick)) {
      levels.push([side, tick, book.sizes[side * book.window + (tick & book.mask)]!]);
    }
  }
  clearBook(book);
  book.decimals = decimals;
  for (const [side, tick, size] of levels) setLevel(book, side, tick * factor, size);
}
