import type { Market } from "../../../detectors/event.ts";
import { type BookKeeper, createKeeper } from "./book-keeper.ts";
import { type FeedCounters, createCounters } from "./counters.ts";
import type { Session } from "./json-parser.ts";
import type { KeptBook, ParserContext } from "./parser.ts";
import { NOWHERE, createRecords } from "./records.ts";

/** Sessions for events that come from no parser: rows of files, and our own encoding. */
export interface Sessions {
  of(venue: string): Session;
  readonly counters: FeedCounters;
  books(): readonly KeptBook[];
}

/** All sessions count and emit together; each venue's markets and books are its own. */
export function createSessions(context: ParserContext): Sessions {
  const counters = createCounters();
  const records = createRecords(NOWHERE);
  const keepers = new Map<Market, BookKeeper>();
  return {
    counters,
    of(venue) {
      const market = (raw: string): Market => context.markets.of(venue, raw);
      return {
        context,
        counters,
        records,
        emit: context.emit,
        market,
        keeper(raw) {
          const one = market(raw);
          const keeper = keepers.get(one) ?? createKeeper(one, context, counters, records);
          keepers.set(one, keeper);
          return keeper;
        },
      };
    },
    books: () => [...keepers.values()].map(({ market, book, sequence }) => ({ market, book, sequence })),
  };
}
