import type { Sql } from "postgres";
import { verifyLedger } from "../verify.ts";
import type { Period, Report } from "./report.ts";

const COUNTS: readonly (readonly [article: string, what: string, source: string, sql: string])[] = [
  [
    "Art. 5, 8",
    "playbooks and versions that ran",
    "runs",
    "select string_agg(distinct playbook || '@' || version, ' ') as value from breakwater.runs where created_at >= $1 and created_at < $2",
  ],
  [
    "Art. 8",
    "plans proposed",
    "ledger plan.proposed",
    "select count(*)::text as value from breakwater.ledger where type = 'plan.proposed' and at >= $1 and at < $2",
  ],
  [
    "Art. 9",
    "changes of the rules",
    "ledger policy.published",
    "select count(*)::text as value from breakwater.ledger where type = 'policy.published' and at >= $1 and at < $2",
  ],
  [
    "Art. 12",
    "kill switch pulled",
    "ledger halt.pulled",
    "select count(*)::text as value from breakwater.ledger where type = 'halt.pulled' and at >= $1 and at < $2",
  ],
  [
    "Art. 15",
    "plans denied by the rules",
    "ledger policy.decided",
    "select count(*)::text as value from breakwater.ledger where type = 'policy.decided' and body::jsonb ->> 'outcome' = 'deny' and at >= $1 and at < $2",
  ],
  [
    "Art. 15",
    "claims refused at the last moment",
    "ledger plan.refused",
    "select count(*)::text as value from breakwater.ledger where type = 'plan.refused' and at >= $1 and at < $2",
  ],
  [
    "Art. 15",
    "orders meant, and of these with an outcome still unknown",
    "orders",
    "select count(*) || ', ' || count(*) filter (where state = 'unknown') as value from breakwater.orders where intended_at >= $1 and intended_at < $2",
  ],
  [
    "Art. 15",
    "largest order, USD",
    "orders.notional_usd",
    "select coalesce(max(notional_usd), 0)::text as value from breakwater.orders where intended_at >= $1 and intended_at < $2",
  ],
  [
    "Art. 15",
    "most orders in one minute",
    "orders.intended_at",
    "select coalesce(max(n), 0)::text as value from (select count(*) as n from breakwater.orders where intended_at >= $1 and intended_at < $2 group by date_trunc('minute', intended_at)) minutes",
  ],
  [
    "Art. 16",
    "incidents opened, and their median time to be acknowledged in seconds",
    "incident_events",
    `select count(*) || ', ' || coalesce(round(percentile_cont(0.5) within group (order by extract(epoch from a.at - i.opened_at)))::text, 'none') as value
     from breakwater.incidents i left join lateral (select min(at) as at from breakwater.incident_events e where e.incident_id = i.id and e.type = 'incident.acknowledged') a on true
     where i.opened_at >= $1 and i.opened_at < $2`,
  ],
  [
    "Art. 17",
    "orders at the venues that were not ours",
    "ledger order.foreign",
    "select count(*)::text as value from breakwater.ledger where type = 'order.foreign' and at >= $1 and at < $2",
  ],
  [
    "Art. 18",
    "uses of emergency powers, and of these not reviewed",
    "break_glass",
    "select count(*) || ', ' || count(*) filter (where reviewed_at is null) as value from breakwater.break_glass where opened_at >= $1 and opened_at < $2",
  ],
];

/** Evidence for the yearly self-assessment of algorithmic trading: counted from the records, by article. */
export async function rts6Evidence(sql: Sql, period: Period): Promise<Report> {
  const rows: string[][] = [];
  for (const [article, what, source, text] of COUNTS) {
    const [row] = await sql.unsafe<{ value: string | null }[]>(text, [period.from, period.to]);
    rows.push([article, what, row?.value ?? "none", source]);
  }
  const verdict = await verifyLedger(sql);
  rows.push(["Art. 28", "the record verifies", verdict.text, "ledger verify"]);
  return {
    kind: "rts6",
    title: "Evidence for the self-assessment of algorithmic trading",
    basis: "Commission Delegated Regulation (EU) 2017/589",
    columns: [
      { name: "article", source: "(EU) 2017/589" },
      { name: "what", source: "the article's demand" },
      { name: "value", source: "counted over the period" },
      { name: "source", source: "table or entry type" },
    ],
    rows,
    missing: [
      "governance and staffing (Art. 1 to 4)",
      "stress test at twice the peak (Art. 10)",
      "business continuity test (Art. 14)",
      "validation report by risk, its audit and approval (Art. 9)",
    ],
  };
}
