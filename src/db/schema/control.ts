import { text } from "drizzle-orm/pg-core";
import { breakwater, moment, now } from "./base.ts";

/** How much may be traded: all, only what lowers risk, nothing. */
export type TradingStateName = "active" | "reducing" | "halted";

/** Freezes as lasting facts, by scope: "firm", "venue:paper", "account:paper-a". No row is `active`. */
export const tradingStates = breakwater.table("trading_states", {
  scope: text("scope").primaryKey(),
  state: text("state").$type<TradingStateName>().notNull(),
  setBy: text("set_by").notNull(),
  reason: text("reason").notNull(),
  setAt: moment("set_at").notNull().default(now),
  remindAt: moment("remind_at"),
});

/** Emergency powers taken: narrow, short, and reviewed before the incident can close. */
export const breakGlass = breakwater.table("break_glass", {
  id: text("id").primaryKey(),
  person: text("person").notNull(),
  scope: text("scope").notNull(),
  reason: text("reason").notNull(),
  incidentId: text("incident_id"),
  openedAt: moment("opened_at").notNull().default(now),
  expiresAt: moment("expires_at").notNull(),
  reviewedBy: text("reviewed_by"),
  reviewedAt: moment("reviewed_at"),
});
