import { and, eq } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { plans } from "../../db/schema.ts";
import { type Json, canonical } from "../../kernel/canonical.ts";
import { type Plan, planHash } from "../../kernel/plan.ts";
import { append, appendMany, lockDesk } from "../../ledger/append.ts";
import type { Quote } from "../judging/facts.ts";
import { type Control, gather } from "../judging/gather.ts";
import { type Decision, judge } from "../judging/judge.ts";
import { databaseNow, planFacts } from "../rows.ts";

/** A plan that was judged and written down. */
export interface Proposed {
  readonly hash: string;
  readonly decision: Decision;
  readonly policyVersion: string;
  readonly expiresAt: Date;
}

const UNPUBLISHED: Decision = {
  outcome: "deny",
  tier: "T4",
  quorums: [],
  needed: 0,
  roles: [],
  stepUp: false,
  ttlMs: 0,
  holdMs: 0,
  reasons: ["policy: no rules are in force, or their row was changed by hand"],
  trace: [],
};

/** Judges a plan with fresh facts under the rules in force. */
export async function judgeNow(
  tx: Tx,
  control: Control,
  plan: Plan,
  around: Parameters<typeof gather>[3],
): Promise<{ readonly decision: Decision; readonly policyVersion: string }> {
  const rules = await control.published(tx);
  if (rules === null) return { decision: UNPUBLISHED, policyVersion: "none" };
  return { decision: judge(rules.policy, await gather(tx, control, plan, around)), policyVersion: rules.version };
}

/**
 * Writes a plan down under its hash, judges it, and writes both into the ledger. A plan that stands already is answered
 * as it was judged then, so that a repeated step changes nothing.
 */
export async function proposePlan(
  tx: Tx,
  control: Control,
  plan: Plan,
  quotes: Readonly<Record<string, readonly Quote[]>>,
): Promise<Proposed> {
  await lockDesk(tx);
  const hash = planHash(plan);
  const [known] = await tx.select().from(plans).where(eq(plans.hash, hash));
  if (known !== undefined) {
    const kept = known.decision as unknown as Decision & { policyVersion: string };
    return { hash, decision: kept, policyVersion: kept.policyVersion, expiresAt: known.expiresAt };
  }
  const { decision, policyVersion } = await judgeNow(tx, control, plan, { quotes, proposedAt: null });
  const createdAt = await databaseNow(tx);
  // The plan's own end, but never longer than rules allow by the database's clock: the planner's clock may be wrong.
  const longest = createdAt.getTime() + decision.holdMs + Math.max(decision.ttlMs, 1);
  const expiresAt = new Date(Math.min(new Date(plan.expiresAt).getTime(), longest));
  const row = { hash, requestedBy: plan.requestedBy, incidentId: plan.incident, runId: plan.run, createdAt, expiresAt };
  const denied = decision.outcome === "deny";
  const seal = control.seal.of("plan", planFacts(row));
  await tx.insert(plans).values({
    ...row,
    canonical: canonical(plan as unknown as Json),
    plan,
    action: plan.action,
    account: plan.account,
    state: denied ? "denied" : "proposed",
    decision: { ...decision, policyVersion } as unknown as Record<string, Json>,
    seal,
    ...(denied ? { endedAt: createdAt } : {}),
  });
  await appendMany(tx, [
    {
      actor: plan.requestedBy,
      type: "plan.proposed",
      object: hash,
      body: {
        action: plan.action,
        account: plan.account,
        incident: plan.incident,
        run: plan.run,
        notionalUsd: plan.notionalUsd,
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
        seal,
      },
    },
    {
      actor: "policy",
      type: "policy.decided",
      object: hash,
      body: { ...decision, policyVersion } as unknown as Record<string, Json>,
    },
  ]);
  return { hash, decision, policyVersion, expiresAt };
}

/** Ends a claimed plan, once; false where it had ended before. */
export async function endPlan(tx: Tx, hash: string, state: "applied" | "failed", note: string): Promise<boolean> {
  await lockDesk(tx);
  const endedAt = await databaseNow(tx);
  const ended = await tx
    .update(plans)
    .set({ state, endedAt })
    .where(and(eq(plans.hash, hash), eq(plans.state, "claimed")))
    .returning({ hash: plans.hash });
  if (ended.length > 0)
    await append(tx, {
      actor: "system",
      type: "plan.ended",
      object: hash,
      body: { state, note, endedAt: endedAt.toISOString() },
    });
  return ended.length > 0;
}
