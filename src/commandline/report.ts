import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { systemClock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import { accessReview } from "../ledger/reports/access-review.ts";
import { doraReport } from "../ledger/reports/dora.ts";
import { orderRecords } from "../ledger/reports/order-records.ts";
import { type Period, type Report, reportCsv } from "../ledger/reports/report.ts";
import { rts6Evidence } from "../ledger/reports/rts6.ts";
import { suspiciousReport } from "../ledger/reports/suspicious.ts";
import { reading } from "./reading.ts";
import type { ReportKind } from "./report-kinds.ts";
import { forOutput, jsonLine } from "./terminal.ts";

/** Options of `breakwater report`. */
export interface ReportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly incident?: string;
  readonly answers?: string;
  readonly format: "text" | "json" | "csv";
  readonly out?: string;
  readonly json?: boolean;
}

const YEAR_MS = 365 * 86_400_000;
const date = z.union([z.date(), z.iso.datetime({ offset: true })]).transform((value) => new Date(value));
const DORA_ANSWERS = z.strictObject({
  majorAt: date.optional(),
  initialSentAt: date.optional(),
  intermediateSentAt: date.optional(),
  finalSentAt: date.optional(),
  clientsAffected: z.string().optional(),
  memberStates: z.string().optional(),
  rootCause: z.string().optional(),
  costs: z.string().optional(),
  authority: z.string().optional(),
});
const SUSPICIOUS_ANSWERS = z.record(z.string(), z.union([z.string(), z.strictObject({ na: z.string() })]));

/** A day or an instant; days begin at midnight UTC. */
function instant(text: string, name: string): Date {
  const at = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(at.getTime()))
    throw new DeskError("INPUT_INVALID", `--${name} was ${text}; write a day such as 2026-11-01, or an instant in UTC`);
  return at;
}

function periodOf(options: ReportOptions, now: Date): Period {
  const to = options.to === undefined ? now : instant(options.to, "to");
  const from = options.from === undefined ? new Date(to.getTime() - YEAR_MS) : instant(options.from, "from");
  if (from >= to)
    throw new DeskError(
      "INPUT_INVALID",
      `the report would end at ${to.toISOString()}, before it begins; put --from before --to`,
    );
  return { from, to };
}

/** What people answered, from a YAML or JSON file; nothing where no file is named. */
function answersFrom<T>(file: string | undefined, schema: z.ZodType<T>): T {
  let raw: unknown = {};
  try {
    if (file !== undefined) raw = parse(readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw new DeskError(
      "INPUT_INVALID",
      `the answers in ${String(file)} cannot be read: ${messageOf(error).split("\n")[0]}`,
    );
  }
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new DeskError("INPUT_INVALID", `the answers in ${String(file)} do not fit: ${wrong.join("; ")}`);
}

function incidentOf(options: ReportOptions, kind: ReportKind): string {
  if (options.incident === undefined)
    throw new DeskError("INPUT_INVALID", `a ${kind} report is about one incident; name it with --incident INC-1`);
  return options.incident;
}

/** The report for people: fields one below the other, and what is missing last. */
function reportText(report: Report): string {
  const names = report.columns.map((column) => column.name);
  const form = names[0] === "field" || names[0] === "section";
  const lines = form
    ? report.rows.map((row) => {
        const [field, value, source] = row.slice(-3);
        return `  ${String(field).padEnd(28)} ${value === "" ? "(missing)" : String(value)}  [${String(source)}]`;
      })
    : report.rows.map((row) => row.map((value, at) => `${names[at]}=${value === "" ? "-" : value}`).join("  "));
  const missing = report.missing.length === 0 ? ["  nothing"] : report.missing.map((one) => `  ${one}`);
  return [
    report.title,
    `Basis: ${report.basis}. A help for compliance work, no legal advice.`,
    "",
    ...(lines.length === 0 ? ["  nothing in this period"] : lines),
    "",
    "A person has to add:",
    ...missing,
    "",
  ].join("\n");
}

/** `breakwater report` */
export async function runReport(kind: ReportKind, options: ReportOptions): Promise<number> {
  if (kind === "suspicious" && options.out === undefined)
    throw new DeskError(
      "INPUT_INVALID",
      "a suspicious transaction report is for few eyes; name a file with --out, which only you will be able to read",
    );
  const now = systemClock.now();
  return reading(async ({ database: { sql } }) => {
    const make: Record<ReportKind, () => Promise<Report>> = {
      orders: () => orderRecords(sql, periodOf(options, now)),
      rts6: () => rts6Evidence(sql, periodOf(options, now)),
      access: () => accessReview(sql),
      dora: () => doraReport(sql, incidentOf(options, kind), answersFrom(options.answers, DORA_ANSWERS), now),
      suspicious: () =>
        suspiciousReport(sql, incidentOf(options, kind), answersFrom(options.answers, SUSPICIOUS_ANSWERS)),
    };
    const report = await make[kind]();
    const format = options.json ? "json" : options.format;
    const text = format === "json" ? jsonLine(report) : format === "csv" ? reportCsv(report) : reportText(report);
    if (options.out === undefined) process.stdout.write(forOutput(text));
    else {
      writeFileSync(options.out, text, { mode: 0o600, flag: "wx" });
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ type: "written", file: path.resolve(options.out), missing: report.missing })}\n`
          : `${report.title}: written to ${options.out}, readable by you alone; ${report.missing.length} fields are missing\n`,
      );
    }
    return 0;
  });
}
