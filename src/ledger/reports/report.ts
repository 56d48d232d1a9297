import { csvField } from "../export.ts";

/** One column of a report: what it says and where that comes from. */
export interface ReportColumn {
  readonly name: string;
  /** "orders.limit_price", "ledger vote.cast"; "not known to Breakwater" where people must add it. */
  readonly source: string;
}

/** A report as data: every field with its source, and what is missing. It supports compliance work and is no legal advice. */
export interface Report {
  readonly kind: string;
  readonly title: string;
  /** Which rule asks for it. */
  readonly basis: string;
  readonly columns: readonly ReportColumn[];
  readonly rows: readonly (readonly string[])[];
  /** What a person has to add or decide. */
  readonly missing: readonly string[];
}

/** From when to when, the end not included. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** What stands where Breakwater does not know. */
export const NOT_KNOWN = "NA";
/** The source of such a column. */
export const ADD_BY_HAND = "not known to Breakwater";

/** A report as CSV, its header first. */
export const reportCsv = (report: Report): string =>
  [report.columns.map((column) => column.name), ...report.rows]
    .map((row) => `${row.map(csvField).join(",")}\n`)
    .join("");
