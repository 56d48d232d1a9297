import type { Sql } from "postgres";
import { ADD_BY_HAND, NOT_KNOWN, type Period, type Report, type ReportColumn } from "./report.ts";

const COLUMNS: readonly ReportColumn[] = [
  { name: "sequence_number", source: "ledger.seq" },
  { name: "date_time", source: "ledger.at (UTC, milliseconds, the database's clock)" },
  { name: "event", source: "ledger.type and body.state" },
  { name: "order_id", source: "orders.client_order_id" },
  { name: "venue_order_id", source: "orders.venue_order_id" },
  { name: "venue", source: "orders.venue" },
  { name: "account", source: "orders.account" },
  { name: "instrument", source: "orders.symbol" },
  { name: "investment_decision", source: "ledger vote.cast (persons) or plans.requested_by (algorithm)" },
  { name: "execution_decision", source: "plans.requested_by" },
  { name: "submitting_entity_lei", source: ADD_BY_HAND },
  { name: "client_id", source: ADD_BY_HAND },
  { name: "trading_capacity", source: ADD_BY_HAND },
  { name: "order_type", source: "limit: no other kind exists" },
  { name: "validity", source: "orders.time_in_force" },
  { name: "limit_price", source: "orders.limit_price" },
  { name: "side", source: "orders.side" },
  { name: "initial_quantity", source: "orders.quantity (contracts)" },
  { name: "traded_quantity", source: "ledger order.outcome body.filledQuantity" },
  { name: "remaining_quantity", source: "orders.quantity less traded" },
  { name: "transaction_price", source: "ledger order.outcome body.averagePrice" },
  { name: "order_status", source: "ledger order.outcome body.state" },
  { name: "reduce_only", source: "orders.reduce_only" },
  { name: "reason", source: "ledger order.outcome body.reason" },
  { name: "plan", source: "orders.plan_hash" },
];

const ROWS = `select l.seq::text, to_char(l.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, l.type,
    l.body::jsonb as body, o.*, o.limit_price::text as price_text, o.quantity::text as quantity_text,
    (o.quantity - coalesce((l.body::jsonb ->> 'filledQuantity')::numeric, 0))::text as remaining, p.requested_by as algorithm,
    coalesce((select string_agg('person:' || v.person, ' ' order by v.at) from breakwater.votes v
      where v.plan_hash = o.plan_hash and v.decision = 'approve'), p.requested_by) as decided
  from breakwater.ledger l join breakwater.orders o on o.client_order_id = l.object left join breakwater.plans p on p.hash = o.plan_hash
  where l.type in ('order.intended', 'order.sent', 'order.outcome') and l.at >= $1 and l.at < $2 order by l.seq`;

interface Row {
  readonly seq: string;
  readonly at: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly client_order_id: string;
  readonly venue_order_id: string | null;
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly decided: string;
  readonly algorithm: string;
  readonly time_in_force: string;
  readonly price_text: string;
  readonly quantity_text: string;
  readonly remaining: string;
  readonly side: string;
  readonly reduce_only: boolean;
  readonly plan_hash: string;
}

/**
 * Every event of every order in the ledger's sequence, with who decided and who executed: intents, sends, refusals,
 * fills, unknown outcomes. Rejected orders are kept.
 */
export async function orderRecords(sql: Sql, period: Period): Promise<Report> {
  const rows = await sql.unsafe<Row[]>(ROWS, [period.from, period.to]);
  const told = (value: unknown): string => (typeof value === "string" && value !== "" ? value : NOT_KNOWN);
  return {
    kind: "orders",
    title: "Records of orders, in sequence",
    basis: "MiFID II, Commission Delegated Regulations (EU) 2017/580 and 2017/589 Art. 28; MiCA, (EU) 2025/1140",
    columns: COLUMNS,
    rows: rows.map((row) => [
      row.seq,
      row.at,
      row.type === "order.outcome" ? `order.outcome ${told(row.body["state"])}` : row.type,
      row.client_order_id,
      row.venue_order_id ?? NOT_KNOWN,
      row.venue,
      row.account,
      row.symbol,
      row.decided,
      row.algorithm,
      NOT_KNOWN,
      NOT_KNOWN,
      NOT_KNOWN,
      "limit",
      row.time_in_force,
      row.price_text,
      row.side,
      row.quantity_text,
      told(row.body["filledQuantity"] ?? "0"),
      row.remaining,
      told(row.body["averagePrice"]),
      row.type === "order.outcome" ? told(row.body["state"]) : row.type.slice("order.".length),
      String(row.reduce_only),
      told(row.body["reason"]),
      row.plan_hash,
    ]),
    missing: COLUMNS.filter((column) => column.source === ADD_BY_HAND).map(
      (column) => `${column.name}: add it by hand`,
    ),
  };
}
