import { sql } from "drizzle-orm";
import { bigserial, index, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import type { Severity } from "../../kernel/alert.ts";
import type { Json } from "../../kernel/canonical.ts";
import { breakwater, moment, now } from "./base.ts";

/** Clicks, commands and modals, by delivery id, before they are acknowledged: redelivery dies here. */
export const inbox = breakwater.table(
  "inbox",
  {
    deliveryId: text("delivery_id").primaryKey(),
    surface: text("surface").notNull(),
    event: jsonb("event").$type<Record<string, Json>>().notNull(),
    reply: jsonb("reply").$type<Record<string, Json>>(),
    /** Renewed by the process that works on it; an old one is taken over. */
    claimedAt: moment("claimed_at").notNull().default(now),
    receivedAt: moment("received_at").notNull().default(now),
    doneAt: moment("done_at"),
  },
  (t) => [
    index("inbox_received").on(t.receivedAt),
    index("inbox_unfinished")
      .on(t.claimedAt)
      .where(sql`done_at is null`),
  ],
);

/** Cards standing on surfaces, and the version each shows. */
export const messages = breakwater.table(
  "messages",
  {
    incidentId: text("incident_id").notNull(),
    surface: text("surface").notNull(),
    channel: text("channel").notNull(),
    message: text("message"),
    shownVersion: integer("shown_version").notNull().default(0),
    /** The newest version that should be shown; updates in between are never sent. */
    wantedVersion: integer("wanted_version").notNull().default(1),
    /** 0 decisions, 1 new criticals, 2 updates, 3 digests. */
    priority: integer("priority").notNull().default(2),
    /** `refused`: this channel takes nothing from us; its fall-back has a row of its own. */
    state: text("state").$type<"open" | "refused">().notNull().default("open"),
    postKey: text("post_key").notNull(),
    /** Set before a post leaves: until it is known to stand it is looked up by its key, never sent again blindly. */
    postingAt: moment("posting_at"),
    /** Posted anew because somebody deleted the card: once. */
    reposts: integer("reposts").notNull().default(0),
    attempts: integer("attempts").notNull().default(0),
    nextAt: moment("next_at").notNull().default(now),
    lastError: text("last_error"),
  },
  (t) => [
    primaryKey({ columns: [t.incidentId, t.surface, t.channel] }),
    index("messages_due")
      .on(t.surface, t.priority, t.nextAt)
      .where(sql`state = 'open' and wanted_version > shown_version`),
  ],
);

/** Lines and pictures for the threads of cards. */
export const notes = breakwater.table(
  "notes",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    incidentId: text("incident_id").notNull(),
    surface: text("surface").notNull(),
    channel: text("channel").notNull(),
    text: text("text").notNull(),
    /** A PNG in base64, with the name of its file and what it shows in words. */
    picture: jsonb("picture").$type<{ name: string; alt: string; png: string }>(),
    sentAt: moment("sent_at"),
    attempts: integer("attempts").notNull().default(0),
    nextAt: moment("next_at").notNull().default(now),
    lastError: text("last_error"),
  },
  (t) => [
    index("notes_due")
      .on(t.surface, t.nextAt)
      .where(sql`sent_at is null`),
  ],
);

/** Chat accounts linked to people, by the platform's ids. */
export const links = breakwater.table(
  "links",
  {
    surface: text("surface").notNull(),
    space: text("space").notNull(),
    user: text("user_id").notNull(),
    person: text("person").notNull(),
    confirmedBy: text("confirmed_by").notNull(),
    at: moment("at").notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.surface, t.space, t.user] })],
);

/** One-time codes that tie a chat account to whoever types them into the console; only their hash is kept. */
export const linkCodes = breakwater.table("link_codes", {
  codeHash: text("code_hash").primaryKey(),
  surface: text("surface").notNull(),
  space: text("space").notNull(),
  user: text("user_id").notNull(),
  expiresAt: moment("expires_at").notNull(),
});

/** Pages due or sent, by a stable dedupe key. */
export const pages = breakwater.table("pages", {
  dedupeKey: text("dedupe_key").primaryKey(),
  incidentId: text("incident_id"),
  target: text("target").notNull(),
  summary: text("summary").notNull(),
  severity: text("severity").$type<Severity>().notNull(),
  state: text("state").$type<"due" | "triggered" | "acknowledged" | "resolved" | "stopped" | "failed">().notNull(),
  /** What the pager was told last; told again until it knows the state. */
  told: text("told").$type<"none" | "triggered" | "acknowledged" | "resolved">().notNull().default("none"),
  /** Where the paged person finds more. */
  link: text("link"),
  dueAt: moment("due_at").notNull(),
  attempts: integer("attempts").notNull().default(0),
  nextAt: moment("next_at").notNull().default(now),
  lastError: text("last_error"),
});
