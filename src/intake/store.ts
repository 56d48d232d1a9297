import type { Change } from "../db/changes.ts";
import type { Tx } from "../db/client.ts";
import { type Json, sha256 } from "../kernel/canonical.ts";
import { runFacts } from "../kernel/origin.ts";
import { appendMany } from "../ledger/append.ts";
import type { Entry } from "../ledger/entries.ts";
import type { Around, Line, Match, Passing, Placing } from "./passing.ts";
import { rows } from "../db/rows.ts";

// Rows as lists, because reading named fields costs the server twice as much; a storm is bound by this statement.
const ALERTS = `
  insert into breakwater.alerts (id, source, trust, kind, status, severity, title, summary, labels, "values", fingerprint,
    stop, stopped_by, incident_id, at, received_at)
  select (r->>0)::bigint, r->>1, r->>2, r->>3, r->>4, r->>5, r->>6, r->>7, r->8, r->9, r->>10, r->>11, r->>12, r->>13,
    (r->>14)::timestamptz, now() - (r->>15)::float8 * interval '1 ms'
  from jsonb_array_elements($1::jsonb) r`;

const LINES = `
  insert into breakwater.incident_events (incident_id, type, actor, text, data)
  select r->>0, r->>1, r->>2, r->>3, r->4 from jsonb_array_elements($1::jsonb) r`;

const RUNS = `
  insert into breakwater.runs (id, playbook, version, incident_id, requested_by, trust, input, seal)
  select id, playbook, version, "incidentId", "requestedBy", trust, input, seal
  from json_to_recordset($1::json) as r (id text, playbook text, version int, "incidentId" text, "requestedBy" text,
    trust text, input jsonb, seal text)
  on conflict (id) do nothing returning id, playbook, version`;

const SEALS = `
  update breakwater.incidents i set seal = r->>1 from json_array_elements($1::json) r where i.id = r->>0`;

const DELIVERIES = `
  insert into breakwater.deliveries (key, source, alert_ids)
  select key, source, ids from json_to_recordset($1::json) as d (key text, source text, ids jsonb)
  on conflict (key) do update set alert_ids = excluded.alert_ids, received_at = excluded.received_at`;

const ANNOUNCE = `select pg_notify('breakwater', change) from json_array_elements_text($1::json) change`;

/** A run that answers an alert of this batch. */
export interface NewRun {
  readonly id: string;
  readonly playbook: string;
  readonly version: number;
}

/** A delivery taken in this batch, with the alerts that it became. */
export interface Taken {
  readonly key: string;
  readonly source: string;
  readonly ids: readonly number[];
}

const alertRow = (one: Passing): readonly unknown[] => {
  const { source, trust, kind, status, severity, title, summary, labels, values, at } = one.alert;
  const said = [source, trust, kind, status, severity, title, summary, labels, values];
  return [one.id, ...said, one.fingerprint, one.stop, one.stoppedBy, one.incidentId, at, one.waitedMs];
};

const lineRow = (line: Line): readonly unknown[] => [line.incident, line.type, line.actor, line.text, line.data];

/** The runs that answer the alerts which reached an incident: at most one an incident and playbook, ever. */
function runRows({ batch, seal }: Around, matchPlaybooks: (alert: Passing["alert"]) => readonly Match[]): unknown[] {
  const wanted = new Map<string, unknown>();
  for (const one of batch) {
    if (one.stop !== null || one.incidentId === null || one.alert.status !== "firing") continue;
    for (const { playbook, version, input } of matchPlaybooks(one.alert)) {
      const id = `run:${one.incidentId}:${playbook}`;
      if (wanted.has(id)) continue;
      const { source, trust } = one.alert;
      const { incidentId } = one;
      const row = { id, playbook, version, incidentId, requestedBy: `source:${source}`, trust, input };
      wanted.set(id, { ...row, seal: seal.of("run", runFacts(row)) });
    }
  }
  return [...wanted.values()];
}

/** Numbers as ranges: [1,2,3,7] is [[1,3],[7,7]]. */
export function ranges(sorted: readonly number[]): number[][] {
  const found: number[][] = [];
  for (const number of sorted) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found;
}

const actorOf = (batch: readonly Passing[]): string => {
  const [first] = batch;
  const one = first?.alert.source ?? "";
  return batch.every(({ alert }) => alert.source === one) ? `source:${one}` : "system";
};

const idsOf = (list: readonly Passing[]): Json => ranges(list.map((one) => one.id));

/** One entry for the batch and one for what it stopped, so that a storm stays cheap; one for each incident opened. */
function entriesOf(around: Around, written: string): Entry[] {
  const { batch } = around;
  const actor = actorOf(batch);
  const object = `alerts:${batch[0]?.id}-${batch.at(-1)?.id}`;
  const entries: Entry[] = [
    {
      actor,
      type: "alert.taken",
      object,
      body: { alerts: idsOf(batch), count: batch.length, sha256: sha256(written) },
    },
  ];
  const stopped = new Map<string, Passing[]>();
  for (const one of batch) {
    if (one.stop === null) continue;
    const list = stopped.get(one.stop);
    if (list) list.push(one);
    else stopped.set(one.stop, [one]);
  }
  if (stopped.size > 0) {
    const body = Object.fromEntries([...stopped].map(([stop, list]) => [stop, idsOf(list)]));
    entries.push({ actor, type: "alert.stopped", object, body });
  }
  const leads = new Map<string, Passing>();
  for (const one of batch) if (one.incidentId !== null && !leads.has(one.incidentId)) leads.set(one.incidentId, one);
  for (const { id, kind, trust, source, severity, opened, raisedFrom } of around.touched.values()) {
    const lead = leads.get(id);
    if (raisedFrom !== null)
      entries.push({ actor, type: "incident.updated", object: id, body: { from: raisedFrom, to: severity } });
    if (!opened || !lead) continue;
    entries.push({
      actor: `source:${source}`,
      type: "incident.opened",
      object: id,
      body: { alert: lead.id, kind, severity, trust, source },
    });
  }
  return entries;
}

/**
 * Writes everything that a batch became, in few statements that travel together; resolves to the runs that are new.
 */
export async function store(
  around: Around,
  deliveries: readonly Taken[],
  matchPlaybooks: (alert: Passing["alert"]) => readonly Match[],
  place: Placing | null,
): Promise<readonly NewRun[]> {
  const { tx, batch, lines, touched } = around;
  const written = JSON.stringify(batch.map(alertRow));
  const runs = runRows(around, matchPlaybooks);
  const seals = [...touched.values()].flatMap(({ id, seal }) => (seal === null ? [] : [[id, seal]]));
  const opened = [...touched.values()].filter((one) => one.opened);
  const changes = [...touched.values()].map(({ id, version, opened: isNew }) => {
    const change: Change = { type: "incident", id, version, placed: isNew && place !== null };
    return JSON.stringify(change);
  });
  const list = async <Row>(text: string, values: readonly unknown[]): Promise<readonly Row[]> =>
    values.length === 0 ? [] : rows<Row>(tx, text, [JSON.stringify(values)]);
  const [fresh] = await Promise.all([
    list<NewRun>(RUNS, runs),
    rows(tx, ALERTS, [written]),
    list(SEALS, seals),
    list(LINES, lines.map(lineRow)),
    list(DELIVERIES, deliveries),
    list(ANNOUNCE, changes),
    opened.length > 0 ? place?.(tx, opened) : undefined,
    appendMany(tx, entriesOf(around, written), around.head),
  ]);
  return fresh;
}

/** Draws numbers for new alerts. */
export async function drawIds(tx: Tx, count: number): Promise<readonly number[]> {
  const drawn = await rows<{ readonly id: string }>(
    tx,
    `select nextval('breakwater.alerts_id_seq') as id from generate_series(1, $1::int)`,
    [count],
  );
  return drawn.map((row) => Number(row.id));
}
