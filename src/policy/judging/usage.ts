import { sql } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import type { Spent, Usage } from "./facts.ts";
import { WINDOWS, type Window } from "../rules/schema.ts";

const NONE: Spent = { notionalUsd: "0", orders: "0", messages: "0" };

/**
 * What was spent under each name ("firm", "account:paper-a", "playbook:margin-breach", "person:ana" also of the
 * playbooks that she began) in the last minute, hour and day, by the database's clock. An order counts with all of its notional from the moment it was meant, also while its outcome
 * is unknown; one that ended early counts with what it filled; one that the venue refused or never got counts only as a
 * message.
 */
export async function usageOf(tx: Tx, keys: readonly string[]): Promise<Usage> {
  const rows = await tx.execute<{ key: string; span: Window; notional: string; orders: string; messages: string }>(sql`
    with wanted as (select json_array_elements_text(${JSON.stringify([...new Set(keys)])}::json) as key),
    spans (span, since) as (values
      ('1m', clock_timestamp() - interval '1 minute'),
      ('1h', clock_timestamp() - interval '1 hour'),
      ('24h', clock_timestamp() - interval '24 hours')),
    counted as (
      select o.intended_at as at, o.account, o.venue, o.symbol, p.requested_by, p.run_id, o.incident_id, 1 as orders, 1 as messages,
        case
          when o.state in ('rejected', 'not_placed') then 0
          when o.state in ('cancelled', 'expired') then o.notional_usd * o.filled_quantity / nullif(o.quantity, 0)
          else o.notional_usd end as notional
      from breakwater.orders o left join breakwater.plans p on p.hash = o.plan_hash
      where o.intended_at > clock_timestamp() - interval '24 hours'
      union all
      select p.claimed_at, p.account, p.plan ->> 'venue', null, p.requested_by, p.run_id, p.incident_id, 0,
        jsonb_array_length(p.plan -> 'cancels'), 0
      from breakwater.plans p
      where p.claimed_at > clock_timestamp() - interval '24 hours' and jsonb_array_length(p.plan -> 'cancels') > 0),
    named as (
      select c.at, c.orders, c.messages, c.notional, n.key
      from counted c left join breakwater.incidents i on i.id = c.incident_id left join breakwater.runs r on r.id = c.run_id
      cross join lateral (values ('firm'), ('account:' || c.account), ('venue:' || c.venue), ('instrument:' || c.symbol),
        (split_part(c.requested_by, '@', 1)), ('source:' || i.source),
        (case when c.requested_by not like 'person:%' and r.requested_by like 'person:%' then r.requested_by end)) n (key)
      where n.key is not null)
    select w.key, spans.span, coalesce(sum(n.notional), 0)::text as notional,
      coalesce(sum(n.orders), 0)::text as orders, coalesce(sum(n.messages), 0)::text as messages
    from wanted w cross join spans left join named n on n.key = w.key and n.at > spans.since
    group by w.key, spans.span`);
  const usage: Record<string, Record<Window, Spent>> = {};
  for (const key of keys)
    usage[key] = Object.fromEntries(WINDOWS.map((window) => [window, NONE])) as Record<Window, Spent>;
  for (const row of rows) {
    // Sums of numeric columns may carry trailing digits beyond what a decimal holds; rounding up keeps limits strict.
    const spent = { notionalUsd: ceiling(row.notional), orders: row.orders, messages: row.messages };
    const own = usage[row.key];
    if (own !== undefined) own[row.span] = spent;
  }
  return usage;
}

const ceiling = (text: string): string => {
  const [whole = "0", fraction = ""] = text.split(".");
  return /[1-9]/.test(fraction) ? (BigInt(whole) + 1n).toString() : whole;
};
