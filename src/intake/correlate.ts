import { type Alert, SEVERITIES } from "../kernel/alert.ts";
import { type IncidentOrigin, incidentFacts } from "../kernel/origin.ts";
import type { Seal } from "../kernel/seal.ts";
import { louder } from "./dedupe.ts";
import { type Around, type Line, type Passing, type Stage, halt } from "./passing.ts";
import { rows } from "../db/rows.ts";

/** A severity's place in SQL: 1 is the loudest. */
const LOUDNESS = `array[${SEVERITIES.map((name) => `'${name}'`).join(", ")}]`;

/**
 * The newest words of the condition that gave the incident its title, or is the only one that holds: those of others change
 * nothing, nor does an end while another condition holds.
 */
const FOLLOWED = (field: 2 | 3): string => `(
  select said.now ->> ${field} from jsonb_array_elements(k.follows) with ordinality said (now, place)
  where case said.now ->> 0
    when 'firing' then said.now ->> 1 = i.title or i.firing_count + k.firing <= 1 else i.firing_count + k.firing <= 0 end
  order by said.place desc limit 1)`;

const RAISED = `k.opens and array_position(${LOUDNESS}, k.severity) < array_position(${LOUDNESS}, i.severity)`;

/**
 * Opens and updates incidents for a whole batch. Known ones are locked and updated; the rest are opened, and where
 * somebody else opened one in the meantime the unique index on unresolved keys turns that into an update. Ids are only
 * drawn for incidents that are opened, so they stay without large gaps.
 */
const OPEN_OR_UPDATE = `
  with wanted as (
    select (r->>0)::int as position, r->>1 as key, r->>2 as kind, r->>3 as severity, r->>4 as trust, r->>5 as title,
      r->>6 as summary, r->7 as labels, r->8 as "values", (r->>9)::int as added, (r->>10)::int as firing,
      (r->>11)::boolean as opens, r->>12 as source, r->13 as follows
    from jsonb_array_elements($1::jsonb) r
  ), known as (
    select i.id, i.severity as before, i.seal as seal_before, w.*
    from breakwater.incidents i join wanted w on i.correlation_key = w.key
    where i.status <> 'resolved' order by i.id for update of i
  ), updated as (
    update breakwater.incidents i set
      alert_count = i.alert_count + k.added,
      firing_count = greatest(0, i.firing_count + k.firing),
      version = i.version + 1,
      severity = case when ${RAISED} then k.severity else i.severity end,
      title = case when ${RAISED} then k.title else coalesce(${FOLLOWED(2)}, i.title) end,
      summary = case when ${RAISED} then k.summary else coalesce(${FOLLOWED(3)}, i.summary) end,
      labels = case when not k.opens or k.labels @> i.labels then i.labels else coalesce(
        (select jsonb_object_agg(l.key, l.value) from jsonb_each(i.labels) l where k.labels -> l.key = l.value), '{}') end,
      "values" = case when k.opens then i."values" || k."values" else i."values" end,
      last_alert_at = case when k.added > 0 then now() else i.last_alert_at end
    from known k where i.id = k.id and i.status <> 'resolved'
    returning i.id, i.correlation_key, i.version, i.severity, i.firing_count, k.before, i.kind, i.trust, i.source,
      i.labels, k.seal_before as seal
  ), opened as (
    insert into breakwater.incidents (id, seq, correlation_key, kind, severity, trust, source, title, summary, labels, "values",
      alert_count, firing_count)
    select 'INC-' || seq, seq, key, kind, severity, trust, source, title, summary, labels, "values", added, firing from (
      select w.*, nextval('breakwater.incidents_seq_seq') as seq from (
        select * from wanted where opens and key not in (select correlation_key from updated) order by position) w) w
    on conflict (correlation_key) where status <> 'resolved' do update set
      alert_count = incidents.alert_count + excluded.alert_count,
      firing_count = incidents.firing_count + excluded.firing_count,
      version = incidents.version + 1, last_alert_at = now()
    returning id, correlation_key, version, severity, firing_count, case when version = 1 then null else severity end as before,
      kind, trust, source, labels, seal
  )
  select * from updated union all select * from opened`;

interface Row extends IncidentOrigin {
  readonly correlation_key: string;
  readonly version: number;
  readonly firing_count: number;
  /** Null where the incident was opened just now. */
  readonly before: Alert["severity"] | null;
  /** As it was before this batch. */
  readonly seal: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Everything that a batch says about one incident. */
interface Group {
  readonly key: string;
  /** Firing alerts that came through, in order. */
  readonly firing: Passing[];
  /** Those among them whose condition did not hold before. */
  readonly begun: Passing[];
  readonly ended: Passing[];
  repeated: number;
}

/** Sorts a batch by incident. Conditions are followed through the batch, so firing and resolving in one batch add up. */
function grouped(batch: readonly Passing[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  const groupOf = (key: string): Group => {
    const found = groups.get(key) ?? { key, firing: [], begun: [], ended: [], repeated: 0 };
    groups.set(key, found);
    return found;
  };
  const holds = new Map<string, boolean>();
  for (const one of batch) {
    if (one.stop === "duplicate") {
      if (one.alert.status === "firing") groupOf(one.key).repeated += 1;
      continue;
    }
    if (one.stop !== null) continue;
    const held = holds.get(one.fingerprint) ?? one.before?.status === "firing";
    holds.set(one.fingerprint, one.alert.status === "firing");
    if (one.alert.status === "firing") {
      const group = groupOf(one.key);
      group.firing.push(one);
      if (!held) group.begun.push(one);
    } else if (held) groupOf(one.key).ended.push(one);
    else halt(one, "resolved", null);
  }
  return groups;
}

const loudest = (list: readonly Passing[]): Passing | undefined =>
  list.reduce<Passing | undefined>(
    (best, one) => (best && !louder(one.alert.severity, best.alert.severity) ? best : one),
    undefined,
  );

/** The labels that all alerts share: what is true of the incident. */
function commonLabels(list: readonly Passing[]): Record<string, string> {
  const [first, ...rest] = list.map((one) => one.alert.labels);
  const shared = Object.entries(first ?? {}).filter(([name, value]) => rest.every((labels) => labels[name] === value));
  return Object.fromEntries(shared);
}

function rowOf(group: Group, position: number): readonly unknown[] {
  const lead = loudest(group.firing)?.alert;
  const figures = Object.assign({}, ...group.firing.map((one) => one.alert.values)) as unknown;
  const shown = [lead?.title, lead?.summary, commonLabels(group.firing), figures];
  const added = group.firing.length + group.repeated;
  const firing = group.begun.length - group.ended.length;
  const follows = [...group.firing, ...group.ended].flatMap(({ before, alert }) =>
    before === null ? [] : [[alert.status, before.title, alert.title, alert.summary]],
  );
  return [
    position,
    group.key,
    lead?.kind,
    lead?.severity,
    lead?.trust,
    ...shown,
    added,
    firing,
    lead !== undefined,
    lead?.source,
    follows,
  ];
}

const sourceOf = (one: Passing | undefined): string => `source:${one?.alert.source ?? "unknown"}`;
const idsOf = (list: readonly Passing[]): number[] => list.slice(0, 20).map((one) => one.id);

/** What the timeline says: one line per incident and kind of event, however many alerts a batch brings. */
function linesOf(group: Group, row: Row): Line[] {
  const lines: Line[] = [];
  const [first] = group.begun;
  const lead = loudest(group.firing);
  const add = (type: Line["type"], from: Passing | undefined, text: string, list: readonly Passing[]): void => {
    lines.push({
      incident: row.id,
      type,
      actor: sourceOf(from),
      text,
      data: { alerts: idsOf(list), count: list.length },
    });
  };
  if (row.before === null) add("incident.opened", lead, lead?.alert.title ?? "", group.firing);
  else if (first) {
    add(
      "alert.joined",
      first,
      first.alert.title + (group.begun.length > 1 ? ` and ${group.begun.length - 1} more` : ""),
      group.begun,
    );
  }
  if (row.before !== null && louder(row.severity, row.before)) {
    add("severity.raised", lead, `raised from ${row.before} to ${row.severity}`, lead ? [lead] : []);
  }
  const [ended] = group.ended;
  if (ended) {
    const what =
      group.ended.length > 1 ? `${group.ended.length} alerts no longer hold` : `no longer holds: ${ended.alert.title}`;
    add("alert.resolved", ended, row.firing_count === 0 ? `${what}; none holds any more` : what, group.ended);
  }
  return lines;
}

/** What a repeat of a stopped alert of the same batch is stopped by: the same. */
function followStops(batch: readonly Passing[]): void {
  for (const one of batch) {
    const first = one.repeats;
    if (first?.stop === "silenced" || first?.stop === "inhibited") halt(one, first.stop, first.stoppedBy);
  }
}

/** The seal that an opened or raised incident needs. What was changed by hand stays unsealed: a new seal would make it true. */
function sealOf(row: Row, seal: Seal): string | null {
  if (row.before === row.severity) return null;
  const sound =
    row.before === null || seal.holds("incident", incidentFacts({ ...row, severity: row.before }), row.seal);
  return sound ? seal.of("incident", incidentFacts(row)) : null;
}

function record(groups: Map<string, Group>, found: readonly Row[], around: Around): void {
  const byKey = new Map(found.map((row) => [row.correlation_key, row]));
  for (const group of groups.values()) {
    const row = byKey.get(group.key);
    for (const one of group.firing) one.incidentId = row?.id ?? null;
    for (const one of group.ended) halt(one, "resolved", row?.id ?? null, row?.id ?? null);
    if (!row) continue;
    const { id, kind, trust, source, labels, version, severity } = row;
    const raisedFrom = row.before !== null && row.before !== severity ? row.before : null;
    const seal = sealOf(row, around.seal);
    const origin = { id, kind, trust, source, severity };
    around.touched.set(id, { ...origin, labels, version, opened: row.before === null, raisedFrom, seal });
    around.lines.push(...linesOf(group, row));
  }
  for (const one of around.batch) {
    if (one.stop === "duplicate") one.incidentId ??= byKey.get(one.key)?.id ?? null;
  }
}

/**
 * Opens an incident or joins the unresolved one of the same key. What ceased is noted there, and counted, and goes no
 * further: only people and playbooks resolve an incident.
 */
export const correlate: Stage = async (_passing, around) => {
  followStops(around.batch);
  const groups = grouped(around.batch);
  if (groups.size === 0) return;
  const wanted = [...groups.values()].map(rowOf);
  const found = await rows<Row>(around.tx, OPEN_OR_UPDATE, [JSON.stringify(wanted)]);
  record(groups, found, around);
};
