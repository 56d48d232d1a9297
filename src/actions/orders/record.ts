import { and, eq, isNull, sql } from "drizzle-orm";
import { announce, noteIncident, touchIncident } from "../../db/changes.ts";
import type { Db, Tx } from "../../db/client.ts";
import { orders } from "../../db/schema.ts";
import type { Price, Quantity } from "../../kernel/decimal.ts";
import { type OrderRequest, type PlaceOutcome, TERMINAL, type VenueOrder } from "../../kernel/order.ts";
import { append } from "../../ledger/append.ts";

/** An order's row. */
export type OrderRow = typeof orders.$inferSelect;

/** The desk's own orders act under this name in the ledger. */
const SENDER = "service:orders";

/** What the row asks of the venue, exactly as the plan fixed it. */
export const requestOf = (row: OrderRow): OrderRequest => ({
  account: row.account,
  symbol: row.symbol,
  side: row.side,
  quantity: row.quantity as Quantity,
  limitPrice: row.limitPrice as Price,
  timeInForce: row.timeInForce as OrderRequest["timeInForce"],
  reduceOnly: row.reduceOnly,
  clientOrderId: row.clientOrderId,
});

/** All orders of a plan, in its order. */
export const ordersOf = (db: Db, planHash: string): Promise<OrderRow[]> =>
  db.select().from(orders).where(eq(orders.planHash, planHash)).orderBy(orders.leg);

async function shown(tx: Tx, row: OrderRow): Promise<void> {
  if (row.incidentId) await touchIncident(tx, row.incidentId);
  await announce(tx, { type: "account", id: row.account });
}

/**
 * Marks the order as sent, once, before anything leaves: from here on its outcome is unknown until the venue says more.
 * False where it was marked before, by us or by another replica.
 */
export async function markSent(db: Db, row: OrderRow): Promise<boolean> {
  return db.transaction(async (tx) => {
    const marked = await tx
      .update(orders)
      .set({ sentAt: sql`now()`, state: "unknown" })
      .where(and(eq(orders.clientOrderId, row.clientOrderId), isNull(orders.sentAt), eq(orders.state, "intent")))
      .returning({ id: orders.clientOrderId });
    if (marked.length === 0) return false;
    await append(tx, {
      actor: SENDER,
      type: "order.sent",
      object: row.clientOrderId,
      body: { ...requestOf(row), plan: row.planHash },
    });
    return true;
  });
}

/** Writes the venue's word on the order, with its ledger entry, unless the row is at its end already or nothing changed. */
export async function recordVenueOrder(db: Db, row: OrderRow, order: VenueOrder): Promise<void> {
  if (
    TERMINAL.has(row.state) ||
    (row.state === order.state &&
      row.filledQuantity === order.filledQuantity &&
      row.venueOrderId === order.venueOrderId)
  )
    return;
  const ended = TERMINAL.has(order.state);
  await db.transaction(async (tx) => {
    await tx
      .update(orders)
      .set({
        state: order.state,
        venueOrderId: order.venueOrderId,
        filledQuantity: order.filledQuantity,
        averagePrice: order.averagePrice,
        feeUsd: order.feeUsd,
        reason: order.reason ?? null,
        ...(ended ? { endedAt: sql`now()` } : {}),
      })
      .where(eq(orders.clientOrderId, row.clientOrderId));
    await append(tx, {
      actor: `venue:${row.venue}`,
      type: "order.outcome",
      object: row.clientOrderId,
      body: {
        state: order.state,
        venueOrderId: order.venueOrderId,
        filledQuantity: order.filledQuantity,
        averagePrice: order.averagePrice,
        reason: order.reason ?? null,
      },
    });
    await shown(tx, row);
  });
}

/** Writes an end that the venue did not report as an order: a refusal, a proof of absence, or a stop before the send. */
export async function recordEnd(
  db: Db,
  row: OrderRow,
  state: "rejected" | "not_placed",
  reason: string,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .update(orders)
      .set({ state, reason, endedAt: sql`now()` })
      .where(eq(orders.clientOrderId, row.clientOrderId));
    await append(tx, { actor: SENDER, type: "order.outcome", object: row.clientOrderId, body: { state, reason } });
    await shown(tx, row);
  });
}

/** Says on the card that the venue did not answer; the row stays `unknown` and counts as filled for every limit. */
export async function recordUnknown(
  db: Db,
  row: OrderRow,
  outcome: Extract<PlaceOutcome, { outcome: "unknown" }>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.update(orders).set({ reason: outcome.reason }).where(eq(orders.clientOrderId, row.clientOrderId));
    await append(tx, {
      actor: SENDER,
      type: "order.outcome",
      object: row.clientOrderId,
      body: { state: "unknown", reason: outcome.reason },
    });
    if (row.incidentId) {
      await noteIncident(tx, {
        incident: row.incidentId,
        type: "order.unknown",
        actor: SENDER,
        text: `${row.venue} did not say whether order ${row.clientOrderId} was taken (${outcome.reason}); it is looked up by its id and not sent again.`,
      });
    }
  });
}
