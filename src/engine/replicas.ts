import { eq, sql } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { replicas } from "../db/schema.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { Durable } from "./durable.ts";

const BEAT_MS = 1_000;
/** By the database's clock: a replica that did not beat for this long is dead, and its runs go to the others. */
const DEAD_AFTER_SECONDS = 8;
const REAPER_LOCK = 727_276;

/** The engine recovers nothing by itself; this does: leases by the database's clock, and one reaper at a time. */
export interface Lease {
  /** Only one replica at a time holds it: schedules and sweeps ask before they act. */
  leads(): boolean;
  release(): Promise<void>;
}

/**
 * Keeps this process's lease and takes over the runs of dead ones.
 * @param onLost called once where another replica declared this one dead: the process must leave
 */
export async function holdLease(options: {
  database: Database;
  durable: Durable;
  clock: Clock;
  log: Log;
  /** No other replica can exist, as on an embedded database: whoever left a lease there is dead. */
  alone: boolean;
  onLost: () => void;
}): Promise<Lease> {
  const { database, durable, clock, log, onLost } = options;
  const { db } = database;
  const me = durable.executorId;
  let leading = false;
  if (options.alone) await db.delete(replicas);
  await db
    .insert(replicas)
    .values({ id: me })
    .onConflictDoUpdate({ target: replicas.id, set: { beatAt: sql`now()` } });

  const reap = async (): Promise<void> => {
    await db.transaction(async (tx) => {
      const [lock] = await tx.execute<{ ok: boolean }>(sql`select pg_try_advisory_xact_lock(${REAPER_LOCK}) as ok`);
      if (!lock?.ok) return;
      await tx.execute(
        sql`delete from breakwater.replicas where id <> ${me} and beat_at < now() - make_interval(secs => ${DEAD_AFTER_SECONDS})`,
      );
      const dead = await tx.execute<{ id: string }>(
        sql`select distinct executor_id as id from dbos.workflow_status where status = 'PENDING' and executor_id not in (select id from breakwater.replicas)`,
      );
      for (const { id } of dead) {
        await durable.recover(id);
        log.warn({ replica: id }, "runs of a dead replica taken over");
      }
      const [oldest] = await tx.execute<{ id: string }>(sql`select id from breakwater.replicas order by id limit 1`);
      leading = oldest?.id === me;
    });
  };

  const beat = async (): Promise<void> => {
    try {
      const alive = await db
        .update(replicas)
        .set({ beatAt: sql`now()` })
        .where(eq(replicas.id, me))
        .returning({ id: replicas.id });
      if (alive.length === 0) {
        stop();
        onLost();
        return;
      }
      await reap();
    } catch (error) {
      leading = false;
      log.warn({ err: error }, "lease not renewed");
    }
  };
  const stop = clock.every(BEAT_MS, beat);
  await beat();
  return {
    leads: () => leading,
    async release() {
      stop();
      await db.delete(replicas).where(eq(replicas.id, me));
    },
  };
}
