import { setAsk, setBid } from "./book.ts";
import { type Book, NO_ASK, NO_BID } from "./shape.ts";

/**
 * Takes out what contradicts the newest update: after a lost message old levels stay behind, and the price walks through
 * them. Levels of the update win over those of the other side that they cross.
 * @returns how many levels were taken out
 */
export function uncross(book: Book, ticks: Int32Array, sizes: Float64Array, bidCount: number, count: number): number {
  let taken = 0;
  for (let i = 0; i < count; i += 1) {
    if (sizes[i] === 0) continue;
    const tick = ticks[i]!;
    if (i < bidCount) {
      while (book.bestAsk !== NO_ASK && book.bestAsk <= tick) {
        setAsk(book, book.bestAsk, 0);
        taken += 1;
      }
    } else {
      while (book.bestBid !== NO_BID && book.bestBid >= tick) {
        setBid(book, book.bestBid, 0);
        taken += 1;
      }
    }
  }
  return taken;
}
