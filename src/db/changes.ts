import type { Database, Db, Tx } from "./client.ts";
import { rows } from "./rows.ts";
import type { Json } from "../kernel/canonical.ts";

const CHANNEL = "breakwater";

/** What other parts and other replicas are told once the transaction commits; the rows are the truth, this only wakes. */
export type Change =
  | {
      readonly type: "incident";
      readonly id: string;
      readonly version: number;
      /** Whether its cards were asked for in the same transaction. */
      readonly placed: boolean;
    }
  | { readonly type: "account"; readonly id: string }
  | { readonly type: "run"; readonly id: string }
  | { readonly type: "trading" }
  | { readonly type: "rules" }
  | { readonly type: "page" };

const ANNOUNCE = `select pg_notify('${CHANNEL}', $1)`;

/** Tells every listener, on every replica, if and when the transaction commits. */
export async function announce(tx: Tx, change: Change): Promise<void> {
  await rows(tx, ANNOUNCE, [JSON.stringify(change)]);
}

/** Calls back for every announced change; resolves to the closer. A lost connection is reopened by the driver, and `onReconnect` tells that changes may have been missed. */
export async function listen(
  database: Database,
  onChange: (change: Change) => void,
  onReconnect: () => void,
): Promise<() => Promise<void>> {
  let first = true;
  const subscription = await database.sql.listen(
    CHANNEL,
    (text) => onChange(JSON.parse(text) as Change),
    () => {
      if (!first) onReconnect();
      first = false;
    },
  );
  return () => subscription.unlisten();
}

/** Raises the version and tells it, as one statement: nearly every deed does this. */
const TOUCH = `
  touched as (update breakwater.incidents set version = version + 1 where id = $1 returning id, version)
  select pg_notify('${CHANNEL}',
    json_build_object('type', 'incident', 'id', id, 'version', version, 'placed', false)::text)
  from touched`;

const NOTE = `
  with line as (
    insert into breakwater.incident_events (incident_id, type, actor, text, data) values ($1, $2, $3, $4, $5::jsonb)
  ), ${TOUCH}`;

/** Raises the incident's version, so that its card is drawn anew everywhere. */
export async function touchIncident(tx: Tx, id: string): Promise<void> {
  await rows(tx, `with ${TOUCH}`, [id]);
}

/** Writes what the incident's card shows and redraws it, as one statement. @param deed SQL whose parameters count from $2 */
export async function redraw(db: Db | Tx, id: string, deed: string, values: readonly unknown[]): Promise<void> {
  await rows(db, `with deed as (${deed}), ${TOUCH}`, [id, ...values]);
}

/** Adds a line to the incident's timeline and redraws its card. */
export async function noteIncident(
  tx: Tx,
  line: {
    readonly incident: string;
    readonly type: string;
    readonly actor: string;
    readonly text: string;
    readonly data?: Record<string, Json>;
  },
): Promise<void> {
  const { incident, type, actor, text, data = {} } = line;
  await rows(tx, NOTE, [incident, type, actor, text, JSON.stringify(data)]);
}
