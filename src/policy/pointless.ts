import { and, eq } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { approvals, plans } from "../db/schema.ts";
import type { AccountState } from "../kernel/account.ts";
import { isZero, sign } from "../kernel/decimal.ts";
import type { Plan } from "../kernel/plan.ts";
import { type Wake, closeOfPlan } from "./approvals.ts";

/**
 * Why a plan can no longer do what people were shown: a position that it would reduce is gone or has turned over, by an account's
 * state that is younger than the plan. Null where it can, or nothing younger is known.
 */
export function pointless(plan: Plan, state: AccountState): string | null {
  if (new Date(state.at) <= new Date(plan.createdAt)) return null;
  for (const { account, symbol, side, reduceOnly } of plan.orders) {
    if (!reduceOnly || account !== state.account) continue;
    const held = state.positions.find((one) => one.symbol === symbol)?.quantity;
    if (held === undefined || isZero(held)) return `${account} holds no ${symbol} any more`;
    if (sign(held) > 0 !== (side === "sell")) return `${account}'s position in ${symbol} turned over`;
  }
  return null;
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
