import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clearBook, createBook, crossed, nextAsk, nextBid, setLevel, sizeAt } from "../../../src/quant/book/book.ts";
import { averageTick, copyLevels, imbalance, midPrice, sizeWithin, topSize } from "../../../src/quant/book/depth.ts";
import { refine } from "../../../src/quant/book/refine.ts";
import { type Book, type BookSide, NO_ASK, NO_BID } from "../../../src/quant/book/shape.ts";

const ladder = (book: Book, side: BookSide): [number, number][] => {
  const levels: [number, number][] = [];
  const none = side === 0 ? NO_BID : NO_ASK;
  for (let tick = side === 0 ? book.bestBid : book.bestAsk; tick !== none;) {
    levels.push([tick, sizeAt(book, side, tick)]);
    tick = side === 0 ? nextBid(book, tick) : nextAsk(book, tick);
  }
  return levels;
};

const truth = (map: Map<number, number>, side: BookSide): [number, number][] =>
  [...map].sort((a, b) => (side === 0 ? b[0] - a[0] : a[0] - b[0]));

describe("a book", () => {
  test("names its best prices and empties again", () => {
    const book = createBook(1);
    setLevel(book, 0, 617_999, 2);
    setLevel(book, 0, 618_000, 1);
    setLevel(book, 1, 618_001, 3);
    expect([book.bestBid, book.bestAsk, midPrice(book)]).toEqual([618_000, 618_001, 61_800.05]);
    expect(setLevel(book, 0, 618_000, 0)).toBe(1);
    expect(book.bestBid).toBe(617_999);
    clearBook(book);
    expect([book.bestBid, book.bestAsk, book.bidCount, book.askCount]).toEqual([NO_BID, NO_ASK, 0, 0]);
  });

  test("says that it is crossed when an ask is missing from the feed", () => {
    const book = createBook();
    setLevel(book, 0, 100, 1);
    setLevel(book, 1, 101, 1);
    expect(crossed(book)).toBe(false);
    setLevel(book, 0, 102, 1);
    expect(crossed(book)).toBe(true);
  });

  test("answers depth questions from the best price outwards", () => {
    const book = createBook();
    for (let i = 0; i < 10; i += 1) {
      setLevel(book, 0, 1000 - i, i + 1);
      setLevel(book, 1, 1001 + i, 1);
    }
    expect(topSize(book, 0, 3)).toBe(6);
    expect(sizeWithin(book, 0, 3)).toBe(10);
    expect(imbalance(book, 3)).toBeCloseTo((6 - 3) / 9);
    expect(averageTick(book, 1, 4)).toBe((1001 + 1002 + 1003 + 1004) / 4);
    expect(averageTick(book, 1, 11)).toBeNaN();
    const ticks = new Int32Array(2);
    const sizes = new Float64Array(2);
    expect(copyLevels(book, 0, ticks, sizes)).toBe(2);
    expect([...ticks, ...sizes]).toEqual([1000, 999, 1, 2]);
  });

  test("keeps every level when a venue begins to quote a finer tick", () => {
    const book = createBook(1, 4096);
    for (const tick of [5, 900, 50_000]) setLevel(book, 0, tick, tick);
    refine(book, 3);
    expect(ladder(book, 0)).toEqual([
      [5_000_000, 50_000],
      [90_000, 900],
      [500, 5],
    ]);
  });

  test("holds the same levels as a sorted map after any updates, wherever the price leaps", () => {
    const update = fc.record({
      side: fc.constantFrom<BookSide>(0, 1),
      tick: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 50_000, max: 50_400 }) },
        { weight: 2, arbitrary: fc.integer({ min: 49_000, max: 52_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000_000 }) },
      ),
      size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 })),
    });
    fc.assert(
      fc.property(fc.array(update, { maxLength: 400 }), (updates) => {
        const book = createBook(0, 4096);
        const maps = [new Map<number, number>(), new Map<number, number>()] as const;
        for (const { side, tick, size } of updates) {
          expect(setLevel(book, side, tick, size)).toBe(maps[side].get(tick) ?? 0);
          if (size === 0) maps[side].delete(tick);
          else maps[side].set(tick, size);
          expect(book.bestBid).toBe(maps[0].size === 0 ? NO_BID : Math.max(...maps[0].keys()));
          expect(book.bestAsk).toBe(maps[1].size === 0 ? NO_ASK : Math.min(...maps[1].keys()));
        }
        for (const side of [0, 1] as const) expect(ladder(book, side)).toEqual(truth(maps[side], side));
        expect([book.bidCount, book.askCount]).toEqual([maps[0].size, maps[1].size]);
      }),
      { numRuns: 300 },
    );
  });

  test("follows a price that wanders far from where it began", () => {
    const book = createBook(0, 4096);
    for (let mid = 10_000; mid < 140_000; mid += 37) {
      setLevel(book, 0, mid - 1, 1);
      setLevel(book, 1, mid + 1, 1);
      if (mid > 10_000) {
        setLevel(book, 0, mid - 38, 0);
        setLevel(book, 1, mid - 36, 0);
      }
      expect([book.bestBid, book.bestAsk]).toEqual([mid - 1, mid + 1]);
    }
    expect(book.recentrings).toBeGreaterThan(10);
    expect(book.farBids.size + book.farAsks.size).toBe(0);
  });
});
