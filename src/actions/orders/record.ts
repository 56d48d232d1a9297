import { and, eq, isNull, notInArray, sql } from "drizzle-orm";
import { announce, noteIncident, touchIncident } from "../../db/changes.ts";
import type { Db, Tx } from "../../db/client.ts";
import { accountStates, orders } from "../../db/schema.ts";
import type { Price, Quantity } from "../../kernel/decimal.ts";
import {
  type OrderRequest,
  type OrderState,
  type PlaceOutcome,
  TERMINAL,
  type VenueOrder,
} from "../../kernel/order.ts";
import { append, lockDesk } from "../../ledger/append.ts";
import { CAPABILITIES, type VenueName } from "../../venues/capabilities.ts";

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

/** What the account held of the order's instrument by its newest reading; null where it was never read. */
const positionNow = sql<string | null>`(
  select coalesce((
    select (one ->> 'quantity')::numeric from jsonb_array_elements(${accountStates.state} -> 'positions') one
    where one ->> 'symbol' = "orders"."symbol" limit 1), 0)
  from ${accountStates} where ${accountStates.account} = "orders"."account")`;

/**
 * Marks the order as sent, once, before anything leaves: from here on its outcome is unknown until the venue says more.
 * False where it was marked before, by us or by another replica. What the account held then stays with the order, for
 * people who may have to say what became of it.
 */
export async function markSent(db: Db, row: OrderRow): Promise<boolean> {
  return db.transaction(async (tx) => {
    const marked = await tx
      .update(orders)
      .set({ sentAt: sql`now()`, state: "unknown", positionBefore: positionNow })
      .where(and(eq(orders.clientOrderId, row.clientOrderId), isNull(orders.sentAt), eq(orders.state, "intent")))
      .returning({ positionBefore: orders.positionBefore });
    const [sent] = marked;
    if (sent === undefined) return false;
    await append(tx, {
      actor: SENDER,
      type: "order.sent",
      object: row.clientOrderId,
      body: {
        ...requestOf(row),
        plan: row.planHash,
        positionBefore: sent.positionBefore,
        // Where silence proves nothing, the ledger says so before anybody could claim that it did.
        provesAbsence: CAPABILITIES[row.venue as VenueName].enforcesClientOrderId,
      },
    });
    return true;
  });
}

/** Ends that a venue told of: its word on an order outweighs the desk's own proof that it was not placed. */
const TOLD = new Set<OrderState>([...TERMINAL].filter((state) => state !== "not_placed"));

/**
 * Where the row may still be written: it is not at its end, or its end is people's word, which a venue's outweighs.
 * An order that was looked up in vain may be settled at the same moment, so the desk's lock is taken before its row.
 */
async function openRow(tx: Tx, row: OrderRow, ended: ReadonlySet<OrderState> = TERMINAL) {
  if (row.lookUps > 0) await lockDesk(tx);
  const open = row.settledBy === null ? notInArray(orders.state, [...ended]) : eq(orders.settledBy, row.settledBy);
  return and(eq(orders.clientOrderId, row.clientOrderId), open);
}

/** Writes the venue's word on the order, with its ledger entry, unless the row is at its end already or nothing changed. */
export async function recordVenueOrder(db: Db, row: OrderRow, order: VenueOrder): Promise<void> {
  if (
    (TERMINAL.has(row.state) && row.settledBy === null) ||
    (row.state === order.state &&
      row.filledQuantity === order.filledQuantity &&
      row.venueOrderId === order.venueOrderId)
  )
    return;
  const ended = TERMINAL.has(order.state);
  await db.transaction(async (tx) => {
    const written = await tx
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
      .where(await openRow(tx, row, TOLD))
      .returning({ id: orders.clientOrderId });
    if (written.length === 0) return;
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
    const written = await tx
      .update(orders)
      .set({ state, reason, endedAt: sql`now()` })
      .where(await openRow(tx, row))
      .returning({ id: orders.clientOrderId });
    if (written.length === 0) return;
    await append(tx, { actor: SENDER, type: "order.outcome", object: row.clientOrderId, body: { state, reason } });
    await shown(tx, row);
  });
}

/** Counts a look-up in which the venue said that it knows no such order; resolves to how many there were. */
export async function noteLookUp(db: Db, row: OrderRow): Promise<number> {
  const [counted] = await db
    .update(orders)
    .set({ lookUps: sql`${orders.lookUps} + 1`, lookedUpAt: sql`now()` })
    .where(eq(orders.clientOrderId, row.clientOrderId))
    .returning({ lookUps: orders.lookUps });
  return counted?.lookUps ?? 0;
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
