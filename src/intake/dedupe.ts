import { type Alert, SEVERITIES } from "../kernel/alert.ts";
import type { Tx } from "../db/client.ts";
import { type Condition, type Passing, type Stage, halt } from "./passing.ts";
import { rows } from "../db/rows.ts";

const LAST_SAID = `
  select wanted.fingerprint, said.id, said.status, said.severity, said.title, said."values", said.incident_id
  from json_array_elements_text($1::json) as wanted (fingerprint)
  cross join lateral (
    select id, status, severity, title, "values", incident_id from breakwater.alerts
    where fingerprint = wanted.fingerprint and (stop is null or stop = 'resolved')
    order by id desc limit 1) said
  join breakwater.incidents on incidents.id = said.incident_id and incidents.status <> 'resolved'`;

interface Said {
  readonly fingerprint: string;
  readonly id: string;
  readonly status: Alert["status"];
  readonly severity: Alert["severity"];
  readonly title: string;
  readonly values: Record<string, string>;
  readonly incident_id: string;
}

/** Whether a is louder than b. */
export const louder = (a: Alert["severity"], b: Alert["severity"]): boolean =>
  SEVERITIES.indexOf(a) < SEVERITIES.indexOf(b);

function sameValues(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

type Last = Pick<Alert, "status" | "severity"> & { readonly values: Readonly<Record<string, string>> };

/** Whether an alert says nothing that was not said: the same condition, not louder, with the same figures. */
export const saysNothingNew = (alert: Last, last: Last): boolean =>
  alert.status === last.status &&
  (alert.status === "resolved" || (!louder(alert.severity, last.severity) && sameValues(alert.values, last.values)));

/** What was last said about the conditions of these fingerprints, as far as an unresolved incident remembers it. */
export async function readConditions(
  tx: Tx,
  fingerprints: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Condition>> {
  const said = await rows<Said>(tx, LAST_SAID, [JSON.stringify([...fingerprints])]);
  return new Map(
    said.map(({ id, incident_id, ...last }) => [
      last.fingerprint,
      { ...last, alertId: Number(id), incidentId: incident_id },
    ]),
  );
}

/** Stops alerts that repeat what an unresolved incident already knows. They are kept and counted. */
export const dedupe: Stage = (passing, { conditions }) => {
  const inBatch = new Map<string, Passing>();
  for (const one of passing) {
    one.before = conditions.get(one.fingerprint) ?? null;
    const earlier = inBatch.get(one.fingerprint);
    const last = earlier?.alert ?? one.before;
    if (last && saysNothingNew(one.alert, last)) {
      one.repeats = earlier ?? null;
      halt(
        one,
        "duplicate",
        `alert:${earlier?.id ?? one.before?.alertId}`,
        earlier ? null : (one.before?.incidentId ?? null),
      );
    } else if (last || one.alert.status === "firing") {
      inBatch.set(one.fingerprint, one);
    }
  }
};
