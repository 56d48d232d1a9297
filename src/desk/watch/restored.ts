import type { Database } from "../../db/client.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Log } from "../../kernel/log.ts";
import { readCopies } from "../../ledger/copies.ts";
import { lostTail } from "../../ledger/lost-tail.ts";
import { freeze } from "../../policy/freeze/trading-state.ts";

/**
 * Halts the firm where the database lacks entries that were signed, as a restored backup does: nothing is sent before
 * people have looked. Resolves to what is missing, or null.
 * @param home the folder that holds the copies of the signed tree heads
 */
export async function freezeWhereRestored(database: Database, home: string, log: Log): Promise<string | null> {
  const why = await lostTail(database.db, readCopies(home));
  if (why === null) return null;
  log.error({ why }, "database is not the one that was signed");
  await database.db.transaction((tx) =>
    freeze(tx, { scope: "firm", state: "halted", by: "system", reason: why, planHash: null }),
  );
  return why;
}

/** The alert of a desk that started frozen. */
export const restoredAlert = (why: string, at: Date): Alert => ({
  source: "supervisor",
  trust: "internal",
  kind: "ledger.restored",
  status: "firing",
  severity: "critical",
  title: "The desk starts frozen: its database lacks signed entries",
  summary: `${why}. The firm is halted. Compare positions and orders with the venues, then /unfreeze firm.`,
  labels: {},
  values: {},
  at,
});
