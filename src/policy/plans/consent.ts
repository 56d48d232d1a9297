import { and, eq } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { approvals, plans, votes } from "../../db/schema.ts";
import type { Consent } from "../../kernel/consent.ts";
import { DeskError } from "../../kernel/errors.ts";
import { claimFacts, claimOf } from "./intent.ts";
import { approvalFacts, planFacts, voteFacts } from "../rows.ts";

/**
 * Everything that let a claimed plan be sent, for a signer that believes none of it unseen. Nothing is judged here.
 * @throws DeskError PLAN_CHANGED where the plan or its claim is missing
 */
export async function consentOf(db: Pick<Db, "select">, hash: string): Promise<Consent> {
  const [plan] = await db.select().from(plans).where(eq(plans.hash, hash));
  const claim = await claimOf(db, hash);
  if (plan === undefined || claim === null)
    throw new DeskError("PLAN_CHANGED", `plan ${hash.slice(0, 12)} was never claimed; nothing may be sent from it`);
  const [approval] = await db
    .select()
    .from(approvals)
    .where(and(eq(approvals.planHash, hash), eq(approvals.subject, "plan")));
  const cast = await db.select().from(votes).where(eq(votes.planHash, hash)).orderBy(votes.at);
  return {
    plan: plan.canonical,
    proposed: { facts: planFacts(plan), seal: plan.seal },
    approval: approval === undefined ? null : { facts: approvalFacts(approval), seal: approval.seal },
    votes: cast.map((vote) => ({ facts: voteFacts(vote), seal: vote.seal })),
    claim: {
      facts: claimFacts(hash, claim.claimedAt ?? "", claim.approvedBy ?? []),
      seal: claim.seal ?? "",
    },
  };
}
