import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { asc, desc, gt, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { checkpoints, ledger } from "../db/schema.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { EMPTY_FRONTIER, type Frontier, grow, rootOf } from "./merkle.ts";
import { type CheckpointCopy, type NoteKey, checkpointText } from "./note.ts";

/** A place outside the database that keeps copies of signed tree heads. */
export type CheckpointSink = (copy: CheckpointCopy) => Promise<void>;

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
 * Signs the tree over every entry that stands, and copies the signed head to each sink. Null where nothing is new.
 * @throws DeskError LEDGER_BROKEN where the last checkpoint does not fit, or an entry is missing
 */
export async function makeCheckpoint(
  db: Db,
  key: NoteKey,
  sinks: readonly CheckpointSink[],
): Promise<CheckpointCopy | null> {
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
  // A rival replica signed the same head a moment ago: its copy goes out.
  if (inserted.length === 0) return null;
  for (const sink of sinks) await sink(copy);
  return copy;
}

/** Signs in the background: after a hundred entries, or a minute after the first unsigned one, and whenever asked. */
export interface Checkpoints {
  /** Signs now; to be called before a plan of tier 3 or higher is sent. */
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
  const now = (): Promise<CheckpointCopy | null> => {
    waitingSince = null;
    return makeCheckpoint(db, key, sinks);
  };
  const look = async (): Promise<void> => {
    const [row] = await db.execute<{ unsigned: string }>(
      sql`select (select coalesce(max(seq), 0) from breakwater.ledger) - (select coalesce(max(size), 0) from breakwater.checkpoints) as unsigned`,
    );
    const unsigned = Number(row?.unsigned ?? 0);
    if (unsigned <= 0) return;
    waitingSince ??= clock.now().getTime();
    if (unsigned >= EVERY || clock.now().getTime() - waitingSince >= MAX_AGE_MS) await now();
  };
  const stop = clock.every(1_000, () =>
    look().catch((error: unknown) => log.error({ err: error }, "checkpoint not signed")),
  );
  return { now, stop };
}

const copiesFile = (home: string): string => path.join(home, "checkpoints.jsonl");

/** Copies every signed head into `home/checkpoints.jsonl`, one JSON object a line. */
export function fileSink(home: string): CheckpointSink {
  return async (copy) => {
    mkdirSync(home, { recursive: true });
    appendFileSync(copiesFile(home), `${JSON.stringify(copy)}\n`, { mode: 0o600 });
  };
}

/** Reads the copies; a last line that a crash cut short is left out. None where there is no file. */
export function readCopies(home: string): readonly CheckpointCopy[] {
  if (!existsSync(copiesFile(home))) return [];
  const lines = readFileSync(copiesFile(home), "utf8").split("\n");
  const whole = lines.slice(0, -1).filter((line) => line !== "");
  return whole.map((line) => JSON.parse(line) as CheckpointCopy);
}

/**
 * Whether the database is the one that the newest copy was made from: null, or why not. An older backup, or another
 * database, lacks entries that were signed: nothing may be sent from it before a person has looked.
 */
export async function lostTail(db: Db, copies: readonly CheckpointCopy[]): Promise<string | null> {
  const newest = copies.reduce<CheckpointCopy | null>(
    (most, one) => (most === null || one.size > most.size ? one : most),
    null,
  );
  if (newest === null) return null;
  const [row] = await db.execute<{ size: string }>(sql`select coalesce(max(seq), 0) as size from breakwater.ledger`);
  const size = Number(row?.size ?? 0);
  if (size < newest.size)
    return `a checkpoint of ${newest.size} entries was signed, the database has ${size}: an older copy was restored, or its tail was cut off`;
  const [own] = await db
    .select({ root: checkpoints.root })
    .from(checkpoints)
    .where(sql`${checkpoints.size} = ${newest.size}`);
  if (own !== undefined && own.root !== newest.root)
    return `the database's checkpoint ${newest.size} is not the one that was signed`;
  return null;
}
