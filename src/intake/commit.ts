import type { Db, Tx } from "../db/client.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Seal } from "../kernel/seal.ts";
import { DESK_LOCK, readHead } from "../ledger/append.ts";
import { ARRIVAL, PATH } from "../path.ts";
import { readConditions } from "./dedupe.ts";
import { type Around, type Match, type Passing, type Placing, type Silence, type Touched, setOut } from "./passing.ts";
import { rows } from "../db/rows.ts";
import type { IntakeSettings } from "./settings.ts";
import { type NewRun, type Taken, drawIds, store } from "./store.ts";

/** What makes a delivery unique, and how long a second one with the same key is the same. */
export interface Delivery {
  readonly key: string;
  readonly source: string;
  readonly replayMs: number;
}

/** Alerts that belong together: all are stored or none. */
export interface Parcel {
  readonly alerts: readonly Alert[];
  readonly delivery: Delivery | null;
  /** When they were handed in, by the process's clock. */
  readonly sinceMs: number;
}

/** What became of a parcel. */
export interface Receipt {
  readonly ids: readonly number[];
  /** Incidents that its alerts belong to. */
  readonly incidents: readonly string[];
  /** Whether it had been taken before, so that nothing was done. */
  readonly replayed: boolean;
}

/** Everything that one transaction made true. */
export interface Committed {
  readonly alerts: readonly Pick<Passing, "id" | "stop" | "stoppedBy" | "incidentId">[];
  readonly incidents: readonly Touched[];
  /** Runs to be started now; a sweep starts those that a crash leaves. */
  readonly runs: readonly NewRun[];
}

export interface CommitOptions {
  /** A connection of its own, so that what a batch asks is planned once and travels together. */
  readonly db: Db;
  readonly clock: Clock;
  readonly settings: IntakeSettings;
  readonly seal: Seal;
  readonly matchPlaybooks: (alert: Alert) => readonly Match[];
  /** Null where no chat shows cards. */
  readonly place: Placing | null;
}

/**
 * The lock comes first, and the statements after it, though sent together, see all that its last holder did.
 * A row that another deed holds is waited for only briefly: it may be waiting for the lock that we hold, and both
 * would stand until the server's deadlock check. A process that stops here must not stop its peers.
 */
const BEGIN = `select pg_advisory_xact_lock($1),
  set_config('lock_timeout', '100ms', true),
  set_config('statement_timeout', '10s', true), set_config('idle_in_transaction_session_timeout', '5s', true)`;

const TAKEN = `
  select key, alert_ids, extract(epoch from now() - received_at) * 1000 as age_ms from breakwater.deliveries
  where key in (select json_array_elements_text($1::json))`;

const ACTIVE_SILENCES = `select id, matchers from breakwater.silences where until_at > now() order by id`;

interface TakenRow {
  readonly key: string;
  readonly alert_ids: readonly number[];
  readonly age_ms: string;
}

/** Sorts out parcels that were taken before, also by an earlier parcel of the same batch. */
function sortOut(parcels: readonly Parcel[], taken: ReadonlyMap<string, TakenRow>) {
  const fresh: Parcel[] = [];
  const before = new Map<Parcel, readonly number[]>();
  const follows = new Map<Parcel, Parcel>();
  const firsts = new Map<string, Parcel>();
  for (const parcel of parcels) {
    const { delivery } = parcel;
    const row = delivery && taken.get(delivery.key);
    const first = delivery && firsts.get(delivery.key);
    if (row && Number(row.age_ms) <= delivery.replayMs) before.set(parcel, row.alert_ids);
    else if (first) follows.set(parcel, first);
    else {
      fresh.push(parcel);
      if (delivery) firsts.set(delivery.key, parcel);
    }
  }
  return { fresh, before, follows };
}

const incidentsOf = (list: readonly Passing[]): string[] => [
  ...new Set(list.flatMap((one) => (one.incidentId === null ? [] : [one.incidentId]))),
];

async function walk(tx: Tx, parcels: readonly Parcel[], options: CommitOptions) {
  const now = options.clock.now();
  const arrived = new Map(
    parcels.map((parcel) => {
      const waitedMs = Math.max(0, now.getTime() - parcel.sinceMs);
      return [parcel, parcel.alerts.map((alert) => setOut(alert, waitedMs))];
    }),
  );
  const all = [...arrived.values()].flat();
  const by = { settings: options.settings, now };
  for (const look of ARRIVAL) look(all, by);
  const keys = parcels.flatMap(({ delivery }) => (delivery ? [delivery.key] : []));
  const [, head, taken, silences, ids, conditions] = await Promise.all([
    rows(tx, BEGIN, [DESK_LOCK]),
    readHead(tx),
    rows<TakenRow>(tx, TAKEN, [JSON.stringify(keys)]),
    rows<Silence>(tx, ACTIVE_SILENCES),
    drawIds(tx, all.length),
    readConditions(tx, new Set(all.map((one) => one.fingerprint))),
  ]);
  const { fresh, before, follows } = sortOut(parcels, new Map(taken.map((row) => [row.key, row])));
  const receipts = new Map<Parcel, Receipt>();
  for (const [parcel, known] of before) receipts.set(parcel, { ids: known, incidents: [], replayed: true });

  const passingOf = new Map(fresh.map((parcel) => [parcel, arrived.get(parcel) ?? []]));
  const batch = [...passingOf.values()].flat();
  for (const [index, one] of batch.entries()) one.id = ids[index] as number;
  const around: Around = {
    tx,
    settings: options.settings,
    seal: options.seal,
    head,
    batch,
    silences,
    conditions,
    touched: new Map(),
    lines: [],
  };
  if (batch.length > 0)
    for (const stage of PATH)
      await stage(
        batch.filter((one) => one.stop === null),
        around,
      );
  const deliveries: Taken[] = [];
  for (const [{ delivery }, own] of passingOf) {
    if (delivery) deliveries.push({ key: delivery.key, source: delivery.source, ids: own.map((one) => one.id) });
  }
  const runs = batch.length === 0 ? [] : await store(around, deliveries, options.matchPlaybooks, options.place);
  for (const [parcel, own] of passingOf) {
    receipts.set(parcel, { ids: own.map((one) => one.id), incidents: incidentsOf(own), replayed: false });
  }
  for (const [parcel, first] of follows) {
    receipts.set(parcel, { ...(receipts.get(first) as Receipt), replayed: true });
  }
  const committed: Committed = { alerts: batch, incidents: [...around.touched.values()], runs };
  return { receipts, committed };
}

/**
 * Takes parcels in one transaction: sorts out those that were taken before, leads the alerts along the path and writes
 * what became of them. Intakes of all replicas queue at the desk's lock, so no two see the same condition as new.
 */
export function commit(
  parcels: readonly Parcel[],
  options: CommitOptions,
): Promise<{ readonly receipts: ReadonlyMap<Parcel, Receipt>; readonly committed: Committed }> {
  return options.db.transaction((tx) => walk(tx, parcels, options));
}
