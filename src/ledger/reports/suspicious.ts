import type { Sql } from "postgres";
import { DeskError } from "../../kernel/errors.ts";
import type { Report } from "./report.ts";

/** A field of the form as a person fills it: text, or the reason why it does not apply. */
export type SuspiciousAnswer = string | { readonly na: string };

/** What only people know; each left out is named as missing. */
export type SuspiciousAnswers = Readonly<Record<string, SuspiciousAnswer>>;

interface Facts {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly opened: string;
  readonly instruments: string | null;
  readonly venues: string | null;
  readonly accounts: string | null;
  readonly evidence: string | null;
  readonly orders: string | null;
}

const FACTS = `select i.id, i.title, i.kind, to_char(i.opened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as opened,
    a.instruments, a.venues, a.accounts, a.evidence, o.orders
  from breakwater.incidents i
  left join lateral (
    select string_agg(distinct labels ->> 'instrument', ' ') as instruments, string_agg(distinct labels ->> 'venue', ' ') as venues,
      string_agg(distinct labels ->> 'account', ' ') as accounts,
      string_agg(to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || ' ' || title || ' ' || "values"::text, '; ' order by id) as evidence
    from breakwater.alerts where incident_id = i.id) a on true
  left join lateral (
    select string_agg(client_order_id || ' ' || side || ' ' || quantity || ' ' || symbol || ' at ' || limit_price || ' ' || state, '; ' order by intended_at) as orders
    from breakwater.orders where incident_id = i.id) o on true
  where i.id = $1`;

const ASKED = "given by people";

/** The form's fields, by section; those that Breakwater can fill are filled from its records. */
const FIELDS: readonly (readonly [
  section: string,
  name: string,
  fill: ((facts: Facts) => string | null) | null,
  source: string,
])[] = [
  ["1 submitter", "person_submitting", null, ASKED],
  ["1 submitter", "submitting_entity", null, ASKED],
  ["1 submitter", "acting_capacity", null, ASKED],
  ["1 submitter", "contact", null, ASKED],
  ["2 order or transaction", "instrument", (facts) => facts.instruments, "alerts.labels"],
  ["2 order or transaction", "trading_venue", (facts) => facts.venues, "alerts.labels"],
  ["2 order or transaction", "location_and_time", (facts) => facts.opened, "incidents.opened_at"],
  ["2 order or transaction", "orders", (facts) => facts.orders, "orders, rejected ones included"],
  ["2 order or transaction", "distributed_ledger_aspects", null, ASKED],
  ["3 suspicion", "nature", (facts) => `${facts.kind}: ${facts.title}`, "incidents.kind, incidents.title"],
  ["3 suspicion", "what_was_seen", (facts) => facts.evidence, "alerts of the incident, with their figures"],
  ["3 suspicion", "reasons", null, ASKED],
  ["4 persons", "account", (facts) => facts.accounts, "alerts.labels"],
  ["4 persons", "name", null, ASKED],
  ["4 persons", "identification", null, ASKED],
  ["4 persons", "relation_to_the_issuer", null, ASKED],
  ["further information", "background", null, ASKED],
  ["further information", "attachments", null, ASKED],
];

/**
 * The draft of a suspicious transaction and order report about one incident. Every field is filled, or does not apply for a
 * reason that is given, or is named as missing. Nobody may be told of it: it is never shown in chat.
 * (EU) 2016/957 (MAR Art. 16) and (EU) 2025/885 (MiCA Art. 92), sections 1 to 4.
 * @throws DeskError UNKNOWN_INCIDENT; INPUT_INVALID for an answer to no field, or a "does not apply" without a reason
 */
export async function suspiciousReport(sql: Sql, incident: string, answers: SuspiciousAnswers): Promise<Report> {
  const [facts] = await sql.unsafe<Facts[]>(FACTS, [incident]);
  if (facts === undefined)
    throw new DeskError("UNKNOWN_INCIDENT", `there is no incident ${incident}; /incident list shows the open ones`);
  for (const [name, answer] of Object.entries(answers)) {
    if (!FIELDS.some(([, field]) => field === name))
      throw new DeskError(
        "INPUT_INVALID",
        `the form has no field ${name}; it has ${FIELDS.map(([, field]) => field).join(", ")}`,
      );
    if (typeof answer !== "string" && answer.na.trim() === "")
      throw new DeskError("INPUT_INVALID", `${name} does not apply, but no reason is given; write why after "na"`);
  }
  const filled = FIELDS.map(([section, name, fill, source]) => {
    const answer = answers[name];
    if (answer === undefined) return { section, name, value: fill?.(facts) ?? "", source };
    const value = typeof answer === "string" ? answer : `NA: ${answer.na}`;
    return { section, name, value, source: ASKED };
  });
  return {
    kind: "suspicious",
    title: `Draft of a suspicious transaction and order report: ${facts.id}`,
    basis: "MAR Art. 16, (EU) 2016/957; MiCA Art. 92, (EU) 2025/885. Telling those concerned is forbidden",
    columns: [
      { name: "section", source: "the form" },
      { name: "field", source: "the form" },
      { name: "value", source: "the record, or people" },
      { name: "source", source: "where the value comes from" },
    ],
    rows: filled.map((one) => [one.section, one.name, one.value, one.source]),
    missing: filled.filter((one) => one.value === "").map((one) => one.name),
  };
}
