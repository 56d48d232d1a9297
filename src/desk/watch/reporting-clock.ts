import type { Database, Tx } from "../../db/client.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { decimal } from "../../kernel/decimal.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { type DoraDeadline, doraReport, openReportings } from "../../ledger/reports/dora.ts";
import { utcMinute } from "../../kernel/utc.ts";

/** Shares of a reporting deadline at which people are told, with how loud; at 1 it is missed. */
export const MARKS = [
  { ratio: 0.5, severity: "medium" },
  { ratio: 0.75, severity: "high" },
  { ratio: 0.9, severity: "critical" },
  { ratio: 1, severity: "critical" },
] as const;

const EVERY_MS = 60_000;

/** What the clock of reporting deadlines stands on. */
export interface ReportingParts {
  readonly database: Database;
  /** Whether this replica is the one that looks. */
  readonly leads: () => boolean;
  readonly emit: (alert: Alert) => Promise<void>;
  /** Calls everyone at once; a second call with the same key changes nothing. */
  readonly everyone: (
    tx: Tx,
    page: { readonly incident: string; readonly key: string; readonly summary: string },
  ) => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The highest mark that was passed; null before the first. */
const passed = (used: number): (typeof MARKS)[number] | null => MARKS.findLast((one) => used >= one.ratio) ?? null;

const percentOf = (ratio: number): string => `${Math.floor(ratio * 100)} %`;

function alertOf(incident: string, one: DoraDeadline, missing: readonly string[], at: Date): Alert {
  const used = one.usedRatio ?? 0;
  const mark = passed(used);
  const due = one.dueAt ? utcMinute(one.dueAt) : "";
  const over = mark === null || one.reported;
  return {
    source: "reporting",
    trust: "internal",
    kind: "report.due",
    status: over ? "resolved" : "firing",
    severity: mark?.severity ?? "info",
    title: over
      ? `The ${one.report} report on ${incident} was submitted`
      : mark.ratio === 1
        ? `The ${one.report} report on ${incident} is overdue since ${due} UTC`
        : `${percentOf(mark.ratio)} of the time for the ${one.report} report on ${incident} is used; it is due at ${due} UTC`,
    summary: `Still to be filled: ${missing.join(", ") || "nothing"}. breakwater report dora --incident ${incident} prints the form; /incident reported ${incident} ${one.report} says that it was submitted.`,
    labels: { incident, report: one.report },
    values: { used: decimal(used.toFixed(4)) },
    at,
  };
}

/**
 * Watches the reporting deadlines of incidents that a person classified as major: at 50, 75 and 90 % of the time, and
 * when it is over, it raises an alert and pages everyone, each once, whatever restarts in between.
 */
export function openReportingClock(parts: ReportingParts): { look(): Promise<void>; start(): () => void } {
  const { database, clock, log } = parts;
  /** The mark that was told, by incident and report: what is repeated after a restart is a duplicate to the intake. */
  const told = new Map<string, number>();

  const tell = async (incident: string, one: DoraDeadline, missing: readonly string[]): Promise<void> => {
    const key = `${incident}/${one.report}`;
    const mark = one.usedRatio === null ? null : passed(one.usedRatio);
    const stands = one.reported || mark === null ? 0 : mark.ratio;
    if ((told.get(key) ?? 0) === stands) return;
    await parts.emit(alertOf(incident, one, missing, clock.now()));
    if (mark !== null && !one.reported) {
      const summary = alertOf(incident, one, missing, clock.now()).title;
      await database.db.transaction((tx) =>
        parts.everyone(tx, { incident, key: `report.due:${one.report}:${mark.ratio}`, summary }),
      );
    }
    told.set(key, stands);
  };

  const look = async (): Promise<void> => {
    const now = clock.now();
    for (const { incident, deadlines } of await openReportings(database.sql, now)) {
      const { missing } = await doraReport(database.sql, incident, {}, now);
      for (const one of deadlines) await tell(incident, one, missing);
    }
  };
  return {
    look,
    start: () =>
      clock.every(EVERY_MS, async () => {
        if (!parts.leads()) return;
        await look().catch((error: unknown) =>
          log.error({ why: messageOf(error) }, "reporting deadlines not looked at"),
        );
      }),
  };
}
