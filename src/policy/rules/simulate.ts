import { desc, gte } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { plans } from "../../db/schema.ts";
import { DeskError } from "../../kernel/errors.ts";
import { type Comparable, type Difference, differences } from "./compare.ts";
import type { Requester } from "../judging/facts.ts";
import { type Control, gather } from "../judging/gather.ts";
import { type Decision, type Outcome, judge } from "../judging/judge.ts";
import type { PolicyDocument } from "./schema.ts";

/** One plan of the past under both sets of rules. */
export interface SimulatedPlan {
  readonly hash: string;
  readonly at: string;
  readonly action: string;
  readonly account: string;
  readonly before: Outcome;
  readonly after: Outcome;
  readonly direction: "same" | "looser" | "stricter";
  readonly reasons: readonly string[];
}

/** What a change of rules would have meant. */
export interface Simulation {
  readonly plans: number;
  readonly looser: number;
  readonly stricter: number;
  /** Only plans that would have been judged otherwise. */
  readonly changed: readonly SimulatedPlan[];
  /** What differs between the two sets of rules, what loosens first. */
  readonly differences: readonly Difference[];
  /** Rules of the new document that spoke about none of the plans. */
  readonly neverHit: readonly string[];
}

const RANK = { allow: 0, quorum: 1, hold: 2, deny: 3 } as const satisfies Record<Outcome, number>;

const isOff = ({ playbooksOff = [] }: PolicyDocument, { kind, id }: Requester): boolean =>
  kind === "playbook" && playbooksOff.includes(id);

function direction(before: Decision, after: Decision): SimulatedPlan["direction"] {
  const byOutcome = RANK[after.outcome] - RANK[before.outcome];
  const asks = (one: Decision): number => one.needed * 10 + one.roles.length + (one.stepUp ? 5 : 0);
  const by = byOutcome === 0 ? asks(after) - asks(before) : byOutcome;
  return by === 0 ? "same" : by < 0 ? "looser" : "stricter";
}

/**
 * Judges plans of the past under the rules in force and under others. What was spent, who was on call and what prices
 * were is taken as of now: the comparison is between rules, on the same facts.
 * @throws DeskError POLICY_DENIED where no rules are in force
 */
export async function simulate(
  tx: Tx,
  control: Control,
  after: PolicyDocument,
  since: Date,
  most = 10_000,
): Promise<Simulation> {
  const inForce = await control.published(tx);
  if (inForce === null)
    throw new DeskError(
      "POLICY_DENIED",
      "no rules are in force, or the seal's key is not the desk's; start the desk, or set BREAKWATER_SEAL_KEY",
    );
  const before: Comparable = inForce;
  const rows = await tx
    .select()
    .from(plans)
    .where(gte(plans.createdAt, since))
    .orderBy(desc(plans.createdAt))
    .limit(most);
  const hit = new Set<string>();
  const all: SimulatedPlan[] = [];
  for (const row of rows.toReversed()) {
    const facts = await gather(tx, control, row.plan, { quotes: {}, proposedAt: null });
    const people = Object.entries(after.people).map(([id, { roles }]) => ({ id, roles }));
    const [was, would] = [
      judge(before.policy, facts),
      judge(after.policy, { ...facts, approvers: people, switchedOff: isOff(after, facts.requester) }),
    ];
    for (const line of would.trace) hit.add(line.rule);
    all.push({
      hash: row.hash,
      at: row.createdAt.toISOString(),
      action: row.action,
      account: row.account,
      before: was.outcome,
      after: would.outcome,
      direction: direction(was, would),
      reasons: would.reasons,
    });
  }
  return {
    plans: all.length,
    looser: all.filter((one) => one.direction === "looser").length,
    stricter: all.filter((one) => one.direction === "stricter").length,
    changed: all.filter((one) => one.direction !== "same"),
    differences: differences(after, before),
    neverHit: after.policy.rules.map((rule) => rule.name).filter((name) => !hit.has(name)),
  };
}
