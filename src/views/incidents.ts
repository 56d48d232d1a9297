import { type SQL, and, asc, desc, eq, ilike, ne, or, sql } from "drizzle-orm";
import type { IncidentFilter, IncidentRow, TimelineRow } from "../chat/console/rows/incidents.ts";
import type { Db } from "../db/client.ts";
import { among, preparedFor, those } from "../db/prepared.ts";
import { incidentEvents, incidents } from "../db/schema.ts";

const MOST = 500;

/** Who did it, as people read it: a person's name, "detector concentration", "playbook margin-breach@1". */
export function actorName(actor: string, nameOf: (person: string) => string): string {
  const [, kind, name = ""] = /^(person|source|playbook):(.*)$/s.exec(actor) ?? [];
  if (kind === "person") return nameOf(name);
  // The kind stays in front: a source that is called like a person must not be read as one.
  if (kind === "source") return name.startsWith("detector:") ? name.replace(":", " ") : `source ${name}`;
  return kind === "playbook" ? `playbook ${name}` : actor;
}

/** Names are written out: drizzle leaves a column's table away inside a select over one table. */
const deciding = sql<boolean>`exists (
  select 1 from breakwater.plans p join breakwater.approvals a on a.plan_hash = p.hash
  where p.incident_id = breakwater.incidents.id and p.state = 'proposed'
    and a.state = 'pending' and a.expires_at > now())`;

const rank = sql`array_position(array['critical', 'high', 'medium', 'low', 'info'], ${incidents.severity})`;

const select = (db: Db) => db.select({ incident: incidents, deciding }).from(incidents);

const toRow = ({
  incident,
  deciding,
}: {
  incident: typeof incidents.$inferSelect;
  deciding: boolean;
}): IncidentRow => ({
  incident: incident.id,
  severity: incident.severity,
  status: incident.status,
  title: incident.title,
  account: incident.labels["account"] ?? null,
  owner: incident.owner,
  outcome: incident.outcome,
  alertCount: incident.alertCount,
  version: incident.version,
  deciding,
  openedAt: incident.openedAt.toISOString(),
});

/** Every word must occur; the word's own % and _ are letters, not patterns. */
function matches(text: string): SQL | undefined {
  const words = text.trim().split(/\s+/).filter(Boolean).slice(0, 8);
  return and(
    ...words.map((word) => {
      const like = `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
      return or(
        ilike(incidents.id, like),
        ilike(incidents.title, like),
        ilike(incidents.kind, like),
        ilike(incidents.severity, like),
        ilike(sql`${incidents.labels}::text`, like),
      );
    }),
  );
}

/** The incident list: unresolved before resolved, louder before quieter, decisions due first, younger before older. */
export async function listIncidents(db: Db, filter: IncidentFilter): Promise<readonly IncidentRow[]> {
  const status = filter.status ?? "unresolved";
  const rows = await select(db)
    .where(
      and(
        status === "unresolved" ? ne(incidents.status, "resolved") : undefined,
        status === "resolved" ? eq(incidents.status, "resolved") : undefined,
        matches(filter.text ?? ""),
      ),
    )
    .orderBy(asc(sql`${incidents.status} = 'resolved'`), asc(rank), desc(deciding), desc(incidents.openedAt))
    .limit(Math.min(filter.limit ?? MOST, 1_000));
  return rows.map(toRow);
}

const byId = preparedFor((db) => select(db).where(among(incidents.id)).prepare("incident_rows"));

/** Lines of the named incidents; unknown ones are left out. */
export async function incidentRows(db: Db, ids: readonly string[]): Promise<readonly IncidentRow[]> {
  if (ids.length === 0) return [];
  const rows = await byId(db).execute(those(ids));
  return rows.map(toRow);
}

/** An incident's timeline, oldest first; the newest 500 lines of it. */
export async function timelineOf(
  db: Db,
  incident: string,
  nameOf: (person: string) => string,
): Promise<readonly TimelineRow[]> {
  const rows = await db
    .select()
    .from(incidentEvents)
    .where(eq(incidentEvents.incidentId, incident))
    .orderBy(desc(incidentEvents.id))
    .limit(MOST);
  return rows.reverse().map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    actor: actorName(row.actor, nameOf),
    type: row.type,
    text: row.text,
    ledger: typeof row.data["ledger"] === "number" ? row.data["ledger"] : null,
  }));
}

/** The account an incident is about, where its labels name one. */
export async function accountOf(db: Db, incident: string): Promise<string | null> {
  const [row] = await db.select({ labels: incidents.labels }).from(incidents).where(eq(incidents.id, incident));
  return row?.labels["account"] ?? null;
}
