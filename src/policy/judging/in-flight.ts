import { sql } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { PlanRow } from "../rows.ts";

/** A reading that was under way as an order ended may not have it yet. */
const READING_MS = 2_000;
/** A plan is made of figures read up to this long before it: books are read and programmes solved in between. */
const PLANNING_MS = 15_000;
/** By then an order's fills show in the account's figures, also where its venue never said what became of it. */
const SHOWN_MS = 60_000;

/**
 * Why a hedge must not follow another plan's orders yet: they traded its coin in the same account, and neither the figures it
 * was made of nor the newest ones have that for sure, so that both together may hedge the same exposure twice. Reduce-only
 * orders alone cannot. Asked inside the claim, under the desk's lock.
 * @param readAt when the account's newest figures came; undefined where there are none
 */
export async function inFlight(
  tx: Tx,
  { hedged, orders, account, run }: Plan,
  { createdAt }: Pick<PlanRow, "createdAt">,
  readAt: Date | undefined,
): Promise<string | null> {
  if (hedged === undefined || orders.every((one) => one.reduceOnly)) return null;
  const madeOf = createdAt.getTime() - PLANNING_MS;
  const known = new Date(Math.max(madeOf, (readAt?.getTime() ?? 0) - READING_MS)).toISOString();
  const [other] = await tx.execute<{ id: string }>(sql`
    select client_order_id as id from breakwater.orders
    where account = ${account} and starts_with(symbol, ${`${hedged.asset}/`})
      and (run_id is null or run_id is distinct from ${run}) and state not in ('rejected', 'not_placed')
      and case when ended_at is null then intended_at > clock_timestamp() - ${SHOWN_MS} * interval '1 millisecond'
        else ended_at > ${known}::timestamptz and filled_quantity > 0 end
    order by intended_at desc limit 1`);
  return other === undefined
    ? null
    : `order ${other.id} of another plan traded ${hedged.asset} in ${account}, and its figures may be older than that; ask again in a few seconds`;
}
