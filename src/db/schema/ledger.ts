import { sql } from "drizzle-orm";
import { bigint, index, jsonb, text } from "drizzle-orm/pg-core";
import { breakwater, moment, now } from "./base.ts";

/** The desk's evidence: append-only, chained by hash; triggers refuse every change. */
export const ledger = breakwater.table(
  "ledger",
  {
    seq: bigint("seq", { mode: "number" }).primaryKey(),
    at: moment("at").notNull(),
    actor: text("actor").notNull(),
    type: text("type").notNull(),
    object: text("object").notNull(),
    /** Canonical JSON of what happened, exactly the bytes that were hashed. */
    body: text("body").notNull(),
    prev: text("prev").notNull(),
    hash: text("hash").notNull(),
  },
  // Only the few deeds that the executor compares with rows: alerts by the thousand stay out of it.
  (t) => [
    index("ledger_control")
      .on(t.object, t.seq)
      .where(sql`type like 'plan.%' or type like 'vote.%' or type like 'approval.%' or type like 'trading.%'`),
    // A start asks what ran last: one entry a start, among a million others.
    index("ledger_builds")
      .on(t.seq)
      .where(sql`type = 'program.hashed'`),
    index("ledger_rules")
      .on(t.seq)
      .where(sql`type = 'policy.published'`),
    // Each touch of a passkey asks whether it was revoked.
    index("ledger_passkeys")
      .on(t.object)
      .where(sql`type in ('passkey.enrolled', 'recovery.used')`),
  ],
);

/** Signed tree heads over the ledger; copies go outside the database. */
export const checkpoints = breakwater.table("checkpoints", {
  size: bigint("size", { mode: "number" }).primaryKey(),
  root: text("root").notNull(),
  /** The perfect subtrees' hashes, left to right: they hash to the signed root, and the next head grows from them. */
  peaks: jsonb("peaks").$type<string[]>().notNull().default([]),
  note: text("note").notNull(),
  at: moment("at").notNull().default(now),
});
