import { and, eq, gte, inArray } from "drizzle-orm";
import type { Config } from "../config.ts";
import type { Database, Db } from "../db/client.ts";
import { orders } from "../db/schema.ts";
import type { AccountState } from "../kernel/account.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Decimal } from "../kernel/decimal.ts";
import type { Log } from "../kernel/log.ts";
import { keepRecording, recordingsOf } from "../replay/keep.ts";
import { type Access, accessEvent } from "../sources/feeds/access.ts";
import { type Board, createBoard } from "../sources/feeds/board.ts";
import { type Bus, type BusState, openBus } from "../sources/feeds/bus/bus.ts";
import { partitioned } from "../sources/feeds/bus/streams.ts";
import { type FeedCount, type LiveFeeds, openLiveFeeds } from "../sources/feeds/live-feeds.ts";
import { followPaper, openMarketWatch } from "../sources/feeds/market-watch.ts";
import { type SentOrder, openOwnFlow } from "../sources/feeds/own-flow.ts";
import { chosenDetectors } from "../sources/feeds/settings.ts";
import { type UnheardWatch, watchUnheard } from "../sources/feeds/unheard.ts";
import { WEB } from "../sources/feeds/web.ts";
import type { VenueReader } from "../venues/venue.ts";
import type { PaperExchange } from "../venues/paper/exchange.ts";

const LOOK_MS = 1_000;
/** Orders that were tried: what waits is not sent, and what is unknown may never have been. */
const TRIED = ["working", "filled", "cancelled", "rejected", "expired"] as const;

/** What this program sent for an account since the moment, told at the time it was sent. */
async function sentOrders(db: Db, account: string, since: Date): Promise<readonly SentOrder[]> {
  const rows = await db
    .select()
    .from(orders)
    .where(and(eq(orders.account, account), gte(orders.intendedAt, since), inArray(orders.state, [...TRIED])));
  return rows.map((row) => ({
    clientOrderId: row.clientOrderId,
    symbol: row.symbol,
    side: row.side,
    quantity: row.quantity as Decimal,
    limitPrice: row.limitPrice as Decimal,
    rejected: row.state === "rejected",
    at: row.sentAt ?? row.intendedAt,
  }));
}

/** What the desk sees of the market. */
export interface DeskMarket {
  /** Takes an account's fresh figures: its orders and positions are watched as the market is. */
  own(state: AccountState, reader: VenueReader): Promise<void>;
  /** Takes a sign-in to the console or a venue, or a change of what lets people in. */
  access(access: Access): void;
  /** What each venue's feed counted. */
  feeds(): readonly FeedCount[];
  /** Instruments that are asked for, and how many of them should have been heard by now and were not; null where none is. */
  heard(): { readonly asked: number; readonly unheard: number } | null;
  /** Why an instrument may not be heard; null where nothing went wrong. */
  trouble(venue: string, raw: string): string | null;
  /** What every instrument last said. */
  readonly board: Board;
  /** Our time as the board's rows count it, ms: less what this process stood still. */
  readonly receivedAt: () => number;
  /** How the bus between processes is; null where detectors run in this process. */
  bus(): BusState | null;
  stop(): Promise<void>;
}

/** What the desk's market is made of. */
export interface DeskMarketOptions {
  readonly config: Config;
  /** The simulated exchange; null where no account is on paper. */
  readonly paper: PaperExchange | null;
  /** Whether this replica leads: with a bus, only one opens the feeds. */
  readonly leads: () => boolean;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Opens feeds and detectors. Without a bus every process runs all of it. With one, the process that leads opens the feeds
 * and runs the detectors that look at everything at once; those of one market or coin run wherever workers share them.
 */
export async function openDeskMarket(options: DeskMarketOptions): Promise<DeskMarket> {
  const { config, paper, leads, emit, clock, log } = options;
  const { detectors, params } = chosenDetectors(config.file.detectors);
  const address = config.environment.secret("NATS_URL");
  const { mostMegabytes } = config.file.recordings;
  const recording =
    mostMegabytes === 0
      ? null
      : await keepRecording({
          folder: recordingsOf(config.home),
          mostBytes: mostMegabytes * 1_048_576,
          clock,
          onTrouble: (sentence) => log.error({ trouble: sentence }, "market not recorded, tried again in a minute"),
        });
  const board = createBoard();
  let bus: Bus | null = null;
  const watch = openMarketWatch({
    detectors: address ? detectors.filter((one) => !partitioned(one)) : detectors,
    params,
    emit,
    onEvent: (event) => {
      board.take(event);
      recording?.take(event);
      bus?.take(event);
    },
    clock,
    log,
  });
  if (address)
    bus = openBus({ address, detectors, params, publishes: leads, receivedAt: watch.receivedAt, emit, clock, log });

  const flow = openOwnFlow({
    markets: watch.markets,
    emit: watch.take,
    receivedAt: watch.receivedAt,
    sent: (account, since) => sentOrders(options.database.db, account, since),
  });

  let following: { readonly feeds: LiveFeeds; readonly unheard: UnheardWatch; readonly unfollow: () => void } | null =
    null;
  const follow = (): void => {
    const unfollow = paper ? followPaper(paper, watch) : () => {};
    const feeds = openLiveFeeds({ feeds: config.file.feeds, watch, web: WEB, clock, log });
    const unheard = watchUnheard({
      asked: feeds.asked,
      heard: ({ venue, raw }) => board.heard(watch.markets.of(venue, raw)),
      emit,
      database: options.database,
      clock,
      log,
    });
    following = { feeds, unheard, unfollow };
  };
  const leave = async (): Promise<void> => {
    const left = following;
    following = null;
    left?.unfollow();
    await left?.unheard.stop();
    await left?.feeds.stop();
  };
  const look = async (): Promise<void> => {
    const wanted = bus === null || leads();
    if (wanted && !following) follow();
    if (!wanted && following) await leave();
  };
  if (bus === null || leads()) follow();
  const stopLook = clock.every(LOOK_MS, look);

  return {
    board,
    receivedAt: watch.receivedAt,
    own: (state, reader) => flow.look(state, reader),
    access: (access) => watch.take(accessEvent(watch.markets, access, watch.receivedAt())),
    feeds: () => following?.feeds.counts() ?? [],
    heard: () => {
      const asked = following?.feeds.asked.length ?? 0;
      return following && asked > 0 ? { asked, unheard: following.unheard.overdue().length } : null;
    },
    trouble: (venue, raw) =>
      following?.feeds.asked.find((one) => one.venue === venue && one.raw === raw)?.trouble() ?? null,
    bus: () => bus?.state() ?? null,
    async stop() {
      stopLook();
      await leave();
      await bus?.stop();
      await watch.stop();
      await recording?.stop();
    },
  };
}
