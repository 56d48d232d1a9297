import { and, eq, gt, inArray, isNull, ne, sql } from "drizzle-orm";
import { noteIncident } from "../db/changes.ts";
import type { Db, Tx } from "../db/client.ts";
import { approvals, breakGlass, incidentEvents, incidents, plans } from "../db/schema.ts";
import type { Severity, TrustClass } from "../kernel/alert.ts";
import { type Json, sha256 } from "../kernel/canonical.ts";
import { DeskError } from "../kernel/errors.ts";
import { incidentFacts } from "../kernel/origin.ts";
import type { Seal } from "../kernel/seal.ts";
import { append } from "../ledger/append.ts";

/** Why an incident was closed; a fixed list, because it feeds the judgement of detectors. */
export const RESOLUTIONS = ["handled", "recovered", "false-alarm", "duplicate", "accepted-risk", "test"] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

type IncidentRow = typeof incidents.$inferSelect;

/** Who does it, and through which surface: "person:ana" on "slack". */
export interface By {
  readonly actor: string;
  readonly surface: string;
}

async function unresolved(tx: Tx, id: string): Promise<IncidentRow> {
  const [row] = await tx.select().from(incidents).where(eq(incidents.id, id)).for("update");
  if (!row) throw new DeskError("UNKNOWN_INCIDENT", `there is no incident ${id}; /incident list shows the open ones`);
  if (row.status === "resolved")
    throw new DeskError("DECISION_TAKEN", `${id} was resolved before; a new alert opens a new incident`);
  return row;
}

/**
 * Opens an incident by hand, or one that only carries a person's request. Resolves to its id; a request that opened one
 * before, also one that is resolved by now, is answered with it.
 */
export async function openIncident(
  tx: Tx,
  seal: Seal,
  by: By,
  one: {
    kind: string;
    severity: Severity;
    title: string;
    summary?: string;
    trust?: TrustClass;
    labels?: Record<string, string>;
    /** The delivery that asks for it. */
    request?: string;
  },
): Promise<string> {
  const { kind, severity } = one;
  const asked = one.request === undefined ? null : `${kind}:request:${sha256(one.request).slice(0, 32)}`;
  if (asked !== null) {
    const [known] = await tx.select({ id: incidents.id }).from(incidents).where(eq(incidents.correlationKey, asked));
    if (known !== undefined) return known.id;
  }
  const [next] = await tx.execute<{ seq: string }>(
    sql`select nextval(pg_get_serial_sequence('breakwater.incidents', 'seq')) as seq`,
  );
  const seq = Number(next?.seq);
  const id = `INC-${seq}`;
  const origin = { id, kind, severity, trust: one.trust ?? ("internal" as const), source: null };
  await tx.insert(incidents).values({
    ...origin,
    seal: seal.of("incident", incidentFacts(origin)),
    seq,
    correlationKey: asked ?? `${kind}:${id}`,
    title: one.title,
    summary: one.summary ?? null,
    labels: one.labels ?? {},
    values: {},
    alertCount: 0,
  });
  await append(tx, {
    actor: by.actor,
    type: "incident.opened",
    object: id,
    body: { kind, severity, trust: origin.trust, source: null, title: one.title },
  });
  await noteIncident(tx, {
    incident: id,
    type: "incident.opened",
    actor: by.actor,
    text: `opened by ${by.actor.replace("person:", "")} on ${by.surface}`,
  });
  return id;
}

/** Somebody saw it: stops pages. A second acknowledgement says who was first. */
export async function acknowledge(db: Db, id: string, by: By): Promise<void> {
  await db.transaction(async (tx) => {
    const row = await unresolved(tx, id);
    if (row.status === "acknowledged")
      throw new DeskError("DECISION_TAKEN", `${id} was acknowledged before${row.owner ? `; ${row.owner} has it` : ""}`);
    await tx.update(incidents).set({ status: "acknowledged" }).where(eq(incidents.id, id));
    await append(tx, { actor: by.actor, type: "incident.acknowledged", object: id, body: { surface: by.surface } });
    await noteIncident(tx, {
      incident: id,
      type: "incident.acknowledged",
      actor: by.actor,
      text: `acknowledged on ${by.surface}`,
    });
  });
}

/** Gives the incident an owner, acknowledging it on the way. */
export async function assign(db: Db, id: string, owner: string, by: By): Promise<void> {
  await db.transaction(async (tx) => {
    const row = await unresolved(tx, id);
    if (row.owner === owner) throw new DeskError("DECISION_TAKEN", `${id} is ${owner}'s already`);
    await tx.update(incidents).set({ owner, status: "acknowledged" }).where(eq(incidents.id, id));
    await append(tx, {
      actor: by.actor,
      type: "incident.assigned",
      object: id,
      body: { owner, before: row.owner, surface: by.surface },
    });
    await noteIncident(tx, { incident: id, type: "incident.assigned", actor: by.actor, text: `${owner} takes it` });
  });
}

const LOUDER: Record<Severity, Severity> = {
  info: "low",
  low: "medium",
  medium: "high",
  high: "critical",
  critical: "critical",
};

/** What the timeline says of a request that was done before, with the incident's row held; undefined where it was not. */
async function doneBefore(tx: Tx, id: string, request: string | null): Promise<Record<string, Json> | undefined> {
  if (request === null) return undefined;
  await tx.select({ id: incidents.id }).from(incidents).where(eq(incidents.id, id)).for("update");
  const [line] = await tx
    .select({ data: incidentEvents.data })
    .from(incidentEvents)
    .where(and(eq(incidentEvents.incidentId, id), sql`${incidentEvents.data} ->> 'request' = ${request}`));
  return line?.data;
}

/** A delivery as the timeline names it. */
const requestOf = (asked: string | undefined): string | null => (asked === undefined ? null : sha256(asked));

/** Raises the severity by one step; a delivery, `asked`, that raised it before is answered with what it raised it to. */
export async function escalate(db: Db, seal: Seal, id: string, by: By, asked?: string): Promise<Severity> {
  return db.transaction(async (tx) => {
    const request = requestOf(asked);
    const before = await doneBefore(tx, id, request);
    if (before !== undefined) return before["to"] as Severity;
    const row = await unresolved(tx, id);
    if (row.severity === "critical")
      throw new DeskError("DECISION_TAKEN", `${id} is critical already; /page calls people`);
    const severity = LOUDER[row.severity];
    // What was changed by hand stays unsealed: a new seal would make it true.
    const sound = seal.holds("incident", incidentFacts(row), row.seal);
    const renewed = sound ? { seal: seal.of("incident", incidentFacts({ ...row, severity })) } : {};
    await tx
      .update(incidents)
      .set({ severity, ...renewed })
      .where(eq(incidents.id, id));
    await append(tx, {
      actor: by.actor,
      type: "incident.escalated",
      object: id,
      body: { from: row.severity, to: severity },
    });
    await noteIncident(tx, {
      incident: id,
      type: "incident.escalated",
      actor: by.actor,
      text: `raised from ${row.severity} to ${severity}`,
      data: { to: severity, request },
    });
    return severity;
  });
}

/** Adds a person's note to the timeline, once a delivery, `asked`. */
export async function note(db: Db, id: string, text: string, by: By, asked?: string): Promise<void> {
  await db.transaction(async (tx) => {
    const request = requestOf(asked);
    if ((await doneBefore(tx, id, request)) !== undefined) return;
    await unresolved(tx, id);
    await append(tx, { actor: by.actor, type: "incident.noted", object: id, body: { text } });
    await noteIncident(tx, { incident: id, type: "incident.noted", actor: by.actor, text, data: { request } });
  });
}

/** Uses of emergency powers on an incident that nobody else has looked at. */
export const unreviewed = (tx: Pick<Tx, "select">, incidentId: string): Promise<(typeof breakGlass.$inferSelect)[]> =>
  tx
    .select()
    .from(breakGlass)
    .where(and(eq(breakGlass.incidentId, incidentId), isNull(breakGlass.reviewedAt)));

/**
 * Closes the incident inside the caller's transaction. It never takes another alert: the next one opens a new incident.
 * @throws DeskError NOT_ALLOWED while a use of emergency powers on it waits for its review
 */
export async function resolveIn(tx: Tx, id: string, resolution: Resolution, by: By, text?: string): Promise<void> {
  const row = await unresolved(tx, id);
  const [use] = await unreviewed(tx, id);
  if (use !== undefined)
    throw new DeskError(
      "NOT_ALLOWED",
      `${id} stays open: the emergency powers that ${use.person} took have no review; another person of risk or compliance writes /break-glass review ${use.id.slice(0, 12)} "what was found"`,
    );
  await tx
    .update(incidents)
    .set({ status: "resolved", resolvedAt: sql`now()`, outcome: text ?? row.outcome })
    .where(and(eq(incidents.id, id), ne(incidents.status, "resolved")));
  await append(tx, {
    actor: by.actor,
    type: "incident.resolved",
    object: id,
    body: { resolution, text: text ?? null },
  });
  await noteIncident(tx, {
    incident: id,
    type: "incident.resolved",
    actor: by.actor,
    text: `resolved as ${resolution}${text ? `: ${text}` : ""}`,
    data: { resolution },
  });
}

/**
 * Whether a plan of the incident waits for people. Its row is held, so that a vote on it comes before or after, never
 * beside; it is taken before the incident's own row, as a vote does.
 */
async function awaitsPeople(tx: Tx, id: string): Promise<boolean> {
  const waiting = await tx
    .select({ plan: approvals.planHash })
    .from(approvals)
    .where(
      and(
        inArray(approvals.planHash, tx.select({ hash: plans.hash }).from(plans).where(eq(plans.incidentId, id))),
        eq(approvals.state, "pending"),
        gt(approvals.expiresAt, sql`now()`),
      ),
    )
    .for("update");
  return waiting.length > 0;
}

/** Closes the incident in a transaction of its own; not while a plan of it could still be approved. */
export const resolve = (db: Db, id: string, resolution: Resolution, by: By, text?: string): Promise<void> =>
  db.transaction(async (tx) => {
    if (await awaitsPeople(tx, id))
      throw new DeskError("NOT_ALLOWED", `a plan of ${id} waits for people; deny it first, then resolve ${id}`);
    await resolveIn(tx, id, resolution, by, text);
  });
