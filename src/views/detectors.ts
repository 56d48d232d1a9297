import { and, asc, count, desc, eq, gt, like, max, sql } from "drizzle-orm";
import type { DetectorDetail } from "../chat/console/rows/detectors.ts";
import type { MarketRow } from "../chat/console/rows/market.ts";
import type { Db } from "../db/client.ts";
import { alerts, detectorLabels, incidents } from "../db/schema.ts";
import type { Severity } from "../kernel/alert.ts";

/** Hits of each detector in the last 24 hours and the time of its last one, by the alert's source "detector:name". */
export async function detectorHits(db: Db): Promise<ReadonlyMap<string, { hits: number; lastHitAt: string | null }>> {
  const rows = await db
    .select({ source: alerts.source, hits: count(), last: max(alerts.at) })
    .from(alerts)
    .where(
      and(
        like(alerts.source, "detector:%"),
        eq(alerts.status, "firing"),
        gt(alerts.receivedAt, sql`now() - interval '24 hours'`),
      ),
    )
    .groupBy(alerts.source);
  return new Map(
    rows.map((row) => [
      row.source.slice("detector:".length),
      { hits: row.hits, lastHitAt: row.last === null ? null : new Date(row.last).toISOString() },
    ]),
  );
}

/** What people said of each detector's incidents. */
export async function detectorJudgements(
  db: Db,
): Promise<ReadonlyMap<string, { all: number; right: number; useful: number }>> {
  const { detector, label } = detectorLabels;
  const rows = await db
    .select({
      detector,
      all: count(),
      right: sql<number>`(count(*) filter (where ${label} <> 'false'))::int`,
      useful: sql<number>`(count(*) filter (where ${label} = 'useful'))::int`,
    })
    .from(detectorLabels)
    .groupBy(detector);
  return new Map(rows.map(({ detector: name, ...judged }) => [name, judged]));
}

const RECENT = 50;
const MOST_SCORES = 2_000;

/** The newest hit of each instrument within a day, by "venue instrument". */
export type LastHits = ReadonlyMap<string, NonNullable<MarketRow["hit"]>>;

/** What detectors last said of each instrument. */
export async function lastHits(db: Db): Promise<LastHits> {
  const rows = await db.execute<{
    place: string;
    source: string;
    severity: Severity;
    at: string | Date;
    incident_id: string | null;
  }>(sql`
    select distinct on (place) (labels->>'venue') || ' ' || (labels->>'instrument') as place,
      source, severity, at, incident_id
    from breakwater.alerts
    where source like 'detector:%' and status = 'firing' and labels ? 'instrument'
      and received_at > now() - interval '24 hours'
    order by place, id desc`);
  return new Map(
    rows.map((row) => [
      row.place,
      {
        detector: row.source.slice("detector:".length),
        severity: row.severity,
        at: new Date(row.at).toISOString(),
        incident: row.incident_id,
      },
    ]),
  );
}

const scoreOf = (values: Readonly<Record<string, string>>): number | null =>
  values["score"] === undefined ? null : Number(values["score"]);

/** What one detector said and how people judged it. */
export async function detectorStory(
  db: Db,
  name: string,
  nameOf: (person: string) => string,
): Promise<Pick<DetectorDetail, "recent" | "scores" | "labels">> {
  const ours = eq(alerts.source, `detector:${name}`);
  const [recent, scored, labels] = await Promise.all([
    db.select().from(alerts).where(ours).orderBy(desc(alerts.id)).limit(RECENT),
    db
      .select({ at: alerts.at, values: alerts.values })
      .from(alerts)
      .where(and(ours, eq(alerts.status, "firing"), gt(alerts.receivedAt, sql`now() - interval '7 days'`)))
      .orderBy(desc(alerts.at))
      .limit(MOST_SCORES),
    db
      .select({ label: detectorLabels, title: incidents.title })
      .from(detectorLabels)
      .innerJoin(incidents, eq(incidents.id, detectorLabels.incidentId))
      .where(eq(detectorLabels.detector, name))
      .orderBy(desc(detectorLabels.at), asc(detectorLabels.incidentId))
      .limit(RECENT),
  ]);
  return {
    recent: recent.map((row) => ({
      at: row.at.toISOString(),
      status: row.status,
      severity: row.severity,
      venue: row.labels["venue"] ?? "",
      instrument: row.labels["instrument"] ?? "",
      title: row.title,
      score: scoreOf(row.values),
      incident: row.incidentId,
    })),
    scores: scored.toReversed().flatMap(({ at, values }) => {
      const score = scoreOf(values);
      return score === null ? [] : [{ at: at.toISOString(), score }];
    }),
    labels: labels.map(({ label, title }) => ({
      incident: label.incidentId,
      title,
      label: label.label,
      person: nameOf(label.person),
      at: label.at.toISOString(),
    })),
  };
}
