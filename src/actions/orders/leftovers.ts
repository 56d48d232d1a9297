import { and, inArray, isNotNull, isNull, notInArray, or, sql } from "drizzle-orm";
import { orders, plans } from "../../db/schema.ts";
import type { Alert } from "../../kernel/alert.ts";
import { compare, decimal, isZero } from "../../kernel/decimal.ts";
import { messageOf } from "../../kernel/errors.ts";
import { TERMINAL, type VenueOrder } from "../../kernel/order.ts";
import { type CarryOutContext, lookUp } from "./carry-out.ts";
import { type OrderRow, noteLookUp, recordVenueOrder } from "./record.ts";

/** What looking again stands on. */
export interface LeftoversContext extends Pick<CarryOutContext, "desk" | "database" | "log"> {
  /** Hears of what people have to look at. */
  readonly tell: (alert: Alert) => Promise<void>;
}

/** After so many look-ups in vain people are told, and again after each hour's worth. */
const TELL_AFTER = 20;
const TELL_EVERY = 240;

const alertOf = (row: OrderRow, at: Date, said: Pick<Alert, "kind" | "severity" | "title" | "summary">): Alert => ({
  source: "reconciler",
  trust: "internal",
  status: "firing",
  ...said,
  labels: { account: row.account, venue: row.venue, instrument: row.symbol, order: row.clientOrderId },
  values: {},
  at,
});

const standingAlert = (row: OrderRow, lookUps: number, at: Date): Alert =>
  alertOf(row, at, {
    kind: "order.unknown",
    severity: "high",
    title: `Nobody knows what became of order ${row.clientOrderId}`,
    summary: `${row.venue} did not say whether it took ${row.side} ${row.quantity} ${row.symbol}, and shows no such order in ${lookUps} look-ups. It counts as filled for every limit. Compare the account there, then /settle ${row.clientOrderId} not-sent or filled: others approve it.`,
  });

function contradictedAlert(row: OrderRow, order: VenueOrder, at: Date): Alert {
  const said = row.state === "not_placed" ? "not placed" : `filled with ${row.filledQuantity} contracts`;
  return alertOf(row, at, {
    kind: "order.contradicted",
    severity: order.state === "working" || !isZero(order.filledQuantity) ? "critical" : "medium",
    title: `Order ${row.clientOrderId} was settled as ${said}, and ${row.venue} shows otherwise`,
    summary: `People declared it ${said}; ${row.venue} says ${order.state} with ${order.filledQuantity} of ${order.quantity} filled. The venue's word stands from now on and counts in every limit. Look at the account's position, and at who declared it: /audit ${row.clientOrderId}.`,
  });
}

/** Whether a venue's word on an order leaves people's as it was. */
const agrees = (row: OrderRow, order: VenueOrder): boolean =>
  row.state === "not_placed"
    ? order.state === "rejected"
    : order.state !== "working" && compare(decimal(row.filledQuantity), order.filledQuantity) === 0;

/** Looks for an order that people settled: where the venue shows it after all, its word is taken, and people hear of it first. */
async function lookAfter(context: LeftoversContext, row: OrderRow): Promise<void> {
  const { db } = context.database;
  const { reader } = await context.desk.venueOf(row.account);
  const found = await reader.orderByClientId(row.account, row.symbol, row.clientOrderId);
  if (found === null) return void (await noteLookUp(db, row));
  if (!agrees(row, found)) await context.tell(contradictedAlert(row, found, context.desk.clock.now()));
  return recordVenueOrder(db, row, found);
}

async function lookAgain(context: LeftoversContext, row: OrderRow): Promise<void> {
  const lookUps = await lookUp(context, await context.desk.venueOf(row.account), row);
  if (lookUps !== null && lookUps % TELL_EVERY === TELL_AFTER)
    await context.tell(standingAlert(row, lookUps, context.desk.clock.now()));
}

/**
 * Looks once more for every order whose plan ended before the order did, since a venue that was silent for as long as the
 * plan was followed may answer later; and every five minutes, for a week, for what people settled. Nothing is sent; what
 * a venue does not prove stays as it is.
 */
export async function settleLeftovers(context: LeftoversContext): Promise<void> {
  const { db } = context.database;
  const ended = db
    .select({ hash: plans.hash })
    .from(plans)
    .where(inArray(plans.state, ["applied", "failed"]));
  const open = and(notInArray(orders.state, [...TERMINAL, "intent"]), inArray(orders.planHash, ended));
  const settled = and(
    isNotNull(orders.settledBy),
    isNull(orders.venueOrderId),
    sql`${orders.endedAt} > now() - interval '7 days' and ${orders.lookedUpAt} < now() - interval '5 minutes'`,
  );
  const rows = await db.select().from(orders).where(or(open, settled));
  for (const row of rows) {
    try {
      await (TERMINAL.has(row.state) ? lookAfter(context, row) : lookAgain(context, row));
    } catch (error) {
      context.log.warn({ clientOrderId: row.clientOrderId, err: messageOf(error) }, "order not looked up");
    }
  }
}
