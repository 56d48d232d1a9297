import type { Sql } from "postgres";
import { DeskError } from "../../kernel/errors.ts";
import type { Report } from "./report.ts";

const HOUR = 3_600_000;

/** What only people know about an incident; each left out is named as missing. */
export interface DoraAnswers {
  /** When it was classified as major. */
  readonly majorAt?: Date | undefined;
  /** When the initial notification was submitted. */
  readonly initialSentAt?: Date | undefined;
  /** When the intermediate report was submitted, the latest of them. */
  readonly intermediateSentAt?: Date | undefined;
  /** When the final report was submitted. */
  readonly finalSentAt?: Date | undefined;
  readonly clientsAffected?: string | undefined;
  readonly memberStates?: string | undefined;
  readonly rootCause?: string | undefined;
  readonly costs?: string | undefined;
  readonly authority?: string | undefined;
}

/** One deadline and how far it is gone. */
export interface DoraDeadline {
  readonly report: "initial" | "intermediate" | "final";
  /** Null where what starts it has not happened. */
  readonly dueAt: Date | null;
  /** 0..1 and above of the time used; pages are due at 0.5, 0.75 and 0.9. */
  readonly usedRatio: number | null;
  /** Whether it was submitted, so that its deadline presses nobody. */
  readonly reported: boolean;
}

/** A month later, on the same day of the month or its last. */
function monthAfter(at: Date): Date {
  const next = new Date(at);
  next.setUTCMonth(next.getUTCMonth() + 1);
  if (next.getUTCDate() !== at.getUTCDate()) next.setUTCDate(0);
  return next;
}

/**
 * The deadlines of DORA's incident reports: the initial one 4 h after the incident was classified as major and 24 h after
 * the firm became aware at the latest; the intermediate one 72 h after the initial was submitted; the final one a month
 * after the latest intermediate. (EU) 2025/301 Art. 5.
 */
export function doraDeadlines(awareAt: Date, answers: DoraAnswers, now: Date): readonly DoraDeadline[] {
  const line = (
    report: DoraDeadline["report"],
    from: Date | undefined,
    dueAt: Date | null,
    done: Date | undefined,
  ): DoraDeadline => ({
    report,
    dueAt,
    reported: done !== undefined,
    usedRatio:
      from === undefined || dueAt === null
        ? null
        : (now.getTime() - from.getTime()) / Math.max(dueAt.getTime() - from.getTime(), 1),
  });
  const byAware = awareAt.getTime() + 24 * HOUR;
  const initial = new Date(
    answers.majorAt === undefined ? byAware : Math.min(byAware, answers.majorAt.getTime() + 4 * HOUR),
  );
  const { initialSentAt: sent, intermediateSentAt: again } = answers;
  return [
    line("initial", answers.majorAt ?? awareAt, initial, sent),
    line("intermediate", sent, sent === undefined ? null : new Date(sent.getTime() + 72 * HOUR), again),
    line("final", again, again === undefined ? null : monthAfter(again), answers.finalSentAt),
  ];
}

interface IncidentFacts {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly status: string;
  readonly opened: string;
  readonly opened_at: Date;
  readonly resolved: string | null;
  readonly outcome: string | null;
  readonly source: string | null;
  readonly alerts: string;
  readonly orders: string;
}

type StepRow = { readonly incident: string; readonly step: string; readonly at: Date; readonly opened: Date };

/** What people stated in the ledger, of one incident or of all that were classified as major and are not reported to the end. */
const stated = (sql: Sql, incident: string | null, now: Date): Promise<StepRow[]> =>
  sql.unsafe<StepRow[]>(
    `select e.object as incident, e.body::jsonb ->> 'step' as step, max(e.at) as at, i.opened_at as opened
     from breakwater.ledger e join breakwater.incidents i on i.id = e.object
     where e.type = 'report.stated' and (e.object = $1 or ($1::text is null and not exists (
       select from breakwater.ledger f where f.object = e.object and f.type = 'report.stated'
         and f.body::jsonb ->> 'step' = 'final' and f.at < $2::timestamptz - interval '1 day')))
     group by 1, 2, 4 order by 1`,
    [incident, now.toISOString()],
  );

function answersOf(rows: readonly StepRow[]): DoraAnswers {
  const at = (step: string): Date | undefined => rows.find((one) => one.step === step)?.at;
  return {
    majorAt: at("major"),
    initialSentAt: at("initial"),
    intermediateSentAt: at("intermediate"),
    finalSentAt: at("final"),
  };
}

/** Deadlines of every incident that a person classified as major; one that was reported to the end stays a day longer. */
export async function openReportings(
  sql: Sql,
  now: Date,
): Promise<readonly { readonly incident: string; readonly deadlines: readonly DoraDeadline[] }[]> {
  const rows = await stated(sql, null, now);
  return [...new Set(rows.map((row) => row.incident))].map((incident) => {
    const own = rows.filter((row) => row.incident === incident);
    return { incident, deadlines: doraDeadlines(own[0]?.opened ?? now, answersOf(own), now) };
  });
}

/**
 * The form of an incident as far as the desk's records go, with its deadlines; every field that people must fill is named.
 * @throws DeskError UNKNOWN_INCIDENT
 */
export async function doraReport(sql: Sql, incident: string, given: DoraAnswers, now: Date): Promise<Report> {
  const [row] = await sql.unsafe<IncidentFacts[]>(
    `select i.id, i.title, i.severity, i.status, i.opened_at, to_char(i.opened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as opened,
       to_char(i.resolved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as resolved, i.outcome,
       (select source from breakwater.alerts a where a.incident_id = i.id order by a.id limit 1) as source,
       (select count(*) from breakwater.alerts a where a.incident_id = i.id)::text as alerts,
       (select count(*) from breakwater.orders o where o.incident_id = i.id)::text as orders
     from breakwater.incidents i where i.id = $1`,
    [incident],
  );
  if (row === undefined)
    throw new DeskError("UNKNOWN_INCIDENT", `there is no incident ${incident}; /incident list shows the open ones`);
  const known = answersOf(await stated(sql, incident, now));
  // What a person wrote for this report goes before what was said on the desk.
  const answers: DoraAnswers = { ...known, ...given };
  const asked = "given by people";
  const deadlines = doraDeadlines(row.opened_at, answers, now);
  const fields: readonly (readonly [name: string, value: string | undefined, source: string])[] = [
    ["incident_reference", row.id, "incidents.id"],
    ["description", row.title, "incidents.title"],
    ["detected", row.opened, "incidents.opened_at"],
    ["discovery_source", row.source ?? "a person", "alerts.source"],
    ["severity_on_the_desk", row.severity, "incidents.severity"],
    ["status", row.status, "incidents.status"],
    ["alerts", row.alerts, "alerts"],
    ["orders_sent", row.orders, "orders"],
    ["resolved", row.resolved ?? undefined, "incidents.resolved_at"],
    ["measures_taken", row.outcome ?? undefined, "incidents.outcome"],
    ["classified_as_major", answers.majorAt?.toISOString(), given.majorAt ? asked : "ledger report.stated"],
    ["initial_submitted", answers.initialSentAt?.toISOString(), given.initialSentAt ? asked : "ledger report.stated"],
    ["competent_authority", answers.authority, asked],
    ["clients_affected", answers.clientsAffected, asked],
    ["member_states_affected", answers.memberStates, asked],
    ["root_cause", answers.rootCause, asked],
    ["costs_and_losses", answers.costs, asked],
    ...deadlines.map(
      ({ report, dueAt }) => [`${report}_report_due`, dueAt?.toISOString(), "(EU) 2025/301 Art. 5"] as const,
    ),
    ...deadlines.map(
      ({ report, usedRatio, reported }) =>
        [
          `${report}_report_time_used`,
          reported ? "submitted" : usedRatio === null ? undefined : `${Math.floor(usedRatio * 100)} %`,
          "(EU) 2025/301 Art. 5",
        ] as const,
    ),
  ];
  return {
    kind: "dora",
    title: `Major ICT-related incident ${row.id}`,
    basis: "DORA, (EU) 2025/301 and (EU) 2025/302",
    columns: [
      { name: "field", source: "the form" },
      { name: "value", source: "the record, or people" },
      { name: "source", source: "where the value comes from" },
    ],
    rows: fields.map(([name, value, source]) => [name, value ?? "", source]),
    missing: fields.filter(([, value]) => value === undefined).map(([name]) => name),
  };
}
