import type { Book, BookSide } from "./shape.ts";

/*
 * The bitmap over a book's window. A word holds 32 ticks, a top 32 words; both are circular like the grid. The window's
 * base is a multiple of 1,024, so that words and tops counted from the base keep their bit positions.
 */

/** Notes that a size stands at grid position `at`. */
export function mark(book: Book, side: BookSide, at: number): void {
  const word = at >>> 5;
  const words = book.words;
  const tops = book.tops;
  words[side * (book.window >>> 5) + word]! |= 1 << (at & 31);
  tops[side * topCount(book) + (word >>> 5)]! |= 1 << (word & 31);
}

/** Notes that grid position `at` is empty. */
export function unmark(book: Book, side: BookSide, at: number): void {
  const word = at >>> 5;
  const index = side * (book.window >>> 5) + word;
  const words = book.words;
  const left = words[index]! & ~(1 << (at & 31));
  words[index] = left;
  if (left === 0) book.tops[side * topCount(book) + (word >>> 5)]! &= ~(1 << (word & 31));
}

const topCount = (book: Book): number => book.window >>> 10;

/** The highest marked tick of the window under `tick`, or -1. */
export function below(book: Book, side: BookSide, tick: number): number {
  const base = book.base;
  let from = tick - base - 1;
  if (from < 0) return -1;
  if (from >= book.window) from = book.window - 1;
  const wordMask = (book.window >>> 5) - 1;
  const firstWord = (base & book.mask) >>> 5;
  const wordsAt = side * (wordMask + 1);
  let word = from >>> 5;
  let bits = book.words[wordsAt + ((word + firstWord) & wordMask)]! & (-1 >>> (31 - (from & 31)));
  if (bits !== 0) return base + (word << 5) + 31 - Math.clz32(bits);
  word -= 1;
  if (word < 0) return -1;
  const count = topCount(book);
  const firstTop = firstWord >>> 5;
  let top = word >>> 5;
  bits = book.tops[side * count + ((top + firstTop) & (count - 1))]! & (-1 >>> (31 - (word & 31)));
  while (bits === 0) {
    top -= 1;
    if (top < 0) return -1;
    bits = book.tops[side * count + ((top + firstTop) & (count - 1))]!;
  }
  word = (top << 5) + 31 - Math.clz32(bits);
  bits = book.words[wordsAt + ((word + firstWord) & wordMask)]!;
  return base + (word << 5) + 31 - Math.clz32(bits);
}

/** The lowest marked tick of the window over `tick`, or 2^31 - 1. */
export function above(book: Book, side: BookSide, tick: number): number {
  const base = book.base;
  let from = tick - base + 1;
  if (from >= book.window) return 0x7fffffff;
  if (from < 0) from = 0;
  const wordMask = (book.window >>> 5) - 1;
  const firstWord = (base & book.mask) >>> 5;
  const wordsAt = side * (wordMask + 1);
  let word = from >>> 5;
  let bits = book.words[wordsAt + ((word + firstWord) & wordMask)]! & (-1 << (from & 31));
  if (bits !== 0) return base + (word << 5) + 31 - Math.clz32(bits & -bits);
  word += 1;
  if (word > wordMask) return 0x7fffffff;
  const count = topCount(book);
  const firstTop = firstWord >>> 5;
  let top = word >>> 5;
  bits = book.tops[side * count + ((top + firstTop) & (count - 1))]! & (-1 << (word & 31));
  while (bits === 0) {
    top += 1;
    if (top >= count) return 0x7fffffff;
    bits = book.tops[side * count + ((top + firstTop) & (count - 1))]!;
  }
  word = (top << 5) + 31 - Math.clz32(bits & -bits);
  bits = book.words[wordsAt + ((word + firstWord) & wordMask)]!;
  return base + (word << 5) + 31 - Math.clz32(bits & -bits);
}
