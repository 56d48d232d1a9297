import type { MarketEvent } from "../../../../src/detectors/event.ts";
import { createMarkets } from "../../../../src/sources/feeds/market/markets.ts";
import { type FeedVenue, PARSERS } from "../../../../src/sources/feeds/market/venues.ts";

/** A parser fed with objects, and copies of what it emitted. */
export function feed(venue: FeedVenue) {
  const events: MarketEvent[] = [];
  const resyncs: string[] = [];
  const parser = PARSERS[venue]({
    markets: createMarkets(),
    emit: (event) => events.push({ ...event }),
    resync: (raw) => resyncs.push(raw),
  });
  let clock = 1_700_000_000_000;
  return {
    parser,
    events,
    resyncs,
    kinds: () => events.map((event) => (event.kind === "feed" ? `feed:${event.state}` : event.kind)),
    send(message: unknown): void {
      const bytes = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
      clock += 10;
      parser.message(bytes, 0, bytes.length, clock);
    },
    best(): (number | undefined)[] {
      const kept = parser.books()[0];
      return [kept?.book.bestBid, kept?.book.bestAsk, kept?.book.decimals];
    },
  };
}
