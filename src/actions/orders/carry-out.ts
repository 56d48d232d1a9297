import { eq, sql } from "drizzle-orm";
import type { Database, Db } from "../../db/client.ts";
import { plans } from "../../db/schema.ts";
import type { Consent } from "../../kernel/consent.ts";
import {
  type Decimal,
  type Price,
  type Quantity,
  ZERO,
  add,
  decimal,
  div,
  isZero,
  mul,
  places,
  sub,
} from "../../kernel/decimal.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import { TERMINAL } from "../../kernel/order.ts";
import { type Plan, settledWords } from "../../kernel/plan.ts";
import type { Log } from "../../kernel/log.ts";
import { CAPABILITIES, type VenueName } from "../../venues/capabilities.ts";
import type { Venue } from "../../venues/venue.ts";
import type { Desk } from "../desk.ts";
import { absentAfterMs, leavesWithinMs } from "./absence.ts";
import {
  type OrderRow,
  markSent,
  noteLookUp,
  ordersOf,
  recordEnd,
  recordUnknown,
  recordVenueOrder,
  requestOf,
} from "./record.ts";

/** Waits between looks at an order, in milliseconds; the last one repeats. */
const LOOKS_MS = [150, 300, 600, 1_000, 2_000, 5_000];
/** How long an order may work before its rest is cancelled. */
const FOLLOW_MS = 30_000;

/** What became of a plan. */
export interface CarriedOut {
  readonly orders: number;
  readonly filled: number;
  readonly partial: number;
  readonly unknown: number;
  readonly cancelled: number;
  readonly slippageBps: string | null;
  readonly summary: string;
}

/** What carrying out needs beside the desk. */
export interface CarryOutContext {
  readonly desk: Desk;
  readonly database: Database;
  /** The sender's own look at time, freezes and cancellation, a moment before each send; the reason where it must not. */
  readonly stopped: (row: OrderRow) => Promise<string | null>;
  /** Why the plan's orders may be sent, for a signer that believes nobody unseen. */
  readonly consentOf: (planHash: string) => Promise<Consent>;
  readonly log: Log;
}

/**
 * Sends an order that was never marked as sent; whatever is in doubt afterwards stays `unknown`. So does an order whose
 * sender stood still after the mark: by then another may look it up, and must find it absent for good.
 */
async function sendOnce(context: CarryOutContext, venue: Venue, row: OrderRow): Promise<void> {
  const { db } = context.database;
  const why = await context.stopped(row);
  if (why) return recordEnd(db, row, "not_placed", why);
  const consent = await context.consentOf(row.planHash);
  const { clock } = context.desk;
  const notAfter = new Date(clock.now().getTime() + leavesWithinMs(row.venue));
  if (!(await markSent(db, row)) || clock.now() > notAfter) return undefined;
  const outcome = await venue.trader
    .place(requestOf(row), consent, notAfter)
    .catch((error: unknown) => ({ outcome: "unknown", reason: messageOf(error) }) as const);
  context.log.info({ clientOrderId: row.clientOrderId, outcome: outcome.outcome }, "order sent");
  if (outcome.outcome === "accepted") return recordVenueOrder(db, { ...row, state: "unknown" }, outcome.order);
  if (outcome.outcome === "rejected") return recordEnd(db, row, "rejected", outcome.reason);
  return recordUnknown(db, row, outcome);
}

/** How long ago the order was marked as sent, by the database's clock, which the mark is of. */
async function ageOf(db: Db, row: OrderRow): Promise<number> {
  const [found] = await db.execute<{ ms: string | null }>(
    sql`select extract(epoch from clock_timestamp() - sent_at) * 1000 as ms from breakwater.orders where client_order_id = ${row.clientOrderId}`,
  );
  return Number(found?.ms ?? 0);
}

/**
 * Asks the venue for a sent order by its id: found, it is adopted; absent everywhere by a question that was put after the
 * venue's horizon, it was proved not placed. A venue that does not refuse doubled ids proves nothing by silence, so its order
 * stays `unknown` until it shows up or people settle it. An answer that cannot be read settles nothing either.
 * @returns how often it was looked up in vain, this time included; null where it was found, ended, or nobody answered
 */
export async function lookUp(
  context: Pick<CarryOutContext, "desk" | "database" | "log">,
  venue: Venue,
  row: OrderRow,
): Promise<number | null> {
  const { db } = context.database;
  const ageMs = await ageOf(db, row);
  const found = await venue.reader
    .orderByClientId(row.account, row.symbol, row.clientOrderId)
    .catch((error: unknown) => {
      if (!(error instanceof DeskError)) throw error;
      context.log.warn({ clientOrderId: row.clientOrderId, err: error.message }, "order not looked up");
      return undefined;
    });
  if (found) await recordVenueOrder(db, row, found);
  if (found !== null) return null;
  if (ageMs <= absentAfterMs(row.venue) || !CAPABILITIES[row.venue as VenueName].enforcesClientOrderId)
    return noteLookUp(db, row);
  await recordEnd(
    db,
    row,
    "not_placed",
    `${row.venue} knows no order with this id ${Math.round(ageMs / 1_000)} s after it was sent`,
  );
  return null;
}

/** Follows every order of the plan to its end; after a while the rest of a working one is cancelled. */
async function follow(context: CarryOutContext, venue: Venue, planHash: string): Promise<OrderRow[]> {
  const { clock } = context.desk;
  const began = clock.now().getTime();
  for (let round = 0; ; round += 1) {
    const rows = await ordersOf(context.database.db, planHash);
    const open = rows.filter((row) => !TERMINAL.has(row.state));
    const elapsed = clock.now().getTime() - began;
    const horizon = CAPABILITIES[(rows[0]?.venue ?? "paper") as VenueName].lookUpHorizonMs;
    if (open.length === 0 || elapsed > FOLLOW_MS + horizon) return rows;
    if (elapsed > FOLLOW_MS) {
      for (const row of open)
        if (row.venueOrderId) await venue.trader.cancel(row.account, row.symbol, row.venueOrderId);
    }
    await clock.sleep(LOOKS_MS[Math.min(round, LOOKS_MS.length - 1)] as number);
    for (const row of open) await lookUp(context, venue, row);
  }
}

/** Cancels, then re-reads: the venue's open orders are the truth, never a call's answer. Resolves to how many are gone. */
async function cancelAll(context: CarryOutContext, venue: Venue, plan: Plan): Promise<number> {
  const wanted = new Set(plan.cancels.map((one) => one.venueOrderId));
  for (let round = 0; round < LOOKS_MS.length; round += 1) {
    const resting = await venue.reader.openOrders(plan.account);
    const left = resting.filter((order) => wanted.has(order.venueOrderId));
    if (left.length === 0) return wanted.size;
    if (round > 0) await context.desk.clock.sleep(LOOKS_MS[round] as number);
    await Promise.all(left.map((order) => venue.trader.cancel(plan.account, order.symbol, order.venueOrderId)));
  }
  const resting = await venue.reader.openOrders(plan.account);
  return wanted.size - resting.filter((order) => wanted.has(order.venueOrderId)).length;
}

type FilledRow = Pick<
  OrderRow,
  "side" | "averagePrice" | "referencePrice" | "quantity" | "filledQuantity" | "notionalUsd"
>;

/** Distance of the average fills from their reference prices, weighted by what was filled in USD; positive is worse. */
export function slippageBps(rows: readonly FilledRow[]): string | null {
  let cost: Decimal = ZERO;
  let weight: Decimal = ZERO;
  for (const row of rows) {
    if (row.averagePrice === null || isZero(row.filledQuantity as Quantity)) continue;
    const [average, reference] = [row.averagePrice as Price, row.referencePrice as Price];
    const worse = row.side === "buy" ? sub(average, reference) : sub(reference, average);
    const share = div(row.filledQuantity as Quantity, row.quantity as Quantity, 12, "half-even");
    const filledUsd = mul(row.notionalUsd as Decimal, share);
    cost = add(cost, mul(div(worse, reference, 12, "half-even"), filledUsd));
    weight = add(weight, filledUsd);
  }
  return isZero(weight) ? null : places(div(mul(cost, decimal("10000")), weight, 8, "half-even"), 1, "half-even");
}

/** How many orders ended so, and why; nothing where none did. */
function endedWords(rows: readonly OrderRow[], state: OrderRow["state"], words: string): readonly string[] {
  const ended = rows.filter((row) => row.state === state);
  const reasons = [...new Set(ended.flatMap((row) => row.reason ?? []))].join(", ");
  return ended.length === 0 ? [] : [`${ended.length} ${words}${reasons === "" ? "" : ` (${reasons})`}`];
}

/** What a plan's orders came to, in figures and in one sentence. */
export function summarise(plan: Plan, rows: readonly OrderRow[], cancelled: number): CarriedOut {
  const filled = rows.filter((row) => row.state === "filled").length;
  const partial = rows.filter((row) => row.state !== "filled" && !isZero(row.filledQuantity as Quantity)).length;
  const unknown = rows.filter((row) => !TERMINAL.has(row.state)).length;
  const slippage = slippageBps(rows);
  const parts = [
    ...(plan.cancels.length > 0 ? [`${cancelled} of ${plan.cancels.length} orders no longer open`] : []),
    ...(rows.length > 0 ? [`${filled} of ${rows.length} orders filled`] : []),
    ...(partial > 0 ? [`${partial} in part`] : []),
    ...endedWords(rows, "rejected", `refused by ${plan.venue}`),
    ...endedWords(rows, "not_placed", "not placed"),
    ...(unknown > 0 ? [`${unknown} with unknown outcome`] : []),
    ...(slippage === null ? [] : [`slippage ${slippage} bps`]),
    ...(plan.trading ? [`${plan.trading.scope} is ${plan.trading.state}`] : []),
    ...(plan.settlement ? [`order ${plan.settlement.clientOrderId} is ${settledWords(plan.settlement)}`] : []),
  ];
  return { orders: rows.length, filled, partial, unknown, cancelled, slippageBps: slippage, summary: parts.join(", ") };
}

/**
 * Carries a claimed plan out and follows it to its end. May be called again after a crash at any point: orders that were
 * marked as sent are only looked up, never sent again.
 */
export async function carryOut(context: CarryOutContext, planHash: string): Promise<CarriedOut> {
  const [row] = await context.database.db.select({ plan: plans.plan }).from(plans).where(eq(plans.hash, planHash));
  if (!row) throw new DeskError("PLAN_EXPIRED", `there is no plan ${planHash.slice(0, 12)}; make a new one`);
  const { plan } = row;
  const venue = await context.desk.venueOf(plan.account);
  const cancelled = plan.cancels.length > 0 ? await cancelAll(context, venue, plan) : 0;
  for (const order of await ordersOf(context.database.db, planHash)) {
    if (order.state === "intent") await sendOnce(context, venue, order);
  }
  const rows = plan.orders.length > 0 ? await follow(context, venue, planHash) : [];
  return summarise(plan, rows, cancelled);
}
