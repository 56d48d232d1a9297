import { eq, sql } from "drizzle-orm";
import type { Database, Tx } from "./client.ts";
import { incidentEvents, incidents } from "./schema.ts";
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

/** Tells every listener, on every replica, if and when the transaction commits. */
export async function announce(tx: Tx, change: Change): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(change)})`);
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

/** Raises the incident's version, so that its card is drawn anew everywhere. */
export async function touchIncident(tx: Tx, id: string): Promise<void> {
  const [row] = await tx
    .update(incidents)
    .set({ version: sql`${incidents.version} + 1` })
    .where(eq(incidents.id, id))
    .returning({ version: incidents.version });
  if (row) await announce(tx, { type: "incident", id, version: row.version, placed: false });
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
  await tx
    .insert(incidentEvents)
    .values({ incidentId: line.incident, type: line.type, actor: line.actor, text: line.text, data: line.data ?? {} });
  await touchIncident(tx, line.incident);
}
