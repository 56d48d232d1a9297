import { and, lte, ne, sql } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { tradingStates } from "../../db/schema.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { spanOf } from "../../kernel/duration.ts";
import { remindDue } from "../../policy/freeze/trading-state.ts";

/** Tells people of every freeze that has stood for hours since somebody last looked; safe to call each second. */
export async function remindOfFreezes(
  database: Database,
  emit: (alert: Alert) => Promise<void>,
  clock: Clock,
): Promise<void> {
  const due = await database.db
    .select({ scope: tradingStates.scope })
    .from(tradingStates)
    .where(and(ne(tradingStates.state, "active"), lte(tradingStates.remindAt, sql`now()`)))
    .limit(1);
  if (due.length === 0) return;
  const at = clock.now();
  for (const row of await database.db.transaction((tx) => remindDue(tx))) {
    const since = spanOf(Math.max(0, at.getTime() - row.setAt.getTime()));
    await emit({
      source: "supervisor",
      trust: "internal",
      kind: "freeze.standing",
      status: "firing",
      severity: "medium",
      title: `${row.scope} has been ${row.state} for ${since}`,
      summary: `Set by ${row.setBy.replace("person:", "")}: ${row.reason}. Lift it with /unfreeze ${row.scope}, or leave it and be asked again in four hours.`,
      labels: { scope: row.scope },
      values: {},
      at,
    });
  }
}
