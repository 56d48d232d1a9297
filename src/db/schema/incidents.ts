import { sql } from "drizzle-orm";
import { bigserial, index, integer, jsonb, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { Severity, TrustClass } from "../../kernel/alert.ts";
import type { Json } from "../../kernel/canonical.ts";
import { breakwater, moment, now } from "./base.ts";

/** What the desk has to answer; `version` rises with every change that its card shows. */
export const incidents = breakwater.table(
  "incidents",
  {
    /** "INC-7". */
    id: text("id").primaryKey(),
    seq: bigserial("seq", { mode: "number" }).notNull(),
    /** What alerts of one incident share; at most one unresolved incident a key. */
    correlationKey: text("correlation_key").notNull(),
    kind: text("kind").notNull(),
    severity: text("severity").$type<Severity>().notNull(),
    status: text("status").$type<"open" | "acknowledged" | "resolved">().notNull().default("open"),
    trust: text("trust").$type<TrustClass>().notNull(),
    /** The source of its first alert; null where a person or the program opened it. */
    source: text("source"),
    title: text("title").notNull(),
    summary: text("summary"),
    labels: jsonb("labels").$type<Record<string, string>>().notNull(),
    values: jsonb("values").$type<Record<string, string>>().notNull(),
    owner: text("owner"),
    alertCount: integer("alert_count").notNull().default(1),
    /** How many of its conditions still hold by their sources' word; at 0 the sources say that it is over. */
    firingCount: integer("firing_count").notNull().default(0),
    /** Grows with every change of anything the card shows. */
    version: integer("version").notNull().default(1),
    outcome: text("outcome"),
    /** MAC over kind, trust, source and severity; the playbooks' plans are judged by them. */
    seal: text("seal").notNull().default(""),
    openedAt: moment("opened_at").notNull().default(now),
    lastAlertAt: moment("last_alert_at").notNull().default(now),
    resolvedAt: moment("resolved_at"),
  },
  (t) => [
    uniqueIndex("incidents_one_unresolved_per_key")
      .on(t.correlationKey)
      .where(sql`status <> 'resolved'`),
    index("incidents_status").on(t.status, t.openedAt),
  ],
);

/** The incident's timeline: typed, append-only; durations are two anchors in it. */
export const incidentEvents = breakwater.table(
  "incident_events",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    incidentId: text("incident_id").notNull(),
    type: text("type").notNull(),
    actor: text("actor").notNull(),
    text: text("text").notNull(),
    data: jsonb("data").$type<Record<string, Json>>().notNull().default({}),
    at: moment("at").notNull().default(now),
  },
  (t) => [index("incident_events_incident").on(t.incidentId, t.id)],
);

/** What a detector's incident turned out to be: there was something, there was nothing, and it helped to know. */
export const DETECTOR_LABELS = ["true", "false", "useful"] as const;

/** One of them. */
export type DetectorLabel = (typeof DETECTOR_LABELS)[number];

/** What people say of a detector's incident afterwards; its precision is counted from them. The last word stands. */
export const detectorLabels = breakwater.table(
  "detector_labels",
  {
    incidentId: text("incident_id").notNull(),
    detector: text("detector").notNull(),
    label: text("label").$type<DetectorLabel>().notNull(),
    person: text("person").notNull(),
    at: moment("at").notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.detector] }), index("detector_labels_detector").on(t.detector)],
);
