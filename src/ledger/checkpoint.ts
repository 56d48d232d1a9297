import { asc, desc, gt, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { checkpoints, ledger } from "../db/schema.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { type CheckpointSink, copyOut } from "./copies.ts";
import { EMPTY_FRONTIER, type Frontier, grow, rootOf } from "./merkle.ts";
import { type CheckpointCopy, type NoteKey, checkpointText } from "./note.ts";

const EVERY = 100;
const MAX_AGE_MS = 60_000;
const BATCH = 5_000;

async function lastFrontier(db: Db): Promise<Frontier & { readonly at: Date | null }> {
  const [last] = await db.select().from(checkpoints).orderBy(desc(checkpoints.size)).limit(1);
  if (last === undefined) return { ...EMPTY_FRONTIER, at: null };
  const peaks = last.peaks.map((one) => Buffer.from(one, "base64"));
  // The peaks hash to the root that was signed, so nobody can slip others in.
  if (rootOf(peaks).toString("base64") !== last.root)
    throw new DeskError(
      "LEDGER_BROKEN",
      `checkpoint ${last.size} was changed in the database by hand; run breakwater ledger verify`,
    );
  return { size: last.size, peaks, at: last.at };
}

/**
 * Signs the tree over every entry that stands. Null where nothing is new, or a rival replica signed the same head a
 * moment ago. The copies outside follow from the row.
 * @throws DeskError LEDGER_BROKEN where the last checkpoint does not fit, or an entry is missing
 */
export async function makeCheckpoint(db: Db, key: NoteKey): Promise<CheckpointCopy | null> {
  let { size, peaks }: Frontier = await lastFrontier(db);
  const before = size;
  for (;;) {
    const rows = await db
      .select({ seq: ledger.seq, hash: ledger.hash })
      .from(ledger)
      .where(gt(ledger.seq, size))
      .orderBy(asc(ledger.seq))
      .limit(BATCH);
    if (rows.some((row, at) => row.seq !== size + 1 + at))
      throw new DeskError("LEDGER_BROKEN", `an entry after ${size} is missing; run breakwater ledger verify`);
    ({ size, peaks } = grow(
      { size, peaks },
      rows.map((row) => Buffer.from(row.hash, "hex")),
    ));
    if (rows.length < BATCH) break;
  }
  if (size === before) return null;
  const root = rootOf(peaks);
  const copy = { size, root: root.toString("base64"), note: key.sign(checkpointText(size, root)) };
  const inserted = await db
    .insert(checkpoints)
    .values({ ...copy, peaks: peaks.map((one) => one.toString("base64")), at: sql`clock_timestamp()` })
    .onConflictDoNothing()
    .returning({ size: checkpoints.size });
  return inserted.length === 0 ? null : copy;
}

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_LAST_MS = 60_000;

/** Brings one sink up to date; what it could not take is tried again, less and less often, and said once. */
function courier(db: Db, sink: CheckpointSink, clock: Clock, log: Log): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  let failures = 0;
  let notBefore = 0;
  const run = async (): Promise<void> => {
    try {
      await copyOut(db, sink);
      if (failures > 0) log.info({ sink: sink.name }, "checkpoint copies arrive again");
      failures = 0;
    } catch (error) {
      notBefore = clock.now().getTime() + Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 10));
      failures += 1;
      if (failures === 1) log.error({ sink: sink.name, why: messageOf(error) }, "checkpoint not copied, tried again");
    }
  };
  return async () => {
    // One that began before the newest head was signed may have missed it.
    await underWay;
    if (clock.now().getTime() < notBefore) return;
    underWay ??= run().finally(() => {
      underWay = undefined;
    });
    await underWay;
  };
}

/** Signs in the background: after a hundred entries, or a minute after the first unsigned one, and whenever asked. */
export interface Checkpoints {
  /**
   * Signs now, and copies to the sinks on this machine; those elsewhere follow and are not waited for.
   * @throws DeskError LEDGER_BROKEN where the ledger cannot be signed; a sink that fails only delays its copy
   */
  now(): Promise<CheckpointCopy | null>;
  stop(): void;
}

/** Starts signing. Of several replicas only the leader should, though two do no harm. */
export function startCheckpoints(parts: {
  readonly db: Db;
  readonly key: NoteKey;
  readonly sinks: readonly CheckpointSink[];
  readonly clock: Clock;
  readonly log: Log;
}): Checkpoints {
  const { db, key, sinks, clock, log } = parts;
  let waitingSince: number | null = null;
  const near = sinks.filter((one) => !one.remote).map((one) => courier(db, one, clock, log));
  const far = sinks.filter((one) => one.remote).map((one) => courier(db, one, clock, log));
  const copy = async (): Promise<void> => {
    for (const one of far) void one();
    await Promise.all(near.map((one) => one()));
  };
  const now = async (): Promise<CheckpointCopy | null> => {
    waitingSince = null;
    const signed = await makeCheckpoint(db, key);
    await copy();
    return signed;
  };
  const look = async (): Promise<void> => {
    const [row] = await db.execute<{ unsigned: string }>(
      sql`select (select coalesce(max(seq), 0) from breakwater.ledger) - (select coalesce(max(size), 0) from breakwater.checkpoints) as unsigned`,
    );
    const unsigned = Number(row?.unsigned ?? 0);
    if (unsigned <= 0) return copy();
    waitingSince ??= clock.now().getTime();
    if (unsigned >= EVERY || clock.now().getTime() - waitingSince >= MAX_AGE_MS) await now();
    return copy();
  };
  const stop = clock.every(1_000, () =>
    look().catch((error: unknown) => log.error({ err: error }, "checkpoint not signed")),
  );
  return { now, stop };
}
