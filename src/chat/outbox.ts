import type { Database } from "../db/client.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Card } from "./card.ts";
import { type Budget, type Gate, type Method, openGate } from "./outbox-budget.ts";
import { type Draw, sharedDrawing } from "./outbox-drawing.ts";
import { type MessageRow, OUTBOX_CHANNEL, PRIORITY, claimNote, dueCards, dueNotes } from "./outbox-rows.ts";
import { type SendOptions, type Tally, sendCard, sendNote } from "./outbox-send.ts";
import type { Surface, SurfaceName } from "./surface.ts";

/** Looked at this often even when nobody called: rows whose time has come wake nobody. */
const IDLE_MS = 1_000;
/** Rows read at once, and sends under way at once, for each surface. */
const BATCH = 100;
const AT_ONCE = 16;

export interface OutboxOptions {
  readonly database: Database;
  /** Surfaces that take cards by message, each with its platform's budget. */
  readonly surfaces: readonly { readonly surface: Surface; readonly budget: Budget }[];
  /** The newest card, or null where the incident is not known. */
  readonly cardOf: (incidentId: string) => Promise<Card | null>;
  readonly fallback?: SendOptions["fallback"];
  readonly onTrouble?: SendOptions["onTrouble"];
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings cards from rows to channels. */
export interface Outbox {
  start(): Promise<void>;
  /** Lets what is under way finish. */
  stop(): Promise<void>;
  /** Something is due; the database's own call wakes other processes. */
  wake(): void;
  tally(surface: SurfaceName): Readonly<Tally>;
}

/**
 * Opens the outbox: per-channel queues over the rows, most urgent first, always the newest version, within the
 * platforms' rates; a channel that has to wait stops no other.
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const draw = sharedDrawing(options.cardOf);
  const lanes = options.surfaces.map(({ surface, budget }) => openLane(options, draw, surface, budget));
  const wake = (): void => {
    for (const lane of lanes) lane.wake();
  };
  let unlisten: (() => Promise<void>) | undefined;
  return {
    wake,
    async start() {
      const listening = await options.database.sql.listen(OUTBOX_CHANNEL, wake);
      unlisten = () => listening.unlisten();
      for (const lane of lanes) lane.start();
    },
    async stop() {
      await unlisten?.();
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
    tally: (name) => {
      const lane = lanes.find((one) => one.name === name);
      return lane?.tally ?? emptyTally();
    },
  };
}

const emptyTally = (): Tally => ({ sent: 0, later: 0, refused: 0, ambiguous: 0, found: 0, reposted: 0 });

interface Lane {
  readonly name: SurfaceName;
  readonly tally: Tally;
  start(): void;
  stop(): Promise<void>;
  wake(): void;
}

/** Everything of one surface: a loop that sends what may be sent, then waits until something may change. */
function openLane(options: OutboxOptions, draw: Draw, surface: Surface, budget: Budget): Lane {
  const { clock, log } = options;
  const db = options.database.outbox;
  const gate: Gate = openGate(budget, clock);
  const tally = emptyTally();
  const busy = new Set<string>();
  const under = new Set<Promise<void>>();
  const ending = new AbortController();
  let alarm = new AbortController();
  let called = false;
  let loop: Promise<void> = Promise.resolve();
  const sending: SendOptions = {
    db,
    log,
    gate,
    tally,
    draw,
    fallback: options.fallback ?? (() => null),
    onTrouble: options.onTrouble ?? (() => {}),
  };

  const wake = (): void => {
    called = true;
    alarm.abort(new Error("woken"));
  };
  /** Runs a send beside the loop; its channel is busy meanwhile, and its end wakes the loop. */
  const begin = (channel: string, answered: () => void, send: () => Promise<void>): void => {
    busy.add(channel);
    const running = send()
      .catch((error: unknown) => log.error({ channel, err: messageOf(error) }, "send failed"))
      .finally(() => {
        answered();
        busy.delete(channel);
        under.delete(running);
        wake();
      });
    under.add(running);
  };
  const free = (): boolean => under.size < AT_ONCE;

  const wanted = (method: Method) => ({
    surface: surface.name,
    without: [...new Set([...busy, ...gate.waiting(method)])],
    limit: BATCH,
  });
  const readCards = async (method: Method): Promise<readonly MessageRow[]> => {
    const urgentOnly = gate.shut(method, false);
    return urgentOnly && gate.shut(method, true) ? [] : dueCards(db, method, urgentOnly, wanted(method));
  };
  const readLines = async () => (gate.shut("post", false) ? [] : dueNotes(db, wanted("post")));

  const sendCards = (method: Method, due: readonly MessageRow[]): void => {
    for (const row of due) {
      if (!free()) return;
      if (busy.has(row.channel)) continue;
      const answered = gate.take(method, row.channel, row.priority <= PRIORITY.critical);
      if (answered !== null) begin(row.channel, answered, () => sendCard(sending, surface, row));
    }
  };
  const sendLines = (due: Awaited<ReturnType<typeof readLines>>): void => {
    for (const { note, message } of due) {
      if (!free()) return;
      if (message === null || busy.has(note.channel)) continue;
      const answered = gate.take("post", note.channel, false);
      if (answered === null) continue;
      begin(note.channel, answered, async () => {
        if (await claimNote(db, note.id)) await sendNote(sending, surface, note, message);
      });
    }
  };
  const pass = async (): Promise<void> => {
    // A surface that is down is left alone: its rows wait, and are looked at when it is back.
    if (surface.health().state === "down" || !free()) return;
    // Read together: they travel as one message.
    const [updates, posts, lines] = await Promise.all([readCards("update"), readCards("post"), readLines()]);
    sendCards("update", updates);
    sendCards("post", posts);
    sendLines(lines);
  };
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      called = false;
      alarm = new AbortController();
      await pass().catch((error: unknown) => log.error({ err: messageOf(error) }, "outbox pass failed"));
      if (called || ending.signal.aborted) continue;
      const pauseMs = Math.min(IDLE_MS, Math.max(20, gate.nextMs() || IDLE_MS));
      // Woken early is as good as slept out.
      await clock.sleep(pauseMs, alarm.signal).catch((error: unknown) => {
        if (!alarm.signal.aborted) throw error;
      });
    }
  };

  return {
    name: surface.name,
    tally,
    wake,
    start() {
      loop = run();
    },
    async stop() {
      ending.abort();
      wake();
      await loop;
      await Promise.all(under);
    },
  };
}
