import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { accountStates, plans, votes } from "../../db/schema.ts";
import { type Json, canonical, sha256 } from "../../kernel/canonical.ts";
import type { ErrorCode } from "../../kernel/errors.ts";
import { type Plan, planHash } from "../../kernel/plan.ts";
import { append } from "../../ledger/append.ts";
import { lockedApproval } from "../people/approvals.ts";
import { brokenCollar } from "../judging/collar.ts";
import type { Quote } from "../judging/facts.ts";
import type { Control } from "../judging/gather.ts";
import { voices } from "../people/voices.ts";
import { inFlight } from "../judging/in-flight.ts";
import { claimFacts, claimOf } from "./intent.ts";
import { type Decision, decisive } from "../judging/judge.ts";
import { pointless } from "./pointless.ts";
import { type Quorum, meetsAll } from "../people/quorum.ts";
import { judgeNow } from "./propose.ts";
import { type ApprovalRow, type PlanRow, approvalFacts, databaseNow, planFacts } from "../rows.ts";
import { settleOrder, settlementObjection } from "./settlement.ts";
import { throttled } from "./throttle.ts";
import { freeze, frozenSince, unfreeze, unprovenStates } from "../freeze/trading-state.ts";
import { countedVoices, excludedFrom } from "../people/vote.ts";

/** Whether a plan may be sent now, exactly once; `code` names the kind of refusal. */
export type Claim =
  | { readonly claimed: true; readonly plan: Plan; readonly decision: Decision; readonly approvedBy: readonly string[] }
  | { readonly claimed: false; readonly code: ErrorCode; readonly why: string };

/** What is about to be sent, and the market it would meet. */
export interface Presented {
  readonly hash: string;
  /** The plan from which the orders will be built. Its hash is computed anew. */
  readonly plan: Plan;
  readonly quotes: Readonly<Record<string, readonly Quote[]>>;
}

interface Refusal {
  readonly code: ErrorCode;
  readonly why: string;
}
const no = (code: ErrorCode, why: string): Refusal => ({ code, why });

/** Whether the row still says what was hashed and sealed. */
function altered(control: Control, row: PlanRow, presented: Presented): Refusal | null {
  if (planHash(presented.plan) !== presented.hash)
    return no("PLAN_CHANGED", "what would be sent has another hash than the plan that was approved");
  const kept = canonical(row.plan as unknown as Json);
  const same =
    sha256(row.canonical) === row.hash &&
    kept === row.canonical &&
    row.action === row.plan.action &&
    row.account === row.plan.account &&
    row.requestedBy === row.plan.requestedBy &&
    row.incidentId === row.plan.incident &&
    row.runId === row.plan.run;
  if (!same || !control.seal.holds("plan", planFacts(row), row.seal))
    return no("PLAN_CHANGED", "the plan's row was changed after it was proposed; nothing may be sent from it");
  return null;
}

function outOfTime(row: PlanRow, now: Date): Refusal | null {
  if (row.state === "claimed" || row.state === "applied" || row.state === "failed")
    return no("PLAN_SPENT", `the plan was ${row.state} before; a plan is sent once`);
  if (row.state === "denied") return no("POLICY_DENIED", "the plan was denied");
  if (row.state === "expired" || row.expiresAt <= now || new Date(row.plan.expiresAt) <= now)
    return no("PLAN_EXPIRED", `the plan could be sent until ${row.expiresAt.toISOString()}; make a new one`);
  return null;
}

interface Heard {
  readonly approvedBy: readonly string[];
  readonly refusal: Refusal | null;
}

/** Counts the votes anew, under today's roles and today's judgement; the row's word that it was approved is not believed. */
async function heard(
  tx: Tx,
  control: Control,
  row: PlanRow,
  approval: ApprovalRow | undefined,
  decision: Decision,
  version: string,
  now: Date,
): Promise<Heard> {
  const refuse = (code: ErrorCode, why: string): Heard => ({ approvedBy: [], refusal: no(code, why) });
  if (approval === undefined) {
    return decision.outcome === "allow" && row.state === "proposed"
      ? { approvedBy: [], refusal: null }
      : refuse(
          "POLICY_DENIED",
          `people must approve it first: ${decision.reasons[0] ?? "the policy asks for a quorum"}`,
        );
  }
  if (!control.seal.holds("approval", approvalFacts(approval), approval.seal))
    return refuse("PLAN_CHANGED", "the approval was changed in the database by hand");
  if (approval.policyVersion !== version)
    return refuse("POLICY_DENIED", "the rules changed after it was approved; make a new plan");
  if (approval.expiresAt <= now) return refuse("PLAN_EXPIRED", "the approval is too old; make a new plan");
  const cast = await tx.select().from(votes).where(eq(votes.planHash, row.hash));
  if (cast.some((vote) => vote.decision === "deny")) return refuse("POLICY_DENIED", "a person denied it");
  const [said] = await tx.execute<{ state: string | null; denials: string }>(sql`
    select (array_agg(body::jsonb ->> 'state' order by seq desc) filter (where type = 'approval.decided'))[1] as state,
      count(*) filter (where type = 'vote.cast' and body::jsonb ->> 'decision' = 'deny') as denials
    from breakwater.ledger where object = ${row.hash} and (type like 'approval.%' or type like 'vote.%')`);
  if (
    said?.state !== "approved" ||
    Number(said.denials) > 0 ||
    approval.state !== "approved" ||
    row.state !== "approved"
  )
    return refuse(
      "POLICY_DENIED",
      `the approval stands at ${approval.state}, the ledger says ${said?.state ?? "nothing"}`,
    );
  const people = await voices(tx, control, row.createdAt);
  const quorums = [...decision.quorums, ...(approval.quorums as unknown as Quorum[])];
  const stepUp = approval.stepUp || decision.stepUp;
  const voted = countedVoices(control, cast, people, await excludedFrom(tx, approval), stepUp);
  if (!meetsAll(quorums, voted) || voted.length < approval.needed)
    return refuse(
      "POLICY_DENIED",
      "the people who approved no longer make the quorum: a role was lost, or the rules ask for more now",
    );
  return { approvedBy: voted.map((one) => one.id), refusal: null };
}

async function examine(tx: Tx, control: Control, presented: Presented): Promise<Claim> {
  const approval = await lockedApproval(tx, presented.hash);
  const [row] = await tx.select().from(plans).where(eq(plans.hash, presented.hash)).for("update");
  if (row === undefined) return { claimed: false, ...no("PLAN_CHANGED", "there is no plan of this hash") };
  const now = await databaseNow(tx);
  const early = altered(control, row, presented) ?? outOfTime(row, now);
  if (early !== null) return { claimed: false, ...early };
  const unproven = await unprovenStates(tx);
  if (unproven.length > 0)
    return {
      claimed: false,
      ...no(
        "FROZEN",
        `the trading state of ${unproven.join(", ")} was changed in the database by hand; nothing is sent until it is set anew`,
      ),
    };
  // A row's word that it was not sent yet is not believed where the ledger tells of a claim.
  if ((await claimOf(tx, presented.hash)) !== null)
    return { claimed: false, ...no("PLAN_SPENT", "the plan was claimed before; a plan is sent once") };
  const { plan } = row;
  const newer =
    plan.action === "unfreeze" && plan.trading ? await frozenSince(tx, plan.trading.scope, row.createdAt) : null;
  if (newer !== null)
    return {
      claimed: false,
      ...no(
        "FROZEN",
        `${newer.scope} was set to ${newer.state} by ${newer.setBy} after this was asked for (${newer.reason}); ask for that to be lifted`,
      ),
    };
  const { decision, policyVersion } = await judgeNow(tx, control, plan, {
    quotes: presented.quotes,
    proposedAt: row.createdAt,
  });
  if (decision.outcome === "deny") {
    const frozen = decision.trace.some((line) => line.rule === "trading-state");
    return { claimed: false, ...no(frozen ? "FROZEN" : "POLICY_DENIED", decisive(decision).join("; ")) };
  }
  if (decision.outcome === "hold")
    return { claimed: false, ...no("POLICY_DENIED", `it has to wait: ${decisive(decision).join("; ")}`) };
  const { approvedBy, refusal } = await heard(tx, control, row, approval, decision, policyVersion, now);
  if (refusal !== null) return { claimed: false, ...refusal };
  const rules = await control.published(tx);
  const collar =
    rules === null ? "no rules are in force" : brokenCollar(plan, presented.quotes, rules.policy.collar, now);
  if (collar !== null) return { claimed: false, ...no("COLLAR_BROKEN", collar) };
  const often = rules === null ? null : await throttled(tx, plan, rules.policy);
  if (often !== null) return { claimed: false, ...no("FROZEN", often) };
  const [known] = await tx.select().from(accountStates).where(eq(accountStates.account, plan.account));
  const gone = known === undefined ? null : pointless(plan, known.state);
  if (gone !== null) return { claimed: false, ...no("NOTHING_TO_DO", gone) };
  const twice = await inFlight(tx, plan, row, known?.receivedAt);
  if (twice !== null) return { claimed: false, ...no("ACCOUNT_STALE", twice) };
  const settled = await settlementObjection(tx, plan);
  if (settled !== null) return { claimed: false, ...no("DECISION_TAKEN", settled) };
  return { claimed: true, plan, decision, approvedBy };
}

/** Writes down that a plan was refused at the last moment. */
export async function refusePlan(
  tx: Tx,
  hash: string,
  { code, why }: Refusal,
): Promise<Extract<Claim, { readonly claimed: false }>> {
  await append(tx, { actor: "policy", type: "plan.refused", object: hash, body: { code, why } });
  return { claimed: false, code, why };
}

/**
 * Claims a plan for sending, once, under the desk's lock: its hash is computed anew from what will be sent, the policy
 * judges it with fresh facts, votes are counted under the roles of now, freezes, limits, the clock and the price collar
 * are looked at again. A change of a trading state, or what people declare of an order, is written in the same breath. Every answer
 * is a ledger entry.
 * The caller writes the order intents in the same transaction.
 */
export async function claimPlan(tx: Tx, control: Control, presented: Presented): Promise<Claim> {
  const claim = await examine(tx, control, presented);
  if (!claim.claimed) return refusePlan(tx, presented.hash, claim);
  const { plan, decision, approvedBy } = claim;
  const claimedAt = await databaseNow(tx);
  const taken = await tx
    .update(plans)
    .set({ state: "claimed", claimedAt })
    .where(and(eq(plans.hash, presented.hash), eq(plans.state, approvedBy.length > 0 ? "approved" : "proposed")))
    .returning({ hash: plans.hash });
  if (taken.length === 0) return { claimed: false, ...no("PLAN_SPENT", "the plan was claimed a moment ago") };
  await append(tx, {
    actor: plan.requestedBy,
    type: "plan.claimed",
    object: presented.hash,
    body: {
      outcome: decision.outcome,
      tier: decision.tier,
      approvedBy: [...approvedBy],
      reasons: [...decision.reasons],
      claimedAt: claimedAt.toISOString(),
      seal: control.seal.of("claim", claimFacts(presented.hash, claimedAt.toISOString(), approvedBy)),
    },
  });
  if (plan.trading !== null) {
    const change = { scope: plan.trading.scope, by: plan.requestedBy, reason: plan.reason, planHash: presented.hash };
    if (plan.action === "freeze" && plan.trading.state !== "active")
      await freeze(tx, { ...change, state: plan.trading.state });
    else await unfreeze(tx, { ...change, state: plan.trading.state });
  }
  await settleOrder(tx, plan, presented.hash, approvedBy);
  return claim;
}
