import type { Database } from "../../db/client.ts";
import type { Account } from "../../kernel/account.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Venue } from "../../venues/venue.ts";
import { readMarker, writeMarker } from "./halt-marker.ts";
import { recordHalt } from "./halt-record.ts";

/** `halt` stops new orders and cancels all; `reduce-only` stops and cancels what could add risk; `cancel` only cancels. */
export const HALT_MODES = ["halt", "reduce-only", "cancel"] as const;
export type HaltMode = (typeof HALT_MODES)[number];

/** What the switch works with; it needs neither the database nor chat. */
export interface HaltContext {
  /** Null, hung or gone: the marker on the disk holds until it is back. */
  readonly database: Database | null;
  readonly home: string;
  readonly accounts: readonly Account[];
  readonly venueOf: (account: string) => Promise<Venue>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What became of one account. */
export interface HaltedAccount {
  readonly account: string;
  /** Cancels that the venue accepted, or orders that were gone. */
  readonly cancelled: number;
  /** Orders that were still open when last seen; null where the venue did not answer. */
  readonly open: number | null;
  readonly problem: string | null;
}

/** What pulling the switch came to. */
export interface Halted {
  readonly accounts: readonly HaltedAccount[];
  /** The firm's state from now on; null where it goes on trading. */
  readonly state: "reducing" | "halted" | null;
  /** Why the ledger does not have it yet; null where it has. */
  readonly unrecorded: string | null;
  /** All of it in sentences for people. */
  readonly text: string;
}

const ANSWER_MS = 4_000;
const DATABASE_MS = 2_000;
/** Before each look at what is open; the second only sees whether the first did it. */
const WAITS_MS = [0, 100, 250, 500, 750, 1_000];

/** What is known of one account while it is swept. */
interface Seen {
  readonly gone: Set<string>;
  open: number | null;
  problem: string | null;
}

/** Cancels whatever is open and should not be, once each; what the venue still shows the next time was not cancelled. */
async function cancelRound(venue: Venue, account: string, mode: HaltMode, seen: Seen): Promise<void> {
  const orders = (await venue.reader.openOrders(account)).filter((one) => mode !== "reduce-only" || !one.reduceOnly);
  [seen.open, seen.problem] = [orders.length, null];
  await Promise.all(
    orders.map(async ({ symbol, venueOrderId }) => {
      const said = await venue.trader.cancel(account, symbol, venueOrderId).catch(() => "unknown" as const);
      if (said !== "unknown") seen.gone.add(venueOrderId);
    }),
  );
}

/** Cancels until the venue shows nothing that should be gone, never on a call's answer alone; resolves to what is amiss. */
async function sweepAccount(context: HaltContext, account: string, mode: HaltMode, seen: Seen): Promise<string | null> {
  for (const waitMs of WAITS_MS) {
    if (waitMs > 0) await context.clock.sleep(waitMs);
    try {
      await cancelRound(await context.venueOf(account), account, mode, seen);
      if (seen.open === 0) return null;
    } catch (error) {
      seen.problem = messageOf(error);
      context.log.warn({ account, problem: seen.problem }, "halt could not cancel");
    }
  }
  return seen.problem ?? "orders are still open";
}

/** The first of a deed and its time limit; the deed itself goes on, and a limit that is not needed keeps no process alive. */
async function within<T>(clock: Clock, ms: number, deed: Promise<T>, late: () => T): Promise<T> {
  const waiting = new AbortController();
  try {
    return await Promise.race([deed, clock.sleep(ms, waiting.signal).then(late, () => deed)]);
  } finally {
    waiting.abort();
  }
}

/**
 * Cancels the working orders of every account, all venues at once, so that one that hangs holds up nobody. Answers after
 * four seconds at the latest with what is known; a venue that hangs is tried again in the background.
 */
export function cancelEverywhere(context: HaltContext, mode: HaltMode): Promise<readonly HaltedAccount[]> {
  return Promise.all(
    context.accounts.map(async ({ id }): Promise<HaltedAccount> => {
      const seen: Seen = { gone: new Set(), open: null, problem: null };
      const late = (): string => `${seen.problem ?? "the venue has not answered yet"}; it is tried again`;
      const sweep = sweepAccount(context, id, mode, seen).catch(messageOf);
      const problem = await within(context.clock, ANSWER_MS, sweep, late);
      return { account: id, cancelled: seen.gone.size, open: seen.open, problem };
    }),
  );
}

/**
 * Pulls the kill switch: first the marker on the disk, which stops every claim and send of this machine, then cancels at
 * all venues and the freeze in the database side by side. Needs no approval; lifting it needs the quorum of an unfreeze.
 * A milder pull after a stricter one changes nothing of the state.
 */
export async function haltEverything(
  context: HaltContext,
  by: string,
  reason: string,
  mode: HaltMode = "halt",
): Promise<Halted> {
  const standing = readMarker(context.home);
  const marker =
    mode === "cancel"
      ? null
      : writeMarker(context.home, {
          state: mode === "halt" ? "halted" : "reducing",
          by,
          reason,
          at: context.clock.now().toISOString(),
        });
  const record = async (): Promise<string | null> => {
    // A stricter halt that stood before is recorded already, or will be by whoever settles its marker.
    if (marker === null || marker.id === standing?.id) return null;
    if (context.database === null) return "the database is not open";
    return context.database.db.transaction((tx) => recordHalt(tx, marker)).then(() => null, messageOf);
  };
  const [accounts, unrecorded] = await Promise.all([
    cancelEverywhere(context, mode),
    within(context.clock, DATABASE_MS, record(), () => "the database has not answered yet"),
  ]);
  const state = marker?.state ?? null;
  return { accounts, state, unrecorded, text: sentenceOf(state, accounts, unrecorded) };
}

function sentenceOf(state: Halted["state"], accounts: readonly HaltedAccount[], unrecorded: string | null): string {
  const cancelled = accounts.reduce((total, one) => total + one.cancelled, 0);
  const troubled = accounts.filter((one) => one.problem !== null);
  const start =
    state === null
      ? "Trading goes on"
      : { halted: "Trading is halted", reducing: "Only reducing is possible now" }[state];
  return [
    accounts.length === 0
      ? `${start}; no live account was asked to cancel.`
      : `${start}; ${cancelled} ${cancelled === 1 ? "order was" : "orders were"} cancelled in ${accounts.length} ${accounts.length === 1 ? "account" : "accounts"}.`,
    ...troubled.map((one) => `${one.account}: ${one.problem}; look at the venue.`),
    ...(unrecorded === null
      ? []
      : [`The ledger does not have it yet: ${unrecorded}; the marker on the disk holds until then.`]),
  ].join(" ");
}
