import { expect, test } from "vitest";
import { decimal } from "../../../src/kernel/decimal.ts";
import { brokenCollar } from "../../../src/policy/judging/collar.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import { quotesOf } from "../../../src/policy/judging/quotes.ts";
import type { BookTop, VenueReader } from "../../../src/venues/venue.ts";
import { NOON, order, plan } from "../make.ts";

/** A contract that trades around 61,800 while its coin is at 60,000: a quarter's carry of 3 %. */
const reader = {
  venue: "deribit",
  book: async (symbol: string): Promise<BookTop> => ({
    symbol,
    bids: [[decimal("61790"), decimal("10")]],
    asks: [[decimal("61810"), decimal("10")]],
    markPrice: decimal("61800"),
    indexPrice: decimal("60000"),
    fundingRate: null,
    at: NOON,
  }),
} as unknown as VenueReader;

const sourcesOf = async (symbol: string) => (await quotesOf(reader, symbol)).map((one) => one.source);

test.each(["BTC/USD:BTC-261225", "BTC/USDT:USDT-261225", "BTC/USD:BTC-261225-60000-P", "BTC/USDC:USDC-261225-60000-C"])(
  "the coin's index prices the coin, not %s, which ends on a day",
  async (symbol) => expect(await sourcesOf(symbol)).toEqual(["deribit:book", "deribit:mark"]),
);

test.each(["BTC/USD:BTC", "BTC/USDT:USDT", "BTC/USDC"])("the index is a price of %s", async (symbol) =>
  expect(await sourcesOf(symbol)).toEqual(["deribit:book", "deribit:mark", "deribit:index"]),
);

test("a dated future that stands 3 % above its coin can be closed under the built-in rules", async () => {
  const symbol = "BTC/USD:BTC-261225";
  const closing = plan({
    orders: [order({ symbol, limitPrice: "61200" })],
    collars: [{ symbol, reference: "61800", low: "61200", high: "62400" }],
  });
  expect(brokenCollar(closing, { [symbol]: await quotesOf(reader, symbol) }, defaultPolicy().collar, NOON)).toBeNull();
});
