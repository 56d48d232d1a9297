import type { Clock } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { visible } from "../../../kernel/visible.ts";
import type { FeedEvent } from "../../../detectors/event.ts";
import type { Json } from "./json-parser.ts";
import type { Markets } from "./markets.ts";
import type { Parser } from "./parser.ts";
import { type Emit, NOWHERE, createRecords } from "./records.ts";
import { refusedBy } from "./refusal.ts";
import type { Subscription } from "./subscriptions.ts";
import { type FeedVenue, PARSERS } from "./venues.ts";

/** One open websocket. */
export interface Socket {
  send(message: string): void;
  close(): void;
}

/** What a socket tells. `onClose` comes once, also where the socket never opened. */
export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onMessage: (bytes: Buffer) => void;
  readonly onClose: (reason: string) => void;
}

/** The outside world, passed in so that tests own it. */
export interface FeedWorld {
  readonly clock: Clock;
  /** Our time as events carry it, ms: less what this process stood still, as whoever takes them counts it. */
  readonly receivedAt: () => number;
  readonly open: (url: string, events: SocketEvents) => Socket;
  /** Fetches a REST answer's body. @throws where it cannot be had */
  readonly fetch: (url: string) => Promise<string>;
  /** Told in one plain sentence what goes wrong meanwhile; the feed helps itself. */
  readonly onTrouble: (sentence: string) => void;
}

/** What one connection listens to. */
export interface FeedPlan {
  readonly venue: FeedVenue;
  /** The venue's own names. */
  readonly raws: readonly string[];
  readonly subscription: Subscription;
}

/** Back-off: half a second, doubled up to a minute; back to the start once messages have come for a while. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
/** A venue that answers with one message and closes must not be called twice a second: it would ban our address. */
const STEADY_MS = 10_000;
/** A snapshot of a book is asked for at most this often; after a failure half as often each time, down to once a minute. */
const SNAPSHOT_EVERY_MS = 2000;
/** A socket that says nothing for this long is closed, whatever its state says: a dead one is seen only after minutes. */
const SILENT_MS = 30_000;
const WATCH_MS = 1000;

/** A live connection. */
export interface LiveFeed extends AsyncDisposable {
  readonly parser: Parser;
  /** Times the connection was opened again. */
  reconnects(): number;
  /** Why an instrument may not be heard, in the venue's words or the line's; null where nothing went wrong. */
  trouble(raw: string): string | null;
}

/**
 * Keeps one venue's streams open: subscribes, asks for snapshots where books need them, reconnects with back-off, and
 * tells detectors when the connection opens and closes. Books begin again after every reconnection.
 */
export function liveFeed(plan: FeedPlan, world: FeedWorld, markets: Markets, emit: Emit): LiveFeed {
  const { clock } = world;
  const { subscription } = plan;
  const records = createRecords(NOWHERE);
  const askedAt = new Map<string, number>();
  const asking = new Set<string>();
  let socket: Socket | undefined;
  let ended = false;
  let wait = FIRST_WAIT_MS;
  let heardAt = 0;
  let openings = 0;
  /** What the venue last refused of each instrument, and why the line last closed. */
  const refusals = new Map<string, string>();
  let closedFor: string | null = null;
  let waking: AbortController | undefined;
  const now = (): number => clock.now().getTime();

  function tell(state: FeedEvent["state"]): void {
    const receivedAt = world.receivedAt();
    for (const raw of plan.raws) {
      emit(Object.assign(records.feed, { market: markets.of(plan.venue, raw), at: now(), receivedAt, state }));
    }
  }

  async function snapshot(raw: string): Promise<void> {
    const url = subscription.snapshotUrl?.(raw);
    if (url === undefined) {
      // Elsewhere a new subscription brings a new snapshot.
      socket?.close();
      return;
    }
    if (asking.has(raw)) return;
    for (let failures = 0; !ended; failures += 1) {
      asking.add(raw);
      const pause = Math.min(LONGEST_WAIT_MS, SNAPSHOT_EVERY_MS * 2 ** Math.max(0, failures - 1));
      const early = (askedAt.get(raw) ?? Number.NEGATIVE_INFINITY) + pause - now();
      if (early > 0) await clock.sleep(early);
      if (ended) return;
      askedAt.set(raw, now());
      const why = await ask(raw, url);
      // A book that lost its place again while it was read is asked for already.
      if (why === undefined || asking.has(raw)) return;
      world.onTrouble(`the book of ${raw} at ${plan.venue} could not be fetched (${why}); it is asked for again`);
    }
  }

  /** Fetches a book and reads it; why it could not, or undefined. */
  async function ask(raw: string, url: string): Promise<string | undefined> {
    try {
      const body = await world.fetch(url);
      asking.delete(raw);
      return ended || parser.answer(url, body, world.receivedAt()) ? undefined : "the answer was no book";
    } catch (error) {
      asking.delete(raw);
      return messageOf(error);
    }
  }

  /** A message that cannot be read costs its connection, after which the books begin anew, and never the process. */
  function hear(bytes: Buffer): void {
    try {
      parser.message(bytes, 0, bytes.length, world.receivedAt());
    } catch (error) {
      parser.counters.malformed += 1;
      world.onTrouble(`a message of ${plan.venue} could not be read (${messageOf(error)})`);
      socket?.close();
    }
  }

  function refused(words: string, message: Json): void {
    for (const raw of refusedBy(message, plan.raws)) refusals.set(raw, `${plan.venue} said “${visible(words)}”`);
  }

  const parser = PARSERS[plan.venue]({ markets, emit, resync: (raw) => void snapshot(raw), refused });

  function connect(): void {
    if (ended) return;
    openings += 1;
    heardAt = now();
    const openedAt = heardAt;
    let closed = false;
    const opened = world.open(subscription.url, {
      onOpen: () => {
        for (const message of subscription.messages) opened.send(message);
        tell("open");
        if (subscription.snapshotUrl) for (const raw of plan.raws) void snapshot(raw);
      },
      onMessage: (bytes) => {
        heardAt = now();
        if (heardAt - openedAt >= STEADY_MS) wait = FIRST_WAIT_MS;
        hear(bytes);
      },
      onClose: (reason) => {
        if (closed) return;
        closed = true;
        socket = undefined;
        closedFor = visible(reason);
        if (ended) return;
        world.onTrouble(`the connection to ${plan.venue} was closed (${reason}); it is opened again`);
        tell("closed");
        void again();
      },
    });
    socket = opened;
  }

  async function again(): Promise<void> {
    const ms = wait;
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    waking = new AbortController();
    // Rejects only where the feed is closed meanwhile, and connect() then does nothing.
    await clock.sleep(ms, waking.signal).catch(() => undefined);
    connect();
  }

  const stopWatching = clock.every(WATCH_MS, () => {
    if (socket !== undefined && now() - heardAt > SILENT_MS) socket.close();
  });
  const stopPinging = subscription.ping
    ? clock.every(subscription.ping.everyMs, () => socket?.send(subscription.ping!.message))
    : undefined;
  connect();
  return {
    parser,
    reconnects: () => openings - 1,
    trouble: (raw) => refusals.get(raw) ?? (closedFor === null ? null : `the connection was closed: ${closedFor}`),
    [Symbol.asyncDispose]() {
      ended = true;
      stopWatching();
      stopPinging?.();
      waking?.abort(new Error("the feed was closed"));
      socket?.close();
      return Promise.resolve();
    },
  };
}
