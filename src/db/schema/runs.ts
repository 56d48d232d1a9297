import { index, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import type { TrustClass } from "../../kernel/alert.ts";
import type { Json } from "../../kernel/canonical.ts";
import { breakwater, moment, now } from "./base.ts";

/** Where a run stands; `orphaned` is one whose playbook version is not installed. */
export type RunState = "ready" | "running" | "done" | "failed" | "cancelled" | "orphaned";

/** One playbook run; its id is the workflow's. Written with the alert, started right after the commit. */
export const runs = breakwater.table(
  "runs",
  {
    id: text("id").primaryKey(),
    playbook: text("playbook").notNull(),
    version: integer("version").notNull(),
    incidentId: text("incident_id").notNull(),
    requestedBy: text("requested_by").notNull(),
    trust: text("trust").$type<TrustClass>().notNull(),
    input: jsonb("input").$type<Record<string, Json>>().notNull(),
    /** MAC over all of the above, written once: who started it, and how far that is believed. */
    seal: text("seal").notNull().default(""),
    state: text("state").$type<RunState>().notNull().default("ready"),
    outcome: text("outcome"),
    /** Who asked the run to stop, and why; the run answers at its next step. */
    cancelRequestedBy: text("cancel_requested_by"),
    cancelReason: text("cancel_reason"),
    createdAt: moment("created_at").notNull().default(now),
    startedAt: moment("started_at"),
    endedAt: moment("ended_at"),
  },
  (t) => [index("runs_state").on(t.state), index("runs_incident").on(t.incidentId)],
);

/** What a run did, step by step; the name is the key, the card's line and the ledger's word. */
export const runSteps = breakwater.table(
  "run_steps",
  {
    runId: text("run_id").notNull(),
    name: text("name").notNull(),
    position: integer("position").notNull(),
    state: text("state").$type<"running" | "waiting" | "done" | "failed" | "skipped">().notNull(),
    note: text("note"),
    startedAt: moment("started_at").notNull().default(now),
    endedAt: moment("ended_at"),
  },
  (t) => [primaryKey({ columns: [t.runId, t.name] })],
);

/** Processes that are alive, by the database's clock. */
export const replicas = breakwater.table("replicas", {
  id: text("id").primaryKey(),
  beatAt: moment("beat_at").notNull().default(now),
});
