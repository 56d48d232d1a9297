import { and, eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { approvals, plans } from "../../db/schema.ts";
import { type AccountState, coinsHeld } from "../../kernel/account.ts";
import { type Decimal, ZERO, abs, add, decimal, greater, isZero, max, mul, sign, sub } from "../../kernel/decimal.ts";
import type { Plan } from "../../kernel/plan.ts";
import { type Wake, closeOfPlan } from "../people/approvals.ts";

/** A hedge may be off by this share of what it moves, or of what the account holds: prices and Greeks go on while it waits. */
const DRIFT_RATIO = decimal("0.1");

/**
 * Why a hedge would now bet instead: what it answers is gone, or so much of it that the orders would carry the account beyond zero.
 * Reduce-only orders alone cannot. Null where it still hedges.
 */
function overtaken({ account, hedged, orders }: Plan, state: AccountState): string | null {
  if (hedged === undefined || account !== state.account || orders.every((one) => one.reduceOnly)) return null;
  const { asset } = hedged;
  const [before, after] = [decimal(hedged.before), decimal(hedged.after)];
  const { net, gross } = coinsHeld(state, asset);
  if (isZero(gross)) return `${account} holds no ${asset} any more`;
  const now = add(before, sub(net, decimal(hedged.held)));
  const moved = sub(after, before);
  const left = add(now, moved);
  const beyond = (delta: Decimal): Decimal => (sign(delta) === sign(moved) ? abs(delta) : ZERO);
  const drift = mul(max(abs(moved), gross), DRIFT_RATIO);
  return greater(beyond(left), add(beyond(after), drift))
    ? `${account}'s ${asset} delta went from ${before} to ${now}; the hedge would turn it to ${left}`
    : null;
}

/**
 * Why a plan can no longer do what people were shown: a position that it would reduce, or an exposure that it would hedge, is gone
 * or has turned over, by an account's state that is younger than the plan. Null where it can, or nothing younger is known.
 */
export function pointless(plan: Plan, state: AccountState): string | null {
  if (new Date(state.at) <= new Date(plan.createdAt)) return null;
  for (const { account, symbol, side, reduceOnly } of plan.orders) {
    if (!reduceOnly || account !== state.account) continue;
    const held = state.positions.find((one) => one.symbol === symbol)?.quantity;
    if (held === undefined || isZero(held)) return `${account} holds no ${symbol} any more`;
    if (sign(held) > 0 !== (side === "sell")) return `${account}'s position in ${symbol} turned over`;
  }
  return overtaken(plan, state);
}

/**
 * Takes back the plans about an account that wait for people and have become pointless, because it was liquidated or somebody
 * traded by hand: who presses then hears why, and the run that asked goes on at once.
 */
export async function withdrawPointless({ db }: Database, state: AccountState, wake: Wake): Promise<void> {
  const waiting = await db
    .select({ hash: plans.hash, plan: plans.plan })
    .from(plans)
    .innerJoin(approvals, eq(approvals.planHash, plans.hash))
    .where(and(eq(plans.account, state.account), eq(approvals.state, "pending")));
  for (const { hash, plan } of waiting) {
    const why = pointless(plan, state);
    if (why !== null) await db.transaction((tx) => closeOfPlan(tx, hash, why, wake));
  }
}
