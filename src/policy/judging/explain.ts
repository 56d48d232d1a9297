import { desc, eq, like } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { approvals, plans, policyVersions, votes } from "../../db/schema.ts";
import { DeskError } from "../../kernel/errors.ts";
import { fingerprintWords, planHash } from "../../kernel/plan.ts";
import { type Control, gather } from "./gather.ts";
import type { Decision, TraceLine } from "./judge.ts";
import { mismatch } from "./match.ts";
import { openDocument } from "../rules/published.ts";

/** Why a plan was judged as it was, and what became of it. */
export interface Explanation {
  readonly hash: string;
  readonly words: string;
  /** Whether the stored bytes still are those of the hash. */
  readonly intact: boolean;
  readonly state: string;
  readonly requestedBy: string;
  readonly policyVersion: string;
  readonly decision: Decision;
  /** Every other rule of that version, and why it said nothing. */
  readonly silent: readonly TraceLine[];
  readonly votes: readonly {
    readonly person: string;
    readonly decision: string;
    readonly surface: string;
    readonly at: string;
    readonly stepUp: boolean;
  }[];
  readonly approval: { readonly state: string; readonly needed: number; readonly expiresAt: string } | null;
}

/** Rules of the version that judged the plan and did not speak, with what of the plan they are not about. */
async function silentRules(
  tx: Tx,
  control: Control,
  row: typeof plans.$inferSelect,
  decision: Decision & { readonly policyVersion: string },
): Promise<readonly TraceLine[]> {
  const [version] = await tx.select().from(policyVersions).where(eq(policyVersions.version, decision.policyVersion));
  if (version === undefined) return [];
  const facts = await gather(tx, control, row.plan, { quotes: {}, proposedAt: row.createdAt });
  const spoke = new Set(decision.trace.map((line) => line.rule));
  return openDocument(version.version, version.canonical)
    .policy.rules.filter((rule) => !spoke.has(rule.name))
    .map((rule) => ({
      rule: rule.name,
      says: "not about it",
      why: mismatch(rule.match, facts) ?? "its conditions did not hold then, or its waiting time was over",
    }));
}

/**
 * Explains a plan by its hash or at least eight of its first characters.
 * @throws DeskError INPUT_INVALID where it names no plan, or more than one
 */
export async function explainPlan(tx: Tx, control: Control, prefix: string): Promise<Explanation> {
  const wanted = prefix.trim().toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(wanted))
    throw new DeskError(
      "INPUT_INVALID",
      `"${prefix.slice(0, 70)}" names no plan; write at least 8 characters of its hash`,
    );
  const found = await tx
    .select()
    .from(plans)
    .where(like(plans.hash, `${wanted}%`))
    .orderBy(desc(plans.createdAt))
    .limit(2);
  const [row] = found;
  if (row === undefined || found.length > 1)
    throw new DeskError(
      "INPUT_INVALID",
      `${row === undefined ? "no" : "more than one"} plan begins with ${wanted}; write more of the hash`,
    );
  const cast = await tx.select().from(votes).where(eq(votes.planHash, row.hash)).orderBy(votes.at);
  const [approval] = await tx.select().from(approvals).where(eq(approvals.planHash, row.hash));
  const decision = row.decision as unknown as Decision & { policyVersion: string };
  return {
    hash: row.hash,
    words: fingerprintWords(row.hash),
    intact: planHash(row.plan) === row.hash,
    state: row.state,
    requestedBy: row.requestedBy,
    policyVersion: decision.policyVersion,
    decision,
    silent: await silentRules(tx, control, row, decision),
    votes: cast.map((one) => ({
      person: one.person,
      decision: one.decision,
      surface: one.surface,
      at: one.at.toISOString(),
      stepUp: one.stepUp,
    })),
    approval:
      approval === undefined
        ? null
        : { state: approval.state, needed: approval.needed, expiresAt: approval.expiresAt.toISOString() },
  };
}

/** The explanation as lines of text. */
export function explanationText(one: Explanation): string {
  return [
    `Plan ${one.hash.slice(0, 12)} "${one.words}", asked for by ${one.requestedBy}: ${one.state}${one.intact ? "" : " (ITS BYTES WERE CHANGED)"}`,
    `Judged ${one.decision.outcome} (tier ${one.decision.tier}) under policy ${one.policyVersion.slice(0, 12)}`,
    ...[...one.decision.trace, ...one.silent].map((line) => `  ${line.says.padEnd(12)} ${line.rule}: ${line.why}`),
    ...(one.approval === null
      ? []
      : [`Asked for ${one.approval.needed} until ${one.approval.expiresAt}: ${one.approval.state}`]),
    ...one.votes.map(
      (vote) =>
        `  ${vote.decision.padEnd(12)} ${vote.person} on ${vote.surface} at ${vote.at}${vote.stepUp ? ", with step-up" : ""}`,
    ),
  ].join("\n");
}
