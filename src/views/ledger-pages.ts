import { count, desc, lt } from "drizzle-orm";
import type { LedgerPage } from "../chat/console/rows/ledger.ts";
import type { Db } from "../db/client.ts";
import { ledger } from "../db/schema.ts";

/** Entries below number `before`, newest first; from the newest where it is null. */
export async function ledgerPageOf(db: Db, before: number | null, limit: number): Promise<LedgerPage> {
  const [rows, [size]] = await Promise.all([
    db
      .select()
      .from(ledger)
      .where(before === null ? undefined : lt(ledger.seq, before))
      .orderBy(desc(ledger.seq))
      .limit(limit),
    db.select({ n: count() }).from(ledger),
  ]);
  const last = rows.at(-1);
  return {
    entries: rows.map((row) => ({
      seq: row.seq,
      at: row.at.toISOString(),
      actor: row.actor,
      type: row.type,
      object: row.object,
      body: row.body,
      hash: row.hash,
    })),
    size: size?.n ?? 0,
    next: rows.length === limit && last ? last.seq : null,
  };
}
