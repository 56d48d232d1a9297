import { sql } from "drizzle-orm";
import { boolean, index, integer, numeric, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { OrderState } from "../../kernel/order.ts";
import { breakwater, moment, now } from "./base.ts";

/** Every order the desk ever meant to send: the intent row stands before the send. */
export const orders = breakwater.table(
  "orders",
  {
    clientOrderId: text("client_order_id").primaryKey(),
    planHash: text("plan_hash").notNull(),
    leg: integer("leg").notNull(),
    incidentId: text("incident_id"),
    runId: text("run_id"),
    venue: text("venue").notNull(),
    account: text("account").notNull(),
    symbol: text("symbol").notNull(),
    side: text("side").$type<"buy" | "sell">().notNull(),
    quantity: numeric("quantity").notNull(),
    limitPrice: numeric("limit_price").notNull(),
    timeInForce: text("time_in_force").notNull(),
    reduceOnly: boolean("reduce_only").notNull(),
    notionalUsd: numeric("notional_usd").notNull(),
    referencePrice: numeric("reference_price").notNull(),
    state: text("state").$type<OrderState>().notNull().default("intent"),
    venueOrderId: text("venue_order_id"),
    filledQuantity: numeric("filled_quantity").notNull().default("0"),
    averagePrice: numeric("average_price"),
    feeUsd: numeric("fee_usd"),
    reason: text("reason"),
    intendedAt: moment("intended_at").notNull().default(now),
    sentAt: moment("sent_at"),
    endedAt: moment("ended_at"),
    /** Contracts of the instrument that the account held by its newest reading when the order was sent. */
    positionBefore: numeric("position_before"),
    /** Look-ups in which the venue said that it knows no such order, and when the last one was. */
    lookUps: integer("look_ups").notNull().default(0),
    lookedUpAt: moment("looked_up_at"),
    /** The plan by which people declared its outcome; null where the venue told it. */
    settledBy: text("settled_by"),
  },
  (t) => [
    uniqueIndex("orders_one_per_leg").on(t.planHash, t.leg),
    index("orders_state").on(t.state),
    index("orders_account").on(t.account, t.intendedAt),
    index("orders_intended").on(t.intendedAt),
    index("orders_settled")
      .on(t.endedAt)
      .where(sql`settled_by is not null`),
  ],
);
