import { and, count, desc, eq, gt, inArray, ne, sql } from "drizzle-orm";
import type { AlertRow } from "../chat/console/rows/incidents.ts";
import type { HeaderView } from "../chat/console/header.ts";
import type { OrderLine } from "../chat/console/rows/plans.ts";
import type { RunRow } from "../chat/console/rows/playbooks.ts";
import type { Db } from "../db/client.ts";
import { alerts, approvals, incidents, orders, runSteps, runs } from "../db/schema.ts";
import { actorName } from "./incidents.ts";

/** Alerts as they came, newest first, also the stopped ones. */
export async function listAlerts(db: Db, limit: number): Promise<readonly AlertRow[]> {
  const rows = await db.select().from(alerts).orderBy(desc(alerts.id)).limit(limit);
  return rows.map((row) => ({
    id: row.id,
    at: row.receivedAt.toISOString(),
    source: row.source,
    trust: row.trust,
    kind: row.kind,
    status: row.status,
    severity: row.severity,
    title: row.title,
    incident: row.incidentId,
    stop: row.stop,
    stoppedBy: row.stoppedBy,
  }));
}

/** Orders of ours, newest first. */
export async function listOrders(db: Db, limit: number): Promise<readonly OrderLine[]> {
  const rows = await db.select().from(orders).orderBy(desc(orders.intendedAt), desc(orders.leg)).limit(limit);
  return rows.map((row) => ({
    clientOrderId: row.clientOrderId,
    incident: row.incidentId,
    venue: row.venue,
    account: row.account,
    symbol: row.symbol,
    side: row.side,
    quantity: row.quantity,
    filledQuantity: row.filledQuantity,
    limitPrice: row.limitPrice,
    averagePrice: row.averagePrice,
    notionalUsd: row.notionalUsd,
    reduceOnly: row.reduceOnly,
    state: row.state,
    reason: row.reason,
    at: row.intendedAt.toISOString(),
  }));
}

/** Playbook runs, newest first, with the step each one stands at. */
export async function listRuns(db: Db, limit: number, nameOf: (person: string) => string): Promise<readonly RunRow[]> {
  const rows = await db.select().from(runs).orderBy(desc(runs.createdAt)).limit(limit);
  const ids = rows.map((row) => row.id);
  const steps =
    ids.length === 0
      ? []
      : await db.select().from(runSteps).where(inArray(runSteps.runId, ids)).orderBy(desc(runSteps.position));
  return rows.map((row) => ({
    run: row.id,
    playbook: row.playbook,
    version: row.version,
    incident: row.incidentId,
    state: row.state,
    outcome: row.outcome,
    step: steps.find((step) => step.runId === row.id)?.name ?? null,
    requestedBy: actorName(row.requestedBy, nameOf),
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  }));
}

/** How many incidents are unresolved and how many plans wait for people. */
export async function countOpen(db: Db): Promise<Pick<HeaderView, "openIncidents" | "pendingApprovals">> {
  const [[open], [pending]] = await Promise.all([
    db.select({ n: count() }).from(incidents).where(ne(incidents.status, "resolved")),
    db
      .select({ n: count() })
      .from(approvals)
      .where(and(eq(approvals.state, "pending"), gt(approvals.expiresAt, sql`now()`))),
  ]);
  return { openIncidents: open?.n ?? 0, pendingApprovals: pending?.n ?? 0 };
}
