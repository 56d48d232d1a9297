import { type FeedCounters, createCounters } from "../../sources/feeds/market/counters.ts";
import type { Session } from "../../sources/feeds/market/json-parser.ts";
import { type Markets, createMarkets } from "../../sources/feeds/market/markets.ts";
import type { KeptBook, Parser } from "../../sources/feeds/market/parser.ts";
import type { Emit } from "../../sources/feeds/market/records.ts";
import { createSessions } from "../../sources/feeds/market/sessions.ts";
import { type FeedVenue, PARSERS } from "../../sources/feeds/market/venues.ts";

/** One parser for each venue, shared by all files of a replay: a venue's REST answers lie in a file of their own. */
export type ParserOf = (venue: FeedVenue) => Parser;

/** What all readers of one replay share. */
export interface ReplayContext {
  readonly markets: Markets;
  readonly parserOf: ParserOf;
  /** For files that hold rows rather than a venue's messages. */
  sessionOf(venue: string): Session;
  /** Counters of parsers and row files together. */
  counters(): FeedCounters;
  books(): readonly KeptBook[];
  /** True while readers must pause after the entry they are at. */
  readonly stopped: () => boolean;
}

/** @param stopped asked after every entry: true makes the readers pause */
export function createReplayContext(emit: Emit, stopped: () => boolean = () => false): ReplayContext {
  const markets = createMarkets();
  const context = { markets, emit };
  const parsers = new Map<FeedVenue, Parser>();
  const sessions = createSessions(context);
  return {
    markets,
    stopped,
    parserOf(venue) {
      const parser = parsers.get(venue) ?? PARSERS[venue](context);
      parsers.set(venue, parser);
      return parser;
    },
    sessionOf: (venue) => sessions.of(venue),
    counters() {
      const total = createCounters();
      for (const counters of [sessions.counters, ...[...parsers.values()].map((parser) => parser.counters)]) {
        for (const key of Object.keys(total) as (keyof FeedCounters)[]) total[key] += counters[key];
      }
      return total;
    },
    books: () => [...[...parsers.values()].flatMap((parser) => parser.books()), ...sessions.books()],
  };
}
