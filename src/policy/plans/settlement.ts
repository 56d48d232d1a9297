import { and, eq, notInArray, sql } from "drizzle-orm";
import { announce, noteIncident } from "../../db/changes.ts";
import type { Tx } from "../../db/client.ts";
import { orders } from "../../db/schema.ts";
import { TERMINAL } from "../../kernel/order.ts";
import { type Plan, settledWords } from "../../kernel/plan.ts";
import { append } from "../../ledger/append.ts";

/** Why a plan can no longer settle its order, under the desk's lock; null where it can, or settles none. */
export async function settlementObjection(tx: Tx, plan: Plan): Promise<string | null> {
  if (plan.settlement === undefined) return null;
  const { clientOrderId } = plan.settlement;
  const [row] = await tx.select().from(orders).where(eq(orders.clientOrderId, clientOrderId));
  if (row === undefined || row.account !== plan.account || row.venue !== plan.venue)
    return `${plan.account} has no order ${clientOrderId}`;
  return !TERMINAL.has(row.state)
    ? null
    : `order ${clientOrderId} is ${row.state} by now: the venue told of it, or others settled it`;
}

/**
 * Writes what people declared of an order, inside the claim of their plan: the row names the plan, so that the verifier
 * and whoever looks the order up again know on whose word it stands. Nothing where the plan settles no order.
 */
export async function settleOrder(tx: Tx, plan: Plan, planHash: string, approvedBy: readonly string[]): Promise<void> {
  if (plan.settlement === undefined) return;
  const { clientOrderId, state, filledQuantity, averagePrice } = plan.settlement;
  const reason = `declared by people: ${plan.reason}`;
  const [row] = await tx
    .update(orders)
    .set({ state, filledQuantity, averagePrice, reason, endedAt: sql`now()`, settledBy: planHash })
    .where(and(eq(orders.clientOrderId, clientOrderId), notInArray(orders.state, [...TERMINAL])))
    .returning();
  // The caller looked a moment ago under the lock that every change of an order which was looked up in vain takes.
  if (row === undefined) throw new Error(`order ${clientOrderId} changed while it was settled`);
  await append(tx, {
    actor: plan.requestedBy,
    type: "order.outcome",
    object: clientOrderId,
    body: { state, filledQuantity, averagePrice, reason, settledBy: planHash, approvedBy: [...approvedBy] },
  });
  if (row.incidentId !== null)
    await noteIncident(tx, {
      incident: row.incidentId,
      type: "order.settled",
      actor: plan.requestedBy,
      text: `order ${clientOrderId} is ${settledWords(plan.settlement)}, as people declared: ${plan.reason}`,
    });
  await announce(tx, { type: "account", id: row.account });
}
