import { bigint, index, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import { breakwater, moment, now } from "./base.ts";

/** Console sessions; the cookie's value itself is never stored. */
export const sessions = breakwater.table("sessions", {
  tokenHash: text("token_hash").primaryKey(),
  person: text("person").notNull(),
  createdAt: moment("created_at").notNull().default(now),
  expiresAt: moment("expires_at").notNull(),
});

/** Passkeys; enrolment waits for a second person. */
export const passkeys = breakwater.table(
  "passkeys",
  {
    credentialId: text("credential_id").primaryKey(),
    person: text("person").notNull(),
    publicKey: text("public_key").notNull(),
    counter: bigint("counter", { mode: "number" }).notNull().default(0),
    transports: jsonb("transports").$type<string[]>().notNull().default([]),
    createdAt: moment("created_at").notNull().default(now),
    confirmedBy: text("confirmed_by"),
    confirmedAt: moment("confirmed_at"),
    revokedAt: moment("revoked_at"),
    /** MAC over the key and whose it is. */
    seal: text("seal").notNull().default(""),
  },
  (t) => [index("passkeys_person").on(t.person)],
);

/** What a passkey was asked to sign, once, for one purpose and one plan. */
export const challenges = breakwater.table("challenges", {
  challenge: text("challenge").primaryKey(),
  person: text("person").notNull(),
  purpose: text("purpose").$type<"enrol" | "approve" | "break-glass" | "sign-in">().notNull(),
  planHash: text("plan_hash"),
  expiresAt: moment("expires_at").notNull(),
  usedAt: moment("used_at"),
});

/** One-time codes for a lost passkey; only their digests are kept. */
export const recoveryCodes = breakwater.table(
  "recovery_codes",
  {
    person: text("person").notNull(),
    codeHash: text("code_hash").notNull(),
    createdAt: moment("created_at").notNull().default(now),
    usedAt: moment("used_at"),
  },
  (t) => [primaryKey({ columns: [t.person, t.codeHash] })],
);
