import { messageOf } from "../../kernel/errors.ts";
import { durationMs } from "../../kernel/duration.ts";
import { type Facts, effectOf } from "./facts.ts";
import { breaches } from "./invariants.ts";
import { checkLimit } from "./limits.ts";
import { fits, mismatch, standing } from "./match.ts";
import { type Quorum, meets, quorumOf, summaryOf } from "../people/quorum.ts";
import type { Policy, Role, Rule, RuleOutcome } from "../rules/schema.ts";
import type { Tier } from "../rules/tiers.ts";

/** What the policy says, from most to least restrictive. */
export type Outcome = "deny" | "hold" | "quorum" | "allow";

/** How one rule answered. */
export interface TraceLine {
  readonly rule: string;
  readonly says: Outcome | "not about it";
  readonly why: string;
}

/** The judgement of a plan: what it needs, and why. */
export interface Decision {
  readonly outcome: Outcome;
  readonly tier: Tier;
  /** Every one of them must be met; empty unless people are asked. */
  readonly quorums: readonly Quorum[];
  readonly needed: number;
  readonly roles: readonly Role[];
  readonly stepUp: boolean;
  /** How long the permission, or the question, lasts. */
  readonly ttlMs: number;
  /** How long it still has to wait; 0 unless the outcome is hold. */
  readonly holdMs: number;
  /** Why, most restrictive first; one plain sentence each. */
  readonly reasons: readonly string[];
  readonly trace: readonly TraceLine[];
}

/** How much of the trace is kept: only the rules that spoke, or all. */
export type TraceDepth = "spoke" | "all";

const ALLOW_MS = 300_000;
const UNSIGNED: Quorum = {
  rule: "unsigned-source",
  people: 1,
  roles: [],
  from: ["risk", "trader"],
  stepUp: false,
  withinMs: 900_000,
};
const RANK = { deny: 3, hold: 2, quorum: 1, allow: 0 } as const satisfies Record<Outcome, number>;
const TIER_OF = { deny: "T4", hold: "T4", quorum: "T2", allow: "T1" } as const satisfies Record<Outcome, Tier>;

interface Said {
  readonly rule: string;
  readonly outcome: Outcome;
  readonly why: string;
  readonly quorum?: Quorum;
  readonly holdMs?: number;
  readonly tier?: Tier;
}

const kindOf = (outcome: RuleOutcome): Outcome =>
  typeof outcome === "string" ? outcome : "hold" in outcome ? "hold" : "quorum";

/** One stated outcome as a sentence; null where a hold has run out and the rule no longer speaks. */
function say(rule: Rule, stated: RuleOutcome, facts: Facts, why: string): Said | null {
  const base = { rule: rule.name, why, ...(rule.tier === undefined ? {} : { tier: rule.tier }) };
  if (typeof stated === "string") return { ...base, outcome: stated };
  if ("hold" in stated) {
    const left = durationMs(stated.hold) - facts.ageMs;
    return left > 0 ? { ...base, outcome: "hold", holdMs: left } : null;
  }
  const { quorum } = stated;
  return { ...base, outcome: "quorum", quorum: quorumOf(rule.name, quorum, durationMs(quorum.within)) };
}

interface Answer {
  readonly said: readonly Said[];
  /** Whether the rule itself permits; what it says beyond a limit only ever restrains. */
  readonly permits: boolean;
}

/** Everything a rule that fits says about a plan, or the reason why it says nothing. */
function ask(rule: Rule, facts: Facts): Answer | string {
  const stands = standing(rule.when, facts);
  if (stands.is === "fails") return stands.why;
  if (stands.is === "unknown") return { said: [{ rule: rule.name, outcome: "deny", why: stands.why }], permits: false };
  const kind = kindOf(rule.says);
  const said: (Said | null)[] = [say(rule, rule.says, facts, rule.title ?? `the rule says ${kind}`)];
  for (const limit of rule.limits) {
    const answer = checkLimit(limit, facts);
    if (answer.is === "unknown") said.push({ rule: rule.name, outcome: "deny", why: answer.why });
    // What lies beyond a limit is added to what the rule says anyway, so that it can never be the milder of the two.
    if (answer.is === "passed") said.push(say(rule, rule.beyond, facts, answer.why));
  }
  const spoken = said.filter((one) => one !== null);
  return spoken.length > 0
    ? { said: spoken, permits: kind === "allow" || kind === "quorum" }
    : "its waiting time is over";
}

function caps(policy: Policy, facts: Facts): readonly Said[] {
  return policy.hard.flatMap((limit): Said[] => {
    if (limit.environments?.includes(facts.plan.environment) === false) return [];
    if (limit.effects?.includes(effectOf(facts.plan)) === false) return [];
    const answer = checkLimit(limit, facts);
    return answer.is === "inside" ? [] : [{ rule: "hard-cap", outcome: "deny", why: answer.why }];
  });
}

/** Whether the persons who may approve could meet the quorum at all. */
function hopeless(quorum: Quorum, facts: Facts): boolean {
  return !meets(
    quorum,
    facts.approvers.filter((one) => !facts.excluded.includes(one.id)),
  );
}

function weigh(policy: Policy, facts: Facts, depth: TraceDepth): Decision {
  const trace: TraceLine[] = [];
  const said: Said[] = breaches(facts).map(({ rule, why }) => ({ rule, outcome: "deny", why }));
  said.push(...caps(policy, facts));
  let spoke = false;
  for (const rule of policy.rules) {
    if (!fits(rule.match, facts)) {
      if (depth === "all")
        trace.push({ rule: rule.name, says: "not about it", why: mismatch(rule.match, facts) ?? "it differs" });
      continue;
    }
    const answer = ask(rule, facts);
    if (typeof answer === "string") {
      if (depth === "all") trace.push({ rule: rule.name, says: "not about it", why: answer });
      continue;
    }
    // A hold alone permits nothing: somebody else must say yes.
    spoke ||= answer.permits;
    said.push(...answer.said);
  }
  if (!spoke) said.push({ rule: "default", outcome: "deny", why: "no rule allows it" });
  if (facts.trust === "unsigned")
    said.push({ rule: UNSIGNED.rule, outcome: "quorum", quorum: UNSIGNED, why: "what began it was not signed" });
  const asked = said.filter((one) => one.quorum !== undefined);
  for (const one of asked) {
    if (one.quorum !== undefined && hopeless(one.quorum, facts))
      said.push({
        rule: one.rule,
        outcome: "deny",
        why: "nobody who may approve it could: too few people hold the roles",
      });
  }
  trace.unshift(...said.map(({ rule, outcome, why }) => ({ rule, says: outcome, why })));
  return conclude(said, facts, trace);
}

function conclude(said: readonly Said[], facts: Facts, trace: readonly TraceLine[]): Decision {
  const strictest = said.reduce<Outcome>((most, one) => (RANK[one.outcome] > RANK[most] ? one.outcome : most), "allow");
  // Emergency powers replace the people, never a denial, a cap or a waiting time, and only for orders that reduce risk.
  const broken =
    strictest === "quorum" && facts.breakGlass && effectOf(facts.plan) === "reduce" && facts.trust !== "unsigned";
  const outcome = broken ? "allow" : strictest;
  const quorums =
    outcome === "quorum" || outcome === "hold"
      ? said.flatMap((one) => (one.quorum === undefined ? [] : [one.quorum])).sort((a, b) => (a.rule < b.rule ? -1 : 1))
      : [];
  const reasons = [
    ...(broken ? ["break-glass: emergency powers stand in for the approvals"] : []),
    ...[...said]
      .sort((a, b) => RANK[b.outcome] - RANK[a.outcome] || (`${a.rule}: ${a.why}` < `${b.rule}: ${b.why}` ? -1 : 1))
      .map((one) => `${one.rule}: ${one.why}`),
  ];
  const tier = said.reduce<Tier>(
    (most, one) => ((one.tier ?? "T1") > most ? (one.tier ?? most) : most),
    TIER_OF[strictest === "quorum" ? "quorum" : "allow"],
  );
  const summary = summaryOf(quorums);
  return {
    outcome,
    tier,
    quorums,
    needed: summary.needed,
    roles: summary.roles,
    stepUp: summary.stepUp,
    ttlMs: quorums.length > 0 ? summary.ttlMs : ALLOW_MS,
    holdMs: outcome === "hold" ? Math.max(...said.map((one) => one.holdMs ?? 0)) : 0,
    reasons: [...new Set(reasons)],
    trace,
  };
}

/** What decided, without what milder rules say of the plan; one plain sentence each. */
export const decisive = ({ outcome, trace }: Pick<Decision, "outcome" | "trace">): readonly string[] => [
  ...new Set(trace.filter((one) => one.says === outcome).map((one) => `${one.rule}: ${one.why}`)),
];

/**
 * Judges a plan: every rule is asked, in any order, the most restrictive answer wins (deny > hold > quorum > allow),
 * no answer is a deny, an error is a deny. Pure; quorums add up instead of replacing each other.
 */
export function judge(policy: Policy, facts: Facts, depth: TraceDepth = "spoke"): Decision {
  try {
    return weigh(policy, facts, depth);
  } catch (error) {
    const why = `the judgement failed: ${messageOf(error)}`;
    const trace: TraceLine[] = [{ rule: "error", says: "deny", why }];
    return {
      outcome: "deny",
      tier: "T4",
      quorums: [],
      needed: 0,
      roles: [],
      stepUp: false,
      ttlMs: 0,
      holdMs: 0,
      reasons: [why],
      trace,
    };
  }
}
