import { sql } from "drizzle-orm";
import { boolean, index, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { breakwater, moment, now } from "./base.ts";

/** The rules of the desk, version by version; the version is the SHA-256 of the canonical policy and people. */
export const policyVersions = breakwater.table(
  "policy_versions",
  {
    version: text("version").primaryKey(),
    canonical: text("canonical").notNull(),
    state: text("state").$type<"draft" | "published" | "retired" | "refused">().notNull(),
    /** Whether it allows nothing that its predecessor did not. */
    tightens: boolean("tightens").notNull(),
    proposedBy: text("proposed_by").notNull(),
    createdAt: moment("created_at").notNull().default(now),
    /** Not before this moment, whoever approved. */
    opensAt: moment("opens_at").notNull().default(now),
    publishedAt: moment("published_at"),
    /** Who put it in force last: "system" for desk.yaml, a person, or "service:rules" for people's consent. */
    publishedBy: text("published_by"),
    /** MAC over the version and when it was published: rules put in force by hand are no rules. */
    seal: text("seal").notNull().default(""),
  },
  (t) => [
    uniqueIndex("policy_versions_one_published")
      .on(t.state)
      .where(sql`state = 'published'`),
  ],
);

/** Changes of the rules that people asked for, by the SHA-256 of their bytes, which name the versions before and after. */
export const ruleChanges = breakwater.table(
  "rule_changes",
  {
    hash: text("hash").primaryKey(),
    canonical: text("canonical").notNull(),
    version: text("version").notNull(),
    fromVersion: text("from_version").notNull(),
    requestedBy: text("requested_by").notNull(),
    incidentId: text("incident_id"),
    state: text("state").$type<"waiting" | "published" | "refused" | "void">().notNull(),
    openedAt: moment("opened_at").notNull(),
    /** Not in force before this moment, whoever approved. */
    opensAt: moment("opens_at").notNull(),
    endedAt: moment("ended_at"),
  },
  (t) => [index("rule_changes_waiting").on(t.state)],
);

/** Who holds which role since when, by the database's clock: a grant counts only for plans that are younger. */
export const roleGrants = breakwater.table(
  "role_grants",
  {
    person: text("person").notNull(),
    role: text("role").notNull(),
    grantedBy: text("granted_by").notNull(),
    grantedAt: moment("granted_at").notNull().default(now),
    revokedAt: moment("revoked_at"),
    seal: text("seal").notNull().default(""),
  },
  (t) => [primaryKey({ columns: [t.person, t.role, t.grantedAt] })],
);
