import { desc, eq, inArray, sql } from "drizzle-orm";
import type { ApprovalRow } from "../chat/console/rows/plans.ts";
import type { Viewer } from "../chat/console/viewer.ts";
import type { Db } from "../db/client.ts";
import { approvals, plans, ruleChanges, votes } from "../db/schema.ts";
import { fingerprintWords } from "../kernel/plan.ts";
import { actorName } from "./incidents.ts";

const MOST = 200;

/** Whether these roles have a say: those that a quorum demands, and those that it lets count. */
function mayConsent(approval: typeof approvals.$inferSelect, roles: readonly string[]): boolean {
  const quorums = approval.quorums as unknown as readonly {
    readonly roles?: readonly string[];
    readonly from?: readonly string[];
  }[];
  const wanted = [...approval.roles, ...quorums.flatMap((one) => [...(one.roles ?? []), ...(one.from ?? [])])];
  return wanted.length === 0 || wanted.some((role) => roles.includes(role));
}

/** Questions put to people, those that wait first; `mine` marks what this viewer may decide. */
export async function listApprovals(
  db: Db,
  viewer: Viewer,
  state: "pending" | "all",
  nameOf: (person: string) => string,
): Promise<readonly ApprovalRow[]> {
  const live = sql<boolean>`(${approvals.state} = 'pending' and ${approvals.expiresAt} > now())`;
  const rows = await db
    .select({ approval: approvals, plan: plans, change: ruleChanges, live })
    .from(approvals)
    .leftJoin(plans, eq(plans.hash, approvals.planHash))
    .leftJoin(ruleChanges, eq(ruleChanges.hash, approvals.planHash))
    .where(state === "pending" ? live : undefined)
    .orderBy(desc(live), desc(approvals.openedAt))
    .limit(MOST);
  const hashes = rows.map((row) => row.approval.planHash);
  const cast = hashes.length === 0 ? [] : await db.select().from(votes).where(inArray(votes.planHash, hashes));
  return rows.map(({ approval, plan, change, live }) => {
    const given = cast.filter((vote) => vote.planHash === approval.planHash);
    const asked = approval.requestedBy || (plan?.requestedBy ?? "");
    const roleFits = mayConsent(approval, viewer.roles);
    return {
      planHash: approval.planHash,
      words: fingerprintWords(approval.planHash),
      incident: plan?.incidentId ?? change?.incidentId ?? null,
      title: plan ? plan.plan.reason : "Change of the rules",
      action: plan?.action ?? "policy",
      account: plan?.account ?? "",
      notionalUsd: plan?.plan.notionalUsd ?? "0",
      requestedBy: actorName(asked, nameOf),
      needed: approval.needed,
      given: given.filter((vote) => vote.decision === "approve").length,
      roles: approval.roles,
      state: approval.state === "pending" && !live ? "expired" : approval.state,
      mine:
        live &&
        viewer.mayAct &&
        roleFits &&
        asked !== `person:${viewer.person}` &&
        !given.some((vote) => vote.person === viewer.person),
      openedAt: approval.openedAt.toISOString(),
      expiresAt: approval.expiresAt.toISOString(),
    };
  });
}
