import { sql } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import type { approvals, plans, roleGrants, votes } from "../db/schema.ts";
import type { Json } from "../kernel/canonical.ts";

export type PlanRow = typeof plans.$inferSelect;
export type ApprovalRow = typeof approvals.$inferSelect;
export type VoteRow = typeof votes.$inferSelect;
export type GrantRow = typeof roleGrants.$inferSelect;

type Facts = { readonly [key: string]: Json };

/** What a plan row's seal covers: all that its hash does not and that a claim relies on. */
export const planFacts = (
  row: Pick<PlanRow, "hash" | "requestedBy" | "incidentId" | "runId" | "createdAt" | "expiresAt">,
): Facts => ({
  hash: row.hash,
  requestedBy: row.requestedBy,
  incidentId: row.incidentId,
  runId: row.runId,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

/** What an approval row's seal covers: the question, not the answer; the answer is counted from the votes. */
export const approvalFacts = (row: Omit<ApprovalRow, "state" | "decidedAt" | "seal">): Facts => ({
  planHash: row.planHash,
  subject: row.subject,
  requestedBy: row.requestedBy,
  runId: row.runId,
  quorums: row.quorums,
  needed: row.needed,
  roles: row.roles,
  stepUp: row.stepUp,
  policyVersion: row.policyVersion,
  openedAt: row.openedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

/** What a vote's seal covers: all of it. */
export const voteFacts = (row: Omit<VoteRow, "seal">): Facts => ({
  planHash: row.planHash,
  person: row.person,
  decision: row.decision,
  roles: row.roles,
  surface: row.surface,
  stepUp: row.stepUp,
  reason: row.reason,
  at: row.at.toISOString(),
});

/** What a grant's seal covers; whether it was revoked stays open, because a revocation only takes away. */
export const grantFacts = (row: Pick<GrantRow, "person" | "role" | "grantedBy" | "grantedAt">): Facts => ({
  person: row.person,
  role: row.role,
  grantedBy: row.grantedBy,
  grantedAt: row.grantedAt.toISOString(),
});

/** The database's time at this moment, not at the transaction's start: a wait for a lock must not keep a deadline open. */
export async function databaseNow(tx: Pick<Tx, "execute">): Promise<Date> {
  const rows = await tx.execute<{ ms: string }>(
    sql`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms`,
  );
  return new Date(Number(rows[0]?.ms));
}
