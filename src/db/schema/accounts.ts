import { bigint, integer, jsonb, numeric, primaryKey, text } from "drizzle-orm/pg-core";
import type { AccountState } from "../../kernel/account.ts";
import { breakwater, moment, now } from "./base.ts";

/** The newest state of each account. */
export const accountStates = breakwater.table("account_states", {
  account: text("account").primaryKey(),
  state: jsonb("state").$type<AccountState>().notNull(),
  at: moment("at").notNull(),
  receivedAt: moment("received_at").notNull().default(now),
});

/** Points of the live charts. */
export const accountPoints = breakwater.table(
  "account_points",
  {
    account: text("account").notNull(),
    at: moment("at").notNull(),
    equityUsd: numeric("equity_usd").notNull(),
    marginRatio: numeric("margin_ratio"),
    /** Of the account's first position that is no option, which `markSymbol` names. */
    markPrice: numeric("mark_price"),
    markSymbol: text("mark_symbol"),
  },
  (t) => [primaryKey({ columns: [t.account, t.at] })],
);

/** Where each account's loss of a UTC day is counted from: its first reading of the day, and what was paid in and out since. */
export const accountDays = breakwater.table(
  "account_days",
  {
    account: text("account").notNull(),
    /** "2026-03-02". */
    day: text("day").notNull(),
    /** Equity at the day's first reading, and when that was. */
    equityUsd: numeric("equity_usd").notNull(),
    openedAt: moment("opened_at").notNull(),
    /** Net of everything paid in and out since then; null where it was not read yet or has no price. */
    transfersUsd: numeric("transfers_usd"),
    /** When transfers were read last, and what was lost at that moment; later readings may raise it, and not lower it. */
    transfersAt: moment("transfers_at"),
    lossUsd: numeric("loss_usd"),
  },
  (t) => [primaryKey({ columns: [t.account, t.day] })],
);

/** What each venue last said of the key that an account is reached with, so that a change between two starts is seen. */
export const keyReadings = breakwater.table("key_readings", {
  account: text("account").primaryKey(),
  rights: jsonb("rights")
    .$type<{
      withdraws: boolean | null;
      addressBound: boolean | null;
      rights: readonly string[] | null;
      addresses: readonly string[] | null;
      /** ISO time. */
      expiresAt: string | null;
      others: readonly string[] | null;
    }>()
    .notNull(),
  /** How many changes were told so far. */
  changes: integer("changes").notNull().default(0),
  at: moment("at").notNull(),
});

/** How far the log that a venue keeps of logins was read, and where logins came from so far, the latest last. */
export const accessLogs = breakwater.table("access_logs", {
  account: text("account").primaryKey(),
  lastEntry: bigint("last_entry", { mode: "number" }).notNull(),
  places: jsonb("places").$type<string[]>().notNull(),
  /** When somebody last came in from a place never seen before. */
  strangerAt: moment("stranger_at"),
});
