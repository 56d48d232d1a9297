import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { ConsoleBackend } from "./backend.ts";
import type { Viewer } from "./viewer.ts";
import { type CardOptions, decisionBar, renderCard, renderSteps } from "./card-html.ts";
import type { Hub, Placed } from "./hub.ts";
import { renderRow, renderTimeline, rowOrder } from "./incident-html.ts";
import { renderStatus } from "./layout.ts";
import { openMarketFeed } from "./market-feed.ts";
import { type Limits, renderAccounts, renderPending } from "./side.ts";
import { type Subscriber, openSubscriber } from "./subscriber.ts";

/** Renders changes once for everybody who watches. */
export interface Feed {
  /** Opens a stream that continues after `last`; `seat` groups the streams of one browser. */
  open(viewer: Viewer, seat: string, focus: string | null, last: string | null): Subscriber;
  /** Forgets a stream whose reader is gone. */
  leave(subscriber: Subscriber): void;
  /** How many streams are open. */
  size(): number;
  close(): void;
}

/** What the feed draws from. */
export interface FeedParts {
  readonly hub: Hub;
  readonly backend: ConsoleBackend;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly card: Omit<CardOptions, "mayAct">;
}

/** Side column, header and approvals follow at most this often: figures that live, not decisions. */
const SLOW_MS = 400;
/** A browser allows six connections a host; the seventh tab must still get its page. */
const STREAMS_A_SEAT = 4;
const RETRY_MS = 1_000;
const BATCH = 200;
const RESET = { event: "reset", data: "{}" } as const;

/** Opens the feed and subscribes it to the hub. Nothing is read or rendered while nobody watches. */
export function openFeed(parts: FeedParts): Feed {
  const { hub, clock, log } = parts;
  const clients = new Set<Subscriber>();
  const closing = new AbortController();
  const dirty = new Set<string>();
  const moved = new Set<string>();
  let newest = hub.last();
  let flushing = false;
  let slowWanted = false;
  let slowRunning = false;

  const pause = (ms: number): Promise<void> =>
    // Closing ends the wait; the loops then see it by themselves.
    clock.sleep(ms, closing.signal).catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });

  const flush = async (): Promise<void> => {
    if (flushing) return;
    flushing = true;
    // A batch of alerts publishes its incidents one by one in one turn: they are read and told together.
    await Promise.resolve();
    while (dirty.size > 0 && clients.size > 0 && !closing.signal.aborted) {
      const ids = [...dirty].slice(0, BATCH);
      for (const id of ids) dirty.delete(id);
      // What is still in line must be told again after a cut, so the id waits for the last batch.
      const id = dirty.size === 0 ? newest : null;
      try {
        await tell(parts, ids, [...clients], id);
      } catch (error) {
        // The changes are kept and told once the database answers again.
        log.error({ event: "console.feed.failed", why: messageOf(error) });
        for (const kept of ids) dirty.add(kept);
        await pause(RETRY_MS);
      }
    }
    flushing = false;
  };

  const slow = async (): Promise<void> => {
    slowWanted = true;
    if (slowRunning) return;
    slowRunning = true;
    while (slowWanted && clients.size > 0 && !closing.signal.aborted) {
      slowWanted = false;
      const accounts = [...moved];
      moved.clear();
      try {
        await tellSlow(parts, accounts, [...clients]);
        await pause(SLOW_MS);
      } catch (error) {
        log.error({ event: "console.feed.failed", why: messageOf(error) });
        slowWanted = true;
        await pause(RETRY_MS);
      }
    }
    slowRunning = false;
  };

  const unsubscribe = hub.subscribe(({ id, event }: Placed) => {
    newest = id;
    if (clients.size === 0) return;
    if (event.type === "card") {
      dirty.add(event.incident);
      void flush();
    }
    if (event.type === "account") moved.add(event.account);
    if (event.type === "all") for (const client of clients) client.offer("reset", RESET);
    void slow();
  });

  const market = openMarketFeed({ backend: parts.backend, clients: () => clients, clock, log });

  const catchUp = async (client: Subscriber, last: string | null): Promise<void> => {
    const missed = last === null ? [] : hub.since(last);
    if (missed === null || missed.some(({ event }) => event.type === "all")) {
      client.offer("reset", RESET);
      return;
    }
    const ids = new Set(missed.flatMap(({ event }) => (event.type === "card" ? [event.incident] : [])));
    if (ids.size > 0) await tell(parts, [...ids], [client], missed.at(-1)?.id ?? null);
  };

  return {
    open(viewer, seat, focus, last) {
      const client = openSubscriber(viewer, seat, focus);
      const seated = [...clients].filter((one) => one.seat === seat);
      for (const old of seated.slice(0, Math.max(0, seated.length - STREAMS_A_SEAT + 1))) {
        old.offer("parked", { event: "parked", data: "{}" });
        old.end();
        clients.delete(old);
      }
      clients.add(client);
      catchUp(client, last).catch((error: unknown) => {
        log.error({ event: "console.feed.failed", why: messageOf(error) });
        client.offer("reset", RESET);
      });
      void slow();
      return client;
    },
    leave(client) {
      client.end();
      clients.delete(client);
    },
    size: () => clients.size,
    close() {
      unsubscribe();
      market.stop();
      closing.abort(new Error("the console closes"));
      for (const client of clients) client.end();
      clients.clear();
    },
  };
}

/** Tells of changed incidents: the card to those who look at it, the row to everybody. */
async function tell(parts: FeedParts, ids: readonly string[], audience: readonly Subscriber[], id: string | null) {
  for (const incident of ids) {
    const watching = audience.filter((client) => client.focus === incident);
    if (watching.length > 0) await tellCard(parts, incident, watching);
  }
  const programs = audience.filter((client) => client.focus === "all");
  const [cards, rows] = await Promise.all([
    programs.length > 0 ? parts.backend.cards(ids) : new Map<string, never>(),
    parts.backend.incidentRows(ids),
  ]);
  for (const [incident, card] of cards) {
    const data = JSON.stringify({ incident, version: card.version, card: renderCard(card).toString() });
    for (const client of programs) client.offer(`card:${incident}`, { event: "card", data });
  }
  for (const row of rows) {
    const { incident, version, status, severity, deciding, title } = row;
    const html = renderRow(row, false).toString();
    const data = JSON.stringify({ incident, version, order: rowOrder(row), status, severity, deciding, title, html });
    for (const client of audience) client.offer(`row:${incident}`, { event: "row", data });
  }
  if (id !== null) for (const client of audience) client.offer("seen", { event: "seen", data: "{}", id });
}

async function tellCard(parts: FeedParts, incident: string, watching: readonly Subscriber[]): Promise<void> {
  const detail = await parts.backend.incident(incident);
  if (!detail) return;
  const { version } = detail.card;
  const card = renderCard(detail.card).toString();
  const steps = renderSteps(detail.card).toString();
  const timeline = renderTimeline(detail).toString();
  for (const client of watching) {
    const bar = decisionBar(detail.card, { ...parts.card, mayAct: client.viewer.mayAct }).toString();
    client.offer(`card:${incident}`, {
      event: "card",
      data: JSON.stringify({ incident, version, card, steps, timeline, bar }),
    });
  }
}

async function tellSlow(parts: FeedParts, moved: readonly string[], audience: readonly Subscriber[]): Promise<void> {
  const { backend, clock, limits } = parts;
  const [accounts, freezes, header] = await Promise.all([backend.accounts(), backend.freezes(), backend.header()]);
  const side = JSON.stringify({ html: renderAccounts(accounts, freezes, limits, clock.now()).toString() });
  const status = JSON.stringify({ html: renderStatus(header).toString() });
  const pending = new Map<string, string>();
  for (const client of audience) {
    const { person } = client.viewer;
    if (!pending.has(person)) {
      const rows = await backend.approvals(client.viewer, "pending");
      pending.set(person, JSON.stringify({ html: renderPending(rows).toString() }));
    }
    client.offer("pending", { event: "pending", data: pending.get(person) ?? "{}" });
    client.offer("side", { event: "side", data: side });
    client.offer("status", { event: "status", data: status });
    if (moved.length > 0) client.offer("moved", { event: "moved", data: JSON.stringify({ accounts: moved }) });
  }
}
