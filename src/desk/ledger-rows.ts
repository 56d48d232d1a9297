import { desc, eq } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { ledger } from "../db/schema.ts";

/** One entry as people read it. */
export type LedgerRow = Pick<typeof ledger.$inferSelect, "seq" | "at" | "actor" | "type" | "object" | "body">;

/** The newest entries, of one object or of all. */
export function ledgerRows(db: Db, object: string | null, limit: number): Promise<LedgerRow[]> {
  const all = db
    .select({
      seq: ledger.seq,
      at: ledger.at,
      actor: ledger.actor,
      type: ledger.type,
      object: ledger.object,
      body: ledger.body,
    })
    .from(ledger);
  return (object === null ? all.$dynamic() : all.$dynamic().where(eq(ledger.object, object)))
    .orderBy(desc(ledger.seq))
    .limit(limit);
}
