import { type SQL, and, desc, eq, lte, ne, sql } from "drizzle-orm";
import { noteIncident } from "../../db/changes.ts";
import type { Tx } from "../../db/client.ts";
import { approvals, ledger, plans, votes } from "../../db/schema.ts";
import { type Json } from "../../kernel/canonical.ts";
import { DeskError } from "../../kernel/errors.ts";
import { fingerprintWords } from "../../kernel/plan.ts";
import { append, lockDesk } from "../../ledger/append.ts";
import type { Control } from "../judging/gather.ts";
import { type Quorum, summaryOf } from "./quorum.ts";
import { type ApprovalRow, approvalFacts, databaseNow } from "../rows.ts";

/** Tells a waiting run, in the same transaction, that its question was answered; passed in by the composition root. */
export type Wake = (tx: Tx, runId: string, planHash: string) => Promise<void>;

/** What is put to people. */
export interface Question {
  /** SHA-256 of the plan, or of the policy draft. */
  readonly hash: string;
  readonly subject: "plan" | "policy";
  readonly requestedBy: string;
  readonly runId: string | null;
  readonly quorums: readonly Quorum[];
  readonly policyVersion: string;
  /** At most this long, by the database's clock; a plan's own end comes first. */
  readonly ttlMs: number;
}

/** Opens a question, once: a repeated step finds the one that stands. Resolves to its end. */
export async function openApproval(
  tx: Tx,
  control: Control,
  question: Question,
): Promise<{ readonly expiresAt: Date }> {
  await lockDesk(tx);
  const [known] = await tx.select().from(approvals).where(eq(approvals.planHash, question.hash));
  if (known !== undefined) return { expiresAt: known.expiresAt };
  if (question.quorums.length === 0)
    throw new DeskError(
      "INPUT_INVALID",
      "a question without a quorum would be approved by nobody; let the policy judge the plan first",
    );
  const openedAt = await databaseNow(tx);
  const [plan] = question.subject === "plan" ? await tx.select().from(plans).where(eq(plans.hash, question.hash)) : [];
  if (question.subject === "plan" && plan?.state !== "proposed")
    throw new DeskError(
      "PLAN_SPENT",
      `the plan is ${plan?.state ?? "not known"}; only a proposed plan can be put to people`,
    );
  const { needed, roles, stepUp, ttlMs } = summaryOf(question.quorums);
  const end = openedAt.getTime() + Math.min(question.ttlMs, ttlMs);
  const row = {
    planHash: question.hash,
    subject: question.subject,
    requestedBy: question.requestedBy,
    runId: question.runId,
    quorums: question.quorums as unknown as Record<string, Json>[],
    needed,
    roles: [...roles],
    stepUp,
    policyVersion: question.policyVersion,
    openedAt,
    expiresAt: new Date(plan === undefined ? end : Math.min(end, plan.expiresAt.getTime())),
  };
  const seal = control.seal.of("approval", approvalFacts(row));
  await tx.insert(approvals).values({ ...row, seal });
  await append(tx, {
    actor: question.requestedBy,
    type: "approval.opened",
    object: question.hash,
    body: { ...approvalFacts(row), seal },
  });
  return { expiresAt: row.expiresAt };
}

/** The approval's row, locked, with the desk's lock held before it. */
export async function lockedApproval(tx: Tx, hash: string): Promise<ApprovalRow | undefined> {
  await lockDesk(tx);
  // What is asked under the desk's lock is prepared: a statement with parameters that is not costs a second round trip.
  const [row] = await tx
    .select()
    .from(approvals)
    .where(eq(approvals.planHash, hash))
    .for("update")
    .prepare("question")
    .execute();
  return row;
}

/** Writes how a question ended, moves its plan along, and wakes the run that waits. */
export async function decide(
  tx: Tx,
  row: ApprovalRow,
  state: "approved" | "denied" | "expired",
  by: { readonly actor: string; readonly at: Date; readonly reason: string | null },
  wake: Wake,
): Promise<void> {
  await tx
    .update(approvals)
    .set({ state, decidedAt: by.at })
    .where(eq(approvals.planHash, row.planHash))
    .prepare("end of a question")
    .execute();
  if (row.subject === "plan") {
    await tx
      .update(plans)
      .set({ state, ...(state === "approved" ? {} : { endedAt: by.at }) })
      .where(and(eq(plans.hash, row.planHash), eq(plans.state, "proposed")))
      .prepare("plan that was decided")
      .execute();
  }
  await append(tx, {
    actor: by.actor,
    type: "approval.decided",
    object: row.planHash,
    body: { state, decidedAt: by.at.toISOString(), reason: by.reason },
  });
  if (row.runId !== null) await wake(tx, row.runId, row.planHash);
}

/** Why a question whose time is over was closed. */
export const UNDECIDED = "nobody decided in time";

/** Closes every question whose time is over; resolves to the plans that expired. */
export async function expireDue(tx: Tx, wake: Wake): Promise<readonly string[]> {
  await lockDesk(tx);
  const at = await databaseNow(tx);
  const due = await tx
    .select()
    .from(approvals)
    .where(and(eq(approvals.state, "pending"), lte(approvals.expiresAt, at)))
    .for("update");
  for (const row of due) await decide(tx, row, "expired", { actor: "policy", at, reason: UNDECIDED }, wake);
  return due.map((row) => row.planHash);
}

/** Closes open questions that nobody can answer any more, with why, also on their incidents; resolves to what was closed. */
async function closeAll(tx: Tx, which: SQL | undefined, reason: string, wake: Wake): Promise<readonly ApprovalRow[]> {
  const open = and(eq(approvals.state, "pending"), which);
  const some = await tx.select({ hash: approvals.planHash }).from(approvals).where(open).limit(1);
  if (some.length === 0) return [];
  await lockDesk(tx);
  const at = await databaseNow(tx);
  const rows = await tx.select().from(approvals).where(open).for("update");
  for (const row of rows) {
    await decide(tx, row, "expired", { actor: "policy", at, reason }, wake);
    const [plan] = await tx.select({ incident: plans.incidentId }).from(plans).where(eq(plans.hash, row.planHash));
    if (plan?.incident)
      await noteIncident(tx, {
        incident: plan.incident,
        type: "approval.decided",
        actor: "policy",
        text: `"${fingerprintWords(row.planHash)}" can no longer be approved: ${reason}`,
        data: { plan: row.planHash },
      });
  }
  return rows;
}

/**
 * Closes the questions about plans that were judged under rules of before: nobody could approve them any more, and their
 * runs should hear so now and not when their time is over. Resolves to what was closed.
 */
export const closeOvertaken = (tx: Tx, version: string, wake: Wake): Promise<readonly ApprovalRow[]> =>
  closeAll(
    tx,
    and(eq(approvals.subject, "plan"), ne(approvals.policyVersion, version)),
    "the rules changed while it waited; ask for it anew",
    wake,
  );

/** Closes the question about one plan, which has become pointless for the given reason; resolves to whether it was open. */
export const closeOfPlan = async (tx: Tx, planHash: string, reason: string, wake: Wake): Promise<boolean> =>
  (await closeAll(tx, eq(approvals.planHash, planHash), reason, wake)).length > 0;

/**
 * Closes the questions of a run that goes no further, because it was cancelled or has ended: a vote on them could send nothing.
 * The run is not woken; the caller knows of it. Resolves to what was closed.
 */
export const closeOfRun = (tx: Tx, runId: string, reason: string): Promise<readonly ApprovalRow[]> =>
  closeAll(tx, eq(approvals.runId, runId), reason, async () => {});

/** What closed a question before its time was over, by the ledger; null where nothing did. */
export async function closedBecause(tx: Tx, planHash: string): Promise<string | null> {
  const [entry] = await tx
    .select({ body: ledger.body })
    .from(ledger)
    .where(and(eq(ledger.object, planHash), sql`type like 'approval.%'`))
    .orderBy(desc(ledger.seq))
    .limit(1);
  const { reason } = JSON.parse(entry?.body ?? "{}") as { reason?: string | null };
  return reason === undefined || reason === UNDECIDED ? null : reason;
}

/** How a question stands. */
export type Standing =
  | {
      readonly state: "pending";
      readonly expiresAt: Date;
      readonly approvedBy: readonly string[];
      readonly needed: number;
    }
  | { readonly state: "approved"; readonly by: readonly string[]; readonly at: Date }
  | { readonly state: "denied"; readonly by: string; readonly reason: string; readonly at: Date }
  /** `why` is null where nobody decided in time, else what closed the question before. */
  | { readonly state: "expired"; readonly at: Date; readonly why: string | null };

/** Reads how a question stands, closing it first where its time is over; undefined where nothing was asked. */
export async function answerOf(tx: Tx, hash: string, wake: Wake): Promise<Standing | undefined> {
  let row = await lockedApproval(tx, hash);
  if (row === undefined) return undefined;
  const now = await databaseNow(tx);
  if (row.state === "pending" && row.expiresAt <= now) {
    await decide(tx, row, "expired", { actor: "policy", at: now, reason: UNDECIDED }, wake);
    row = { ...row, state: "expired", decidedAt: now };
  }
  const cast = await tx
    .select()
    .from(votes)
    .where(eq(votes.planHash, hash))
    .orderBy(sql`${votes.at}`);
  const approvedBy = cast.filter((one) => one.decision === "approve").map((one) => one.person);
  const at = row.decidedAt ?? now;
  switch (row.state) {
    case "pending":
      return { state: "pending", expiresAt: row.expiresAt, approvedBy, needed: row.needed };
    case "approved":
      return { state: "approved", by: approvedBy, at };
    case "denied": {
      const denial = cast.find((one) => one.decision === "deny");
      return { state: "denied", by: denial?.person ?? "policy", reason: denial?.reason ?? "", at };
    }
    case "expired":
      return { state: "expired", at, why: await closedBecause(tx, hash) };
  }
}
