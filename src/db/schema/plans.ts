import { boolean, index, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import type { Json } from "../../kernel/canonical.ts";
import type { ActionName, Plan } from "../../kernel/plan.ts";
import { breakwater, moment, now } from "./base.ts";

/** Where a plan stands; `claimed` is being carried out. */
export type PlanState = "proposed" | "approved" | "denied" | "expired" | "claimed" | "applied" | "failed";

/** Plans by the SHA-256 of their canonical bytes; the bytes are kept as they were hashed. */
export const plans = breakwater.table(
  "plans",
  {
    hash: text("hash").primaryKey(),
    canonical: text("canonical").notNull(),
    plan: jsonb("plan").$type<Plan>().notNull(),
    action: text("action").$type<ActionName>().notNull(),
    account: text("account").notNull(),
    incidentId: text("incident_id"),
    runId: text("run_id"),
    requestedBy: text("requested_by").notNull(),
    state: text("state").$type<PlanState>().notNull().default("proposed"),
    /** The policy's decision with its trace, as it stood when the plan was proposed. */
    decision: jsonb("decision").$type<Record<string, Json>>().notNull(),
    /** MAC over the columns that the hash does not cover, under a key that the database never sees. */
    seal: text("seal").notNull().default(""),
    createdAt: moment("created_at").notNull().default(now),
    expiresAt: moment("expires_at").notNull(),
    claimedAt: moment("claimed_at"),
    endedAt: moment("ended_at"),
  },
  (t) => [index("plans_incident").on(t.incidentId), index("plans_account").on(t.account, t.createdAt)],
);

/** A question put to people: who must consent to which plan until when. */
export const approvals = breakwater.table("approvals", {
  /** SHA-256 of what is asked: a plan's, or a policy draft's. */
  planHash: text("plan_hash").primaryKey(),
  subject: text("subject").$type<"plan" | "policy">().notNull().default("plan"),
  requestedBy: text("requested_by").notNull().default(""),
  runId: text("run_id"),
  /** All of them must be met; `needed` and `roles` are their summary for people. */
  quorums: jsonb("quorums").$type<Record<string, Json>[]>().notNull().default([]),
  needed: integer("needed").notNull(),
  roles: jsonb("roles").$type<string[]>().notNull(),
  stepUp: boolean("step_up").notNull().default(false),
  policyVersion: text("policy_version").notNull(),
  state: text("state").$type<"pending" | "approved" | "denied" | "expired">().notNull().default("pending"),
  openedAt: moment("opened_at").notNull().default(now),
  expiresAt: moment("expires_at").notNull(),
  decidedAt: moment("decided_at"),
  seal: text("seal").notNull().default(""),
});

/** One person's word, once, whatever the surface; who approved may still deny while it is open. */
export const votes = breakwater.table(
  "votes",
  {
    planHash: text("plan_hash").notNull(),
    person: text("person").notNull(),
    decision: text("decision").$type<"approve" | "deny">().notNull(),
    roles: jsonb("roles").$type<string[]>().notNull(),
    surface: text("surface").notNull(),
    stepUp: boolean("step_up").notNull().default(false),
    reason: text("reason"),
    at: moment("at").notNull().default(now),
    seal: text("seal").notNull().default(""),
  },
  (t) => [primaryKey({ columns: [t.planHash, t.person, t.decision] })],
);
