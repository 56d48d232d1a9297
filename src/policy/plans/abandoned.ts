import { and, eq, inArray } from "drizzle-orm";
import { type CarriedOut, summarise } from "../../actions/orders/carry-out.ts";
import { ordersOf, recordEnd } from "../../actions/orders/record.ts";
import type { Database } from "../../db/client.ts";
import { plans, runs } from "../../db/schema.ts";
import { endPlan } from "./propose.ts";

/** How a plan that was carried out ended: failed only where surely nothing of it was done. */
export const endOf = ({ orders, filled, partial, unknown }: CarriedOut): "applied" | "failed" =>
  orders > 0 && filled + partial + unknown === 0 ? "failed" : "applied";

/**
 * Ends claimed plans whose run is over without them, because it failed or was given up in the middle of sending. What had not
 * left does not leave any more; what had is looked up like the leftovers of every ended plan.
 */
export async function endAbandoned({ db }: Database): Promise<void> {
  const left = await db
    .select({ hash: plans.hash, plan: plans.plan })
    .from(plans)
    .innerJoin(runs, eq(runs.id, plans.runId))
    .where(and(eq(plans.state, "claimed"), inArray(runs.state, ["done", "failed", "cancelled"])));
  for (const { hash, plan } of left) {
    for (const row of await ordersOf(db, hash))
      if (row.state === "intent") await recordEnd(db, row, "not_placed", "its run ended before the order was sent");
    const result = summarise(plan, await ordersOf(db, hash), 0);
    await db.transaction((tx) => endPlan(tx, hash, endOf(result), `its run ended before it: ${result.summary}`));
  }
}
