import { asc, desc, inArray, sql } from "drizzle-orm";
import type { Card } from "../chat/card.ts";
import type { Db } from "../db/client.ts";
import { among, preparedFor, those } from "../db/prepared.ts";
import { approvals, breakGlass, incidents, orders, plans, runSteps, runs, votes } from "../db/schema.ts";
import { DeskError } from "../kernel/errors.ts";
import {
  type ApprovalRecord,
  type IncidentRecord,
  type NameOf,
  type OrderRecord,
  type PlanRecord,
  type StepRecord,
  type VoteRecord,
  buttonsOf,
  decisionOf,
  factsOf,
  planView,
  stepView,
  votesView,
} from "./card-parts.ts";

/** What the rows do not say. */
export interface CardSetting {
  /** Whether real money is at stake where no plan says so; paper where left out. */
  readonly environmentOf?: (incident: IncidentRecord) => "paper" | "live";
  /** Display names; the person's id where left out. */
  readonly nameOf?: NameOf;
  /** The playbook that people may start on an incident by hand; none where left out. */
  readonly responseTo?: (incident: IncidentRecord) => string | null;
}

type EmergencyRecord = typeof breakGlass.$inferSelect;
type RunRecord = typeof runs.$inferSelect;

/** Rows of several incidents, by what they belong to. */
interface Rows {
  readonly now: Date;
  readonly runs: ReadonlyMap<string, readonly RunRecord[]>;
  readonly steps: ReadonlyMap<string, readonly StepRecord[]>;
  readonly plans: ReadonlyMap<string, readonly PlanRecord[]>;
  readonly approvals: ReadonlyMap<string, ApprovalRecord>;
  readonly votes: ReadonlyMap<string, readonly VoteRecord[]>;
  readonly orders: ReadonlyMap<string, readonly OrderRecord[]>;
  /** Uses of emergency powers, oldest first. */
  readonly uses: ReadonlyMap<string, readonly EmergencyRecord[]>;
}

/** None waits for another's answer, so all of them travel together. */
const statementsOf = preparedFor((db) => {
  const theirRuns = db.select({ id: runs.id }).from(runs).where(among(runs.incidentId));
  const theirPlans = db.select({ hash: plans.hash }).from(plans).where(among(plans.incidentId));
  return {
    incidents: db
      .select({ incident: incidents, nowMs: sql<string>`extract(epoch from now()) * 1000` })
      .from(incidents)
      .where(among(incidents.id))
      .prepare("cards_incidents"),
    runs: db.select().from(runs).where(among(runs.incidentId)).orderBy(desc(runs.createdAt)).prepare("cards_runs"),
    steps: db
      .select()
      .from(runSteps)
      .where(inArray(runSteps.runId, theirRuns))
      .orderBy(asc(runSteps.position))
      .prepare("cards_steps"),
    plans: db.select().from(plans).where(among(plans.incidentId)).orderBy(desc(plans.createdAt)).prepare("cards_plans"),
    approvals: db.select().from(approvals).where(inArray(approvals.planHash, theirPlans)).prepare("cards_approvals"),
    votes: db
      .select()
      .from(votes)
      .where(inArray(votes.planHash, theirPlans))
      .orderBy(asc(votes.at))
      .prepare("cards_votes"),
    orders: db
      .select()
      .from(orders)
      .where(inArray(orders.planHash, theirPlans))
      .orderBy(asc(orders.leg))
      .prepare("cards_orders"),
    uses: db
      .select()
      .from(breakGlass)
      .where(among(breakGlass.incidentId))
      .orderBy(asc(breakGlass.openedAt))
      .prepare("cards_uses"),
  };
});

/**
 * The card of one incident, from what the database says now.
 * @throws DeskError UNKNOWN_INCIDENT
 */
export async function buildCard(db: Db, incidentId: string, setting: CardSetting = {}): Promise<Card> {
  const card = (await buildCards(db, [incidentId], setting)).get(incidentId);
  if (!card)
    throw new DeskError("UNKNOWN_INCIDENT", `there is no incident ${incidentId}; /incident list shows the open ones`);
  return card;
}

/** Cards of several incidents at once, in a fixed number of queries; unknown ids are left out. */
export async function buildCards(
  db: Db,
  ids: readonly string[],
  setting: CardSetting = {},
): Promise<ReadonlyMap<string, Card>> {
  if (ids.length === 0) return new Map();
  const [ask, wanted] = [statementsOf(db), those(ids)];
  const [found, runRows, stepRows, planRows, approvalRows, voteRows, orderRows, useRows] = await Promise.all([
    ask.incidents.execute(wanted),
    ask.runs.execute(wanted),
    ask.steps.execute(wanted),
    ask.plans.execute(wanted),
    ask.approvals.execute(wanted),
    ask.votes.execute(wanted),
    ask.orders.execute(wanted),
    ask.uses.execute(wanted),
  ]);
  const first = found[0];
  if (!first) return new Map();
  const rows: Rows = {
    now: new Date(Number(first.nowMs)),
    runs: by(runRows, (run) => run.incidentId),
    steps: by(stepRows, (step) => step.runId),
    plans: by(planRows, (plan) => plan.incidentId ?? ""),
    approvals: new Map(approvalRows.map((approval) => [approval.planHash, approval])),
    votes: by(voteRows, (vote) => vote.planHash),
    orders: by(orderRows, (order) => order.planHash),
    uses: by(useRows, (use) => use.incidentId ?? ""),
  };
  return new Map(found.map(({ incident }) => [incident.id, assemble(incident, rows, setting)]));
}

function by<T>(list: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

const ENDED = new Set(["done", "failed", "cancelled"]);

function assemble(incident: IncidentRecord, rows: Rows, setting: CardSetting): Card {
  const nameOf = setting.nameOf ?? ((person: string) => person);
  const runList = rows.runs.get(incident.id) ?? [];
  const run = runList.find((one) => !ENDED.has(one.state)) ?? runList[0] ?? null;
  const planList = rows.plans.get(incident.id) ?? [];
  // What waits for people is shown before what came later and did not.
  const record =
    planList.find((one) => one.state === "proposed" && rows.approvals.get(one.hash)?.state === "pending") ??
    planList[0] ??
    null;
  const approval = record ? (rows.approvals.get(record.hash) ?? null) : null;
  const given = record ? (rows.votes.get(record.hash) ?? []) : [];
  const plan = record ? planView(record, rows.orders.get(record.hash) ?? [], rows.now) : null;
  const votesNow = approval ? votesView(approval, given, nameOf) : null;
  const open = plan?.state === "proposed" && approval?.state === "pending" && approval.expiresAt > rows.now;
  const environment = record?.plan.environment ?? setting.environmentOf?.(incident) ?? "paper";
  return {
    incident: incident.id,
    version: incident.version,
    severity: incident.severity,
    status: incident.status,
    environment,
    title: incident.title,
    lines: linesOf(incident, run, emergencyLine(rows.uses.get(incident.id) ?? [], rows.now, nameOf)),
    facts: factsOf(incident),
    owner: incident.owner === null ? null : nameOf(incident.owner),
    playbook: run ? `${run.playbook}@${run.version}` : null,
    steps: run ? (rows.steps.get(run.id) ?? []).map(stepView) : [],
    plan,
    votes: votesNow,
    decision: open ? null : decisionOf(incident, plan, approval, given, nameOf),
    buttons: buttonsOf(
      incident,
      plan,
      votesNow,
      open,
      environment,
      run !== null && !ENDED.has(run.state) ? null : (setting.responseTo?.(incident) ?? null),
    ),
    openedAt: incident.openedAt.toISOString(),
    asOf: rows.now.toISOString(),
    path: `/incidents/${incident.id}`,
  };
}

/** Emergency powers that hold, or that nobody has reviewed; null where there are none. */
function emergencyLine(uses: readonly EmergencyRecord[], now: Date, nameOf: NameOf): string | null {
  const use = uses.find((one) => one.expiresAt > now) ?? uses.find((one) => one.reviewedAt === null);
  if (use === undefined) return null;
  const [time, who] = [`${use.expiresAt.toISOString().slice(11, 19)} UTC`, nameOf(use.person)];
  const holds =
    use.expiresAt > now
      ? `${who} holds emergency powers over ${use.scope} until ${time}`
      : `${who} held emergency powers over ${use.scope} until ${time}`;
  return `${holds}; ${use.reviewedAt === null ? "this stays open until another person reviewed it" : "reviewed"}.`;
}

/** What happened and why, then where the answer stands: at most two lines. */
function linesOf(incident: IncidentRecord, run: RunRecord | null, emergency: string | null): readonly string[] {
  const lines = [...(incident.summary ? [incident.summary] : []), ...(emergency === null ? [] : [emergency])];
  // The outcome's paragraph begins with the title, which stands right above it here.
  if (incident.status === "resolved" && incident.outcome)
    lines.push(incident.outcome.replace(`${incident.title}. `, ""));
  else if (run?.state === "orphaned")
    lines.push(
      `Playbook ${run.playbook} version ${run.version} is not installed: install it again or close the run by hand.`,
    );
  else if (run?.outcome) lines.push(run.outcome);
  else if (incident.alertCount > 1) lines.push(`${incident.alertCount} alerts so far.`);
  return lines.slice(0, 2);
}
