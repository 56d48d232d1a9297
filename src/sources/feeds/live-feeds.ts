import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import type { MarketWatch } from "./market-watch.ts";
import { type FeedWorld, type LiveFeed, liveFeed } from "./market/live.ts";
import { subscriptionsOf } from "./market/subscriptions.ts";
import { unify } from "./market/symbols.ts";
import type { FeedVenue } from "./market/venues.ts";

/** Instruments of one connection; several venues refuse longer lists, and one slow line then holds up few. */
const PER_CONNECTION = 25;

/**
 * Books are asked for one after another at a venue, so far apart: of Binance's allowance that is a quarter, because the
 * rest belongs to the accounts behind the same address, and who exceeds it is banned, orders and all.
 */
const SNAPSHOT_EVERY_MS = 2_000;

/** Fetches one at a time, each so long after the one before began. */
function paced(fetch: FeedWorld["fetch"], clock: Clock): FeedWorld["fetch"] {
  let line: Promise<unknown> = Promise.resolve();
  let nextAt = 0;
  return (url) => {
    const turn = line.then(async () => {
      const early = nextAt - clock.now().getTime();
      if (early > 0) await clock.sleep(early);
      nextAt = clock.now().getTime() + SNAPSHOT_EVERY_MS;
      return fetch(url);
    });
    line = turn.catch(() => undefined);
    return turn;
  };
}

/** How one venue's feed does. */
export interface FeedCount {
  readonly venue: FeedVenue;
  readonly messages: number;
  readonly gaps: number;
  readonly crossed: number;
  readonly checksumsFailed: number;
  readonly malformed: number;
  readonly reconnects: number;
}

/** One instrument that is asked for. */
export interface Asked {
  readonly venue: FeedVenue;
  /** The venue's own name. */
  readonly raw: string;
  /** How long it may take until it is heard for the first time, ms. */
  readonly withinMs: number;
  /** Why it may not be heard; null where nothing went wrong. */
  readonly trouble: () => string | null;
}

/** The public streams of real venues. */
export interface LiveFeeds {
  counts(): readonly FeedCount[];
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
}

interface Opened {
  readonly venue: FeedVenue;
  readonly raws: readonly string[];
  readonly withinMs: number;
  readonly feed: LiveFeed;
}

/** What live feeds are made of. */
export interface LiveFeedsOptions {
  /** The venues' own names of instruments, by venue. */
  readonly feeds: Readonly<Partial<Record<FeedVenue, readonly string[] | undefined>>>;
  readonly watch: Pick<MarketWatch, "markets" | "take" | "receivedAt">;
  readonly web: Pick<FeedWorld, "open" | "fetch">;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longer than this no venue is silent about an instrument that was just asked for. */
const HEARD_WITHIN_MS = 60_000;

/**
 * Names as the venue writes them, each once: asked for twice, a venue refuses both. Only Hyperliquid has small letters,
 * and means something by them.
 */
const namesOf = (venue: FeedVenue, names: readonly string[]): readonly string[] => [
  ...new Set(venue === "hyperliquid" ? names : names.map((name) => name.toUpperCase())),
];

/** The lists of instruments that share a connection. Bybit serves coin-margined contracts at an address of their own. */
function connectionsOf(venue: FeedVenue, names: readonly string[]): readonly (readonly string[])[] {
  const inverse = (name: string): boolean => venue === "bybit" && unify(venue, name).inverse;
  const groups = [names.filter(inverse), names.filter((name) => !inverse(name))];
  return groups.flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / PER_CONNECTION) }, (_, at) =>
      group.slice(at * PER_CONNECTION, (at + 1) * PER_CONNECTION),
    ),
  );
}

/**
 * Opens the configured public streams and hands their events to the watch, as replay hands recorded ones. Connections help
 * themselves: they are opened again with back-off, and books that lost their place begin anew. None ever ends the process.
 */
export function openLiveFeeds({ feeds, watch, web, clock, log }: LiveFeedsOptions): LiveFeeds {
  const opened = Object.entries(feeds).flatMap(([name, instruments = []]) => {
    const venue = name as FeedVenue;
    const names = namesOf(venue, instruments);
    const world: FeedWorld = {
      clock,
      receivedAt: () => watch.receivedAt(),
      open: web.open,
      fetch: paced(web.fetch, clock),
      onTrouble: (sentence) => log.warn({ venue, trouble: sentence }, "feed troubled"),
    };
    return connectionsOf(venue, names).flatMap((raws) =>
      subscriptionsOf(venue, raws).map((subscription): Opened => ({
        venue,
        raws,
        // Books that begin with an answer wait for their turn.
        withinMs: HEARD_WITHIN_MS + (subscription.snapshotUrl ? names.length * SNAPSHOT_EVERY_MS : 0),
        feed: liveFeed({ venue, raws, subscription }, world, watch.markets, (event) => watch.take(event)),
      })),
    );
  });
  const countOf = (venue: FeedVenue): FeedCount => {
    const own = opened.filter((one) => one.venue === venue).map(({ feed }) => feed);
    const total = (pick: (feed: LiveFeed) => number): number => own.reduce((sum, feed) => sum + pick(feed), 0);
    return {
      venue,
      messages: total((feed) => feed.parser.counters.messages),
      gaps: total((feed) => feed.parser.counters.gaps),
      crossed: total((feed) => feed.parser.counters.crossed),
      checksumsFailed: total((feed) => feed.parser.counters.checksumsFailed),
      malformed: total((feed) => feed.parser.counters.malformed),
      reconnects: total((feed) => feed.reconnects()),
    };
  };
  const asked = new Map<string, { venue: FeedVenue; raw: string; withinMs: number; feeds: LiveFeed[] }>();
  for (const { venue, raws, withinMs, feed } of opened)
    for (const raw of raws) {
      const one = asked.get(`${venue} ${raw}`) ?? { venue, raw, withinMs, feeds: [] };
      asked.set(`${venue} ${raw}`, one);
      one.feeds.push(feed);
    }
  return {
    asked: [...asked.values()].map(({ feeds: lines, ...one }) => ({
      ...one,
      trouble: () => lines.map((feed) => feed.trouble(one.raw)).find((why) => why !== null) ?? null,
    })),
    counts: () => [...new Set(opened.map((one) => one.venue))].map(countOf),
    async stop() {
      await Promise.all(opened.map(({ feed }) => feed[Symbol.asyncDispose]()));
    },
  };
}
