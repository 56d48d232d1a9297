import { and, asc, desc, gt, inArray, lte, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { checkpoints, ledger } from "../db/schema.ts";
import { EMPTY_FRONTIER, type Frontier, grow, rootOf } from "./merkle.ts";
import type { CheckpointCopy } from "./note.ts";

const BATCH = 5_000;
/** Heads that are tried as a start; a database that has none of them is read from its first entry. */
const NEAR = 200;

/**
 * The root of the database's first `size` entries, in base64. Grown from the nearest smaller head that was signed and
 * copied, so that a start looks at a few entries and not at a million; null where one of them is missing.
 */
async function rootAt(db: Db, size: number, copies: readonly CheckpointCopy[]): Promise<string | null> {
  const near = copies
    .filter((one) => one.size < size)
    .sort((a, b) => b.size - a.size)
    .slice(0, NEAR);
  const signed = new Map(near.map((one) => [one.size, one.root]));
  const stored = await db
    .select()
    .from(checkpoints)
    .where(inArray(checkpoints.size, [...signed.keys()]))
    .orderBy(desc(checkpoints.size));
  const base = stored.find((one) => signed.get(one.size) === one.root);
  const peaks = base?.peaks.map((one) => Buffer.from(one, "base64")) ?? [];
  let frontier: Frontier = EMPTY_FRONTIER;
  // Peaks that hash to the signed root are those of the signed entries.
  if (base && rootOf(peaks).toString("base64") === base.root) frontier = { size: base.size, peaks };
  while (frontier.size < size) {
    const rows = await db
      .select({ seq: ledger.seq, hash: ledger.hash })
      .from(ledger)
      .where(and(gt(ledger.seq, frontier.size), lte(ledger.seq, size)))
      .orderBy(asc(ledger.seq))
      .limit(BATCH);
    const { size: before } = frontier;
    if (rows.length === 0 || rows.some((row, at) => row.seq !== before + 1 + at)) return null;
    frontier = grow(
      frontier,
      rows.map((row) => Buffer.from(row.hash, "hex")),
    );
  }
  return rootOf(frontier.peaks).toString("base64");
}

/**
 * Whether the database is the one that the newest copy was made from: null, or why not. An older backup, another
 * database, or one that went its own way after a restore lacks entries that were signed: nothing may be sent from it
 * before a person has looked.
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
  return (await rootAt(db, newest.size, copies)) === newest.root
    ? null
    : `the database's first ${newest.size} entries are not those that were signed: it went its own way after an older copy was restored, or entries were changed by hand`;
}
