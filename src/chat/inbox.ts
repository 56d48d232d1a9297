import { and, eq, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import type { Json } from "../kernel/canonical.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Database } from "../db/client.ts";
import { inbox } from "../db/schema.ts";
import type { ChatUser, Click, CommandCall, Inbound, Reply } from "./surface.ts";
import { UNSTORABLE, plain } from "./text.ts";

/** A request is taken over by another process when its own has not renewed it for this long. */
const LEASE_MS = 30_000;
const SWEEP_MS = 5_000;
/** Older requests are not begun again: whoever pressed has long looked elsewhere. */
const GIVE_UP_AFTER_MS = 600_000;
/** How long a second delivery waits for the first one's answer. */
const DUPLICATE_WAIT_MS = 10_000;
const DUPLICATE_POLL_MS = 250;
/**
 * Answered requests are kept so long, to know a second delivery. Platforms deliver again within the hour and sign for
 * minutes; a form may stand open on somebody's screen for days.
 */
const KEEP_DAYS = 30;
/** Rows that one pass forgets at most, so that it never holds others up. */
const PRUNED_AT_ONCE = 1_000;

const STILL_WORKING: Reply = { ok: true, text: "Your request was taken and is still being worked on." };
const TRIED_AGAIN: Reply = {
  ok: false,
  text: "Your request is stored but could not be finished yet; it is tried again by itself. See the console.",
};
const GIVEN_UP: Reply = {
  ok: false,
  text: "Your request could not be finished for ten minutes and was given up; see the console for what stands.",
};

export interface InboxOptions {
  readonly database: Database;
  /**
   * Decides and acts; must be safe to call again after a crash, `resumed` says so.
   * A DeskError becomes the answer; anything else leaves the request to be tried again.
   */
  readonly handle: (event: Click | CommandCall, resumed: boolean) => Promise<Reply>;
  readonly complete?: Inbound["complete"];
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs?: number;
}

/** Requests as rows: each is stored before it is acknowledged, and handled until it has an answer. */
export interface Inbox extends Inbound {
  /** Takes over what a crash left, now and from then on. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** One pass of taking over, and of forgetting what was answered a month ago; the number of requests taken. */
  sweep(): Promise<number>;
}

/** Opens the inbox; `receive` resolves once the row is durable, and rejects where it cannot be stored. */
export function openInbox(options: InboxOptions): Inbox {
  const { clock, log } = options;
  const { db } = options.database;
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const working = new Set<string>();
  const receiving = new Map<string, Promise<{ readonly reply: Promise<Reply> }>>();
  let stops: (() => void)[] = [];

  const finish = async (deliveryId: string, reply: Reply): Promise<void> => {
    await db
      .update(inbox)
      .set({ reply: reply as unknown as Record<string, Json>, doneAt: sql`now()` })
      .where(eq(inbox.deliveryId, deliveryId));
  };

  const work = async (event: Click | CommandCall, resumed: boolean): Promise<Reply> => {
    working.add(event.deliveryId);
    try {
      const reply = await options.handle(event, resumed).catch((error: unknown) => {
        if (error instanceof DeskError && error.retry === "never") return { ok: false, text: error.message };
        throw error;
      });
      await finish(event.deliveryId, reply);
      return reply;
    } catch (error) {
      log.error({ deliveryId: event.deliveryId, err: messageOf(error) }, "request not finished");
      return TRIED_AGAIN;
    } finally {
      working.delete(event.deliveryId);
    }
  };

  /** The answer of a request that was delivered before. */
  const stored = async (deliveryId: string): Promise<Reply> => {
    const until = clock.now().getTime() + DUPLICATE_WAIT_MS;
    for (;;) {
      const [row] = await db.select({ reply: inbox.reply }).from(inbox).where(eq(inbox.deliveryId, deliveryId));
      if (row?.reply) return row.reply as unknown as Reply;
      if (clock.now().getTime() >= until) return STILL_WORKING;
      await clock.sleep(DUPLICATE_POLL_MS);
    }
  };

  const store = async (event: Click | CommandCall): Promise<{ readonly reply: Promise<Reply> }> => {
    const refusal = unstorable(event);
    if (refusal !== null) return { reply: Promise.resolve(refusal) };
    const added = await db
      .insert(inbox)
      .values({
        deliveryId: event.deliveryId,
        surface: event.user.surface,
        event: { ...event, at: event.at.toISOString() } as unknown as Record<string, Json>,
      })
      .onConflictDoNothing()
      .returning({ id: inbox.deliveryId });
    return { reply: added.length === 1 ? work(event, false) : stored(event.deliveryId) };
  };

  const renew = async (): Promise<void> => {
    if (working.size === 0) return;
    await db
      .update(inbox)
      .set({ claimedAt: sql`now()` })
      .where(and(inArray(inbox.deliveryId, [...working]), isNull(inbox.doneAt)));
  };

  const sweep = async (): Promise<number> => {
    const taken = await db
      .update(inbox)
      .set({ claimedAt: sql`now()` })
      .where(and(isNull(inbox.doneAt), lt(inbox.claimedAt, sql`now() - ${leaseMs} * interval '1 ms'`)))
      .returning({ event: inbox.event, receivedAt: inbox.receivedAt, now: sql<Date>`now()`.mapWith(inbox.receivedAt) });
    for (const row of taken) {
      const event = revive(row.event);
      if (row.now.getTime() - row.receivedAt.getTime() > GIVE_UP_AFTER_MS) await finish(event.deliveryId, GIVEN_UP);
      else await work(event, true);
    }
    const old = sql`received_at < now() - ${KEEP_DAYS} * interval '1 day'`;
    const forgotten = db
      .select({ id: inbox.deliveryId })
      .from(inbox)
      .where(and(old, isNotNull(inbox.doneAt)))
      .orderBy(inbox.receivedAt)
      .limit(PRUNED_AT_ONCE);
    await db.delete(inbox).where(inArray(inbox.deliveryId, forgotten));
    return taken.length;
  };
  const safely = (what: string, task: () => Promise<unknown>) => async (): Promise<void> => {
    await task().catch((error: unknown) => log.warn({ err: messageOf(error) }, `${what} failed`));
  };

  return {
    receive(event) {
      // A second delivery to this process shares the first one's fate: storms of repeats cost no queries.
      const known = receiving.get(event.deliveryId);
      if (known !== undefined) return known;
      const received = store(event);
      receiving.set(event.deliveryId, received);
      const forget = (): void => void receiving.delete(event.deliveryId);
      received.then(({ reply }) => reply.then(forget, forget), forget);
      return received;
    },
    complete: (user: ChatUser, text: string) => options.complete?.(user, text) ?? Promise.resolve([]),
    async start() {
      stops = [
        clock.every(SWEEP_MS, safely("inbox sweep", sweep)),
        clock.every(leaseMs / 3, safely("inbox renewal", renew)),
      ];
      await safely("inbox sweep", sweep)();
    },
    async stop() {
      for (const stop of stops) stop();
      stops = [];
    },
    sweep,
  };
}

/** What of an event no database keeps, as the answer to whoever sent it; null where all can be kept. */
function unstorable(event: Click | CommandCall): Reply | null {
  const texts: [string, string][] =
    event.type === "command"
      ? [["The command", event.text]]
      : [["The button", event.token], ...Object.entries(event.fields).map(([k, v]): [string, string] => [`"${k}"`, v])];
  const [what] = texts.find((pair) => pair.some((text) => UNSTORABLE.test(text))) ?? [];
  return what === undefined
    ? null
    : { ok: false, text: plain(`${what} holds half a character or a zero byte; remove it. Nothing was done.`) };
}

/** An event as it was received; JSON has no dates. */
const revive = (event: Record<string, Json>): Click | CommandCall =>
  ({ ...event, at: new Date(event["at"] as string) }) as unknown as Click | CommandCall;
