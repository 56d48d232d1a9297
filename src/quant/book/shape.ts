/** No bid: below every tick. */
export const NO_BID = -1;
/** No ask: above every tick. */
export const NO_ASK = 0x7fffffff;
/** Side of the book: 0 bids, 1 asks. */
export type BookSide = 0 | 1;

/**
 * An order book on a flat grid of ticks around the best price, with levels far from it kept aside.
 *
 * A tick is an integer price: price · 10^decimals, below 2^31. Sizes are floats in the venue's unit. The grid is
 * circular (a tick lives at `tick & mask`), so moving its window touches only the levels that enter or leave it, and a
 * two-level bitmap finds the next level in a few instructions. Nothing is allocated by updates within the window.
 */
export interface Book {
  /** Digits after the point that a tick stands for. */
  decimals: number;
  readonly window: number;
  readonly mask: number;
  /** Sizes of bids, then of asks, by `tick & mask`. */
  readonly sizes: Float64Array;
  /** One bit a tick: a size is there. */
  readonly words: Int32Array;
  /** One bit a word: it is not empty. */
  readonly tops: Int32Array;
  /** Lowest tick of the window; a multiple of 1,024. */
  base: number;
  bestBid: number;
  bestAsk: number;
  /** Levels with a size, window and far together. */
  bidCount: number;
  askCount: number;
  readonly farBids: Map<number, number>;
  readonly farAsks: Map<number, number>;
  /** No far bid lies above, no far ask below: bounds that spare a search. */
  farBidsTop: number;
  farAsksBottom: number;
  recentrings: number;
}
