import { eq } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { type orders, runs } from "../../db/schema.ts";
import { effectOf, personOf, requesterOf, scopesOf } from "../judging/facts.ts";
import type { Control } from "../judging/gather.ts";
import { type PlanRow, databaseNow } from "../rows.ts";
import { effectiveState, statesNow } from "../freeze/trading-state.ts";

/**
 * Why an order that was claimed must not leave any more: its plan's time is over, or a halt or a freeze came since, of anything
 * that the plan touches, of its playbook, or of the person behind it. Null where it may.
 */
export async function lateObjection(
  db: Db,
  { halted }: Pick<Control, "halted">,
  order: Pick<typeof orders.$inferSelect, "clientOrderId" | "reduceOnly">,
  { plan, expiresAt }: Pick<PlanRow, "plan" | "expiresAt">,
): Promise<string | null> {
  if (expiresAt <= (await databaseNow(db))) return `the plan could be sent until ${expiresAt.toISOString()}`;
  const alone = {
    ...plan,
    orders: plan.orders.filter((one) => one.clientOrderId === order.clientOrderId),
    cancels: [],
  };
  const reduces = order.reduceOnly && effectOf(alone) !== "increase";
  const marker = halted();
  if (marker === "halted" || (marker === "reducing" && !reduces))
    return "the kill switch was pulled before the order was sent";
  const [run] =
    plan.run === null ? [] : await db.select({ by: runs.requestedBy }).from(runs).where(eq(runs.id, plan.run));
  const asker = requesterOf(plan.requestedBy, { person: personOf(run?.by ?? ""), roles: [], onCall: null });
  const states = await statesNow(db);
  const frozen = scopesOf(alone, asker).find((scope) => {
    const state = effectiveState(states, [scope]);
    return state === "halted" || (state === "reducing" && !reduces);
  });
  return frozen === undefined ? null : `${frozen} became ${states[frozen]} before the order was sent`;
}
