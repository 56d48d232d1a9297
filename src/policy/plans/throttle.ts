import { sql } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import type { Plan } from "../../kernel/plan.ts";
import { requesterOf } from "../judging/facts.ts";
import type { Policy, Window } from "../rules/schema.ts";
import { freeze } from "../freeze/trading-state.ts";

const SPANS = { "1m": "1 minute", "1h": "1 hour", "24h": "24 hours" } as const satisfies Record<Window, string>;

/**
 * Switches a playbook off that has traded in too many runs within the window (RTS 6, Article 15(3)): its scope is halted
 * until people let it trade again, which they do as named persons by the quorum of an unfreeze. What it did before they
 * did counts no more. Asked inside the claim, under the desk's lock.
 * @returns why nothing is sent; null where the playbook may go on
 */
export async function throttled(tx: Tx, plan: Plan, { throttle }: Pick<Policy, "throttle">): Promise<string | null> {
  const { kind, id } = requesterOf(plan.requestedBy);
  if (kind !== "playbook" || plan.orders.length === 0) return null;
  const scope = `playbook:${id}`;
  const [row] = await tx.execute<{ runs: string }>(sql`
    select count(distinct coalesce(p.run_id, p.hash)) as runs from breakwater.plans p
    where p.claimed_at > clock_timestamp() - ${SPANS[throttle.window]}::interval
      and split_part(p.requested_by, '@', 1) = ${scope} and jsonb_array_length(p.plan -> 'orders') > 0
      and p.run_id is distinct from ${plan.run}
      and p.claimed_at > coalesce((select set_at from breakwater.trading_states where scope = ${scope} and state = 'active'), '-infinity')`);
  if (Number(row?.runs ?? 0) < throttle.runs) return null;
  const why = `${id} traded in ${throttle.runs} runs within ${throttle.window} and is switched off; /unfreeze ${scope} once people have looked`;
  await freeze(tx, { scope, state: "halted", by: "service:throttle", reason: why, planHash: null });
  return why;
}
