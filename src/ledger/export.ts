import type { Sql } from "postgres";

/** How the ledger leaves the program. */
export type ExportFormat = "json" | "csv";

const COLUMNS = ["seq", "at", "actor", "type", "object", "body", "prev", "hash"] as const;
const ROWS = `select seq::text, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
  actor, type, object, body, prev, hash from breakwater.ledger one
  where one.seq between $1 and $2 order by one.seq`;

type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** What a spreadsheet may take for a formula's beginning, full-width forms included (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** One CSV field (RFC 4180); what a spreadsheet would take for a formula is led by an apostrophe. */
export function csvField(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The ledger in order, as JSON lines or CSV with a header, a piece of text at a time; memory does not grow with it.
 * @param range first and last entry, both included; all where left out
 */
export async function* exportLedger(
  sql: Sql,
  format: ExportFormat,
  range: { readonly from?: number; readonly to?: number } = {},
): AsyncGenerator<string> {
  if (format === "csv") yield `${COLUMNS.join(",")}\n`;
  const bounds = [range.from ?? 1, range.to ?? Number.MAX_SAFE_INTEGER];
  for await (const rows of sql.unsafe<Row[]>(ROWS, bounds).cursor(1_000)) {
    yield rows
      .map((row) =>
        format === "csv"
          ? `${COLUMNS.map((name) => csvField(row[name])).join(",")}\n`
          : `${JSON.stringify({ ...row, seq: Number(row.seq), body: JSON.parse(row.body) as unknown })}\n`,
      )
      .join("");
  }
}
