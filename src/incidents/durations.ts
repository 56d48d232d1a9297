import { asc, eq, min } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { alerts, incidentEvents } from "../db/schema.ts";

interface Anchor {
  readonly type: string;
  readonly which: "first" | "last";
}

/**
 * Each duration is two anchors in the timeline, so it can be computed for every past incident too; "alert.received" is when
 * the first alert came in: its own time may be a venue's of days ago.
 */
export const DURATIONS = {
  "time to card": [
    { type: "alert.received", which: "first" },
    { type: "incident.opened", which: "first" },
  ],
  "time to acknowledge": [
    { type: "incident.opened", which: "first" },
    { type: "incident.acknowledged", which: "first" },
  ],
  "time to decide": [
    { type: "approval.opened", which: "first" },
    { type: "approval.decided", which: "last" },
  ],
  "time to send": [
    { type: "approval.decided", which: "last" },
    { type: "plan.claimed", which: "last" },
  ],
  "time to safe": [
    { type: "incident.opened", which: "first" },
    { type: "account.safe", which: "last" },
  ],
  "time to resolve": [
    { type: "incident.opened", which: "first" },
    { type: "incident.resolved", which: "last" },
  ],
} as const satisfies Record<string, readonly [Anchor, Anchor]>;

export type DurationName = keyof typeof DURATIONS;

/** Milliseconds of every duration whose two events stand in the timeline; the others are left out, never zero. */
export async function durationsOf(db: Db | Tx, incident: string): Promise<Partial<Record<DurationName, number>>> {
  const events = await db
    .select({ type: incidentEvents.type, at: incidentEvents.at })
    .from(incidentEvents)
    .where(eq(incidentEvents.incidentId, incident))
    .orderBy(asc(incidentEvents.id));
  const [alert] = await db
    .select({ at: min(alerts.receivedAt) })
    .from(alerts)
    .where(eq(alerts.incidentId, incident));
  const at = (anchor: Anchor): Date | undefined => {
    if (anchor.type === "alert.received") return alert?.at ?? undefined;
    const found = events.filter((event) => event.type === anchor.type);
    return (anchor.which === "first" ? found[0] : found.at(-1))?.at;
  };
  const result: Partial<Record<DurationName, number>> = {};
  for (const [name, [from, to]] of Object.entries(DURATIONS)) {
    const [began, ended] = [at(from), at(to)];
    if (began && ended && ended >= began) result[name as DurationName] = ended.getTime() - began.getTime();
  }
  return result;
}
