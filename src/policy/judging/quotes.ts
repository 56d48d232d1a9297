import { type Price, add, decimal, div } from "../../kernel/decimal.ts";
import type { VenueReader } from "../../venues/venue.ts";
import type { Quote } from "./facts.ts";

/** Unified symbols of what ends on a day, and of nothing else, name it after the settlement: "BTC/USD:BTC-261225". */
const DATED = /:\w+-/;

/** Every price a venue gives for an instrument, each under the name of its source: the middle of the book, the mark, the index. */
export async function quotesOf(reader: VenueReader, symbol: string): Promise<readonly Quote[]> {
  const book = await reader.book(symbol, 1);
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const middle: Price | null = bid && ask ? div(add(bid, ask), decimal("2"), 12, "half-even") : null;
  const named: readonly (readonly [string, Price | null])[] = [
    [`${reader.venue}:book`, middle],
    [`${reader.venue}:mark`, book.markPrice],
    // The index prices the coin. An option is another thing, and a dated future stands off it by months of carry.
    [`${reader.venue}:index`, DATED.test(symbol) ? null : book.indexPrice],
  ];
  return named.flatMap(([source, price]) => (price === null ? [] : [{ source, price, at: book.at }]));
}
