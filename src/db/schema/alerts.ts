import { sql } from "drizzle-orm";
import { bigserial, index, jsonb, text } from "drizzle-orm/pg-core";
import type { Severity, Stop, TrustClass } from "../../kernel/alert.ts";
import { breakwater, moment, now } from "./base.ts";

/** Every alert that was ever taken, also the stopped ones: storms cost rows, never workflows. */
export const alerts = breakwater.table(
  "alerts",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    source: text("source").notNull(),
    trust: text("trust").$type<TrustClass>().notNull(),
    kind: text("kind").notNull(),
    status: text("status").$type<"firing" | "resolved">().notNull(),
    severity: text("severity").$type<Severity>().notNull(),
    title: text("title").notNull(),
    summary: text("summary"),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    values: jsonb("values").$type<Record<string, string>>().notNull(),
    fingerprint: text("fingerprint").notNull(),
    /** Why it went no further; null where it reached an incident. */
    stop: text("stop").$type<Stop>(),
    /** What stopped it: the silence's id, the inhibiting incident, the first alert. */
    stoppedBy: text("stopped_by"),
    incidentId: text("incident_id"),
    at: moment("at").notNull(),
    receivedAt: moment("received_at").notNull().default(now),
  },
  (t) => [
    index("alerts_incident").on(t.incidentId),
    index("alerts_received").on(t.receivedAt),
    // What was last said about a condition: the one question that every new alert asks. Stopped ones said nothing new.
    index("alerts_condition")
      .on(t.fingerprint, t.id)
      .where(sql`stop is null or stop = 'resolved'`),
  ],
);

/** Deliveries taken before, by digest of what makes them unique: a replay dies here. */
export const deliveries = breakwater.table(
  "deliveries",
  {
    key: text("key").primaryKey(),
    source: text("source").notNull(),
    alertIds: jsonb("alert_ids").$type<number[]>().notNull(),
    receivedAt: moment("received_at").notNull().default(now),
  },
  (t) => [index("deliveries_received").on(t.receivedAt)],
);

/** One field test of a silence or inhibition; fixed operators, never patterns from outside. */
export interface Matcher {
  readonly field: string;
  readonly op: "equals" | "not" | "in" | "prefix";
  readonly value: string | readonly string[];
}

/** Alerts that match are kept but open nothing until `untilAt`. */
export const silences = breakwater.table("silences", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  matchers: jsonb("matchers").$type<Matcher[]>().notNull(),
  reason: text("reason").notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: moment("created_at").notNull().default(now),
  untilAt: moment("until_at").notNull(),
  /** Digest of the delivery that asked for it: taken up again, it sets none a second time. */
  request: text("request").unique(),
});
