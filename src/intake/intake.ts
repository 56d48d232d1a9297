import { sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Seal } from "../kernel/seal.ts";
import { type Committed, type CommitOptions, type Delivery, type Parcel, type Receipt, commit } from "./commit.ts";
import { causeOf, isContention, isUnfit } from "./failure.ts";
import type { Match, Placing } from "./passing.ts";
import type { IntakeSettings } from "./settings.ts";

/** Alerts a transaction takes at most, unless one parcel alone is larger. */
const BATCH = 1_000;
/** A caller hears within this time, whatever the database does. */
const ANSWER_MS = 10_000;
/** For so long after the last failure alerts are said to be refused: without new ones nobody knows better. */
const REFUSING_MS = 30_000;
const TRIES = 8;
/** A batch of so many parcels means a storm: who was answered sends again at once. */
const STORM = 8;
/** In a storm, how long those that come first wait for the rest: a moment saves a transaction of their own. */
const GATHER_MS = 5;
/** Far longer than any sender's replay window. */
const FORGET = sql`delete from breakwater.deliveries where received_at < now() - interval '1 day'`;
const FORGET_EVERY_MS = 600_000;

/** Where alerts are handed in. */
export interface Intake {
  /**
   * Stores alerts and everything they lead to, and resolves once that is committed. Calls that arrive together share a
   * transaction. A second call with the same delivery key gives the first one's ids and has no effect.
   * @throws DeskError RATE_LIMITED where too much waits already, DATABASE_UNAVAILABLE where it cannot be stored now,
   * INPUT_INVALID where the database cannot hold it
   */
  take(alerts: readonly Alert[], delivery?: Delivery): Promise<Receipt>;
  /** Alerts that wait or are being stored. */
  readonly waiting: number;
  /** Since when none could be stored; null where the last ones were, or none came for half a minute since. */
  readonly refusingSince: Date | null;
  /** Takes nothing more and resolves when all that waits is answered. */
  close(): Promise<void>;
}

interface Waiting extends Parcel {
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
}

const unavailable = (message: string, cause?: unknown): DeskError =>
  new DeskError("DATABASE_UNAVAILABLE", message, { cause });

/** Opens the one way in for alerts of all sources. `onCommitted` is told what to start and to redraw; it must not throw. */
export function openIntake(options: {
  readonly db: Database;
  readonly clock: Clock;
  readonly settings: IntakeSettings;
  readonly seal: Seal;
  /** The runs that answer an alert which reached an incident; their rows commit with it. */
  readonly matchPlaybooks: (alert: Alert) => readonly Match[];
  /** Null where no chat shows cards. */
  readonly place: Placing | null;
  readonly onCommitted: (committed: Committed) => void;
  readonly log: Log;
}): Intake {
  const { clock, settings, onCommitted, log } = options;
  const work: CommitOptions = {
    db: options.db.intake,
    clock,
    settings,
    seal: options.seal,
    matchPlaybooks: options.matchPlaybooks,
    place: options.place,
  };
  const queue: Waiting[] = [];
  const open = new Set<Waiting>();
  let waiting = 0;
  let closed = false;
  let refusing: { readonly since: Date; readonly last: Date } | null = null;
  let running: Promise<void> | null = null;
  /** Parcels in the last transaction. */
  let lately = 0;
  /** Ends the gathering of a storm where as many wait as came last. */
  let gathered = (): void => {};

  const leave = (one: Waiting): boolean => {
    if (open.delete(one)) waiting -= one.alerts.length;
    else return false;
    return true;
  };
  const refuse = (one: Waiting, error: Error): void => {
    if (leave(one)) one.reject(error);
  };

  const failed = (): void => {
    const last = clock.now();
    refusing = { since: refusing?.since ?? last, last };
  };

  const commitAndTell = async (batch: readonly Waiting[]): Promise<void> => {
    const { receipts, committed } = await commitPatiently(batch);
    refusing = null;
    for (const one of batch) {
      const receipt = receipts.get(one);
      if (receipt && leave(one)) one.resolve(receipt);
    }
    try {
      if (committed.alerts.length > 0) onCommitted(committed);
    } catch (error) {
      log.error({ reason: messageOf(error) }, "commit not passed on");
    }
  };

  // Somebody else may hold a row of ours while waiting for our lock: stepping back lets both through.
  const commitPatiently = async (batch: readonly Waiting[]): ReturnType<typeof commit> => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await commit(batch, work);
      } catch (error) {
        if (!isContention(error) || tried === TRIES) throw error;
        await clock.sleep(5 * tried);
      }
    }
  };

  const flush = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      await commitAndTell(batch);
    } catch (error) {
      if (isUnfit(error) && batch.length > 1) {
        // One parcel that the database cannot hold must not cost its neighbours their place.
        for (const one of batch) await flush([one]);
        return;
      }
      log.error({ reason: causeOf(error), parcels: batch.length }, "alerts not stored");
      const unfit = isUnfit(error);
      if (!unfit) failed();
      const refusal = unfit
        ? new DeskError("INPUT_INVALID", "the alerts hold something that cannot be stored; nothing was taken", {
            cause: error,
          })
        : unavailable("the alerts could not be stored and were not taken; send them again", error);
      for (const one of batch) refuse(one, refusal);
    }
  };

  const gather = (): Promise<void> =>
    Promise.race([
      clock.sleep(GATHER_MS),
      new Promise<void>((resolve) => {
        gathered = resolve;
      }),
    ]);

  const drain = async (): Promise<void> => {
    // Requests read in the same turn of the event loop join the first transaction.
    await new Promise(setImmediate);
    while (queue.length > 0) {
      if (lately >= STORM && queue.length < lately) await gather();
      let alerts = 0;
      let parcels = 0;
      while (parcels < queue.length && (parcels === 0 || alerts + (queue[parcels]?.alerts.length ?? 0) <= BATCH)) {
        alerts += queue[parcels]?.alerts.length ?? 0;
        parcels += 1;
      }
      lately = parcels;
      const batch = queue.splice(0, parcels).filter((one) => open.has(one));
      if (batch.length > 0) await flush(batch);
    }
    running = null;
  };

  const stopWatching = clock.every(500, () => {
    const oldest = clock.now().getTime() - ANSWER_MS;
    for (const one of open) {
      if (one.sinceMs > oldest) break;
      failed();
      refuse(one, unavailable("the database did not answer in time; send the alerts again, repeating is harmless"));
    }
    if (queue.length > open.size) queue.splice(0, queue.length, ...queue.filter((one) => open.has(one)));
  });

  const stopForgetting = clock.every(FORGET_EVERY_MS, async () => {
    try {
      await options.db.db.execute(FORGET);
    } catch (error) {
      log.warn({ reason: causeOf(error) }, "old deliveries not forgotten");
    }
  });

  return {
    get waiting() {
      return waiting;
    },
    get refusingSince() {
      if (refusing !== null && clock.now().getTime() - refusing.last.getTime() > REFUSING_MS) refusing = null;
      return refusing?.since ?? null;
    },
    take(alerts, delivery) {
      if (closed) return Promise.reject(unavailable("the program is stopping; send the alerts again in a minute"));
      if (alerts.length === 0) return Promise.resolve({ ids: [], incidents: [], replayed: false });
      if (waiting + alerts.length > settings.queue && waiting > 0) {
        return Promise.reject(
          new DeskError("RATE_LIMITED", `${waiting} alerts wait to be stored already; send these again in a second`),
        );
      }
      return new Promise((resolve, reject) => {
        const one: Waiting = { alerts, delivery: delivery ?? null, sinceMs: clock.now().getTime(), resolve, reject };
        open.add(one);
        waiting += alerts.length;
        queue.push(one);
        if (queue.length >= lately) gathered();
        running ??= drain();
      });
    },
    async close() {
      closed = true;
      await running;
      stopWatching();
      stopForgetting();
    },
  };
}
