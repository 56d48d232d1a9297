import * as fc from "fast-check";
import { expect, test } from "vitest";
import { add, decimal } from "../../../src/kernel/decimal.ts";
import type { Facts } from "../../../src/policy/judging/facts.ts";
import { type Decision, judge } from "../../../src/policy/judging/judge.ts";
import { meetsAll } from "../../../src/policy/people/quorum.ts";
import type { Policy } from "../../../src/policy/rules/schema.ts";
import { policies, situations } from "../arbitraries.ts";
import { BTC, PEOPLE } from "../make.ts";

/** Cases of each law; BREAKWATER_LAWS=100000 plays that many of each. */
const LONG_MS = Math.max(120_000, Number(process.env["BREAKWATER_LAWS"] ?? 0) * 20);
const cases = (usual: number): number => Number(process.env["BREAKWATER_LAWS"] ?? usual);
const groups = fc.uniqueArray(fc.constantFrom(...PEOPLE), { selector: (one) => one.id });
/** Whether a decision lets a plan through, given who approved. */
const permits = (decision: Decision, voices: Facts["approvers"]): boolean =>
  decision.outcome === "allow" || (decision.outcome === "quorum" && meetsAll(decision.quorums, voices));

test(
  "the order of the rules changes nothing, in 20,000 policies",
  () => {
    fc.assert(
      fc.property(policies, situations, fc.infiniteStream(fc.nat()), (policy, situation, numbers) => {
        const keyed = policy.rules.map((rule) => ({ rule, key: numbers.next().value }));
        const shuffled: Policy = { ...policy, rules: keyed.sort((a, b) => a.key - b.key).map((one) => one.rule) };
        const { trace: _, ...before } = judge(policy, situation);
        const { trace: __, ...after } = judge(shuffled, situation);
        expect(after).toEqual(before);
      }),
      { numRuns: cases(20_000) },
    );
  },
  LONG_MS,
);

const plain = (rule: Policy["rules"][number]): boolean =>
  rule.says === "allow" && rule.limits.length === 0 && Object.values(rule.when).every((one) => one === undefined);

/** One way of making a rule stricter; each can only take away. */
const tightenings: readonly ((policy: Policy, at: number) => Policy)[] = [
  (policy, at) => edit(policy, at, (rule) => ({ ...rule, says: "deny" })),
  (policy, at) =>
    edit(policy, at, (rule) => ({ ...rule, limits: rule.limits.map((one) => ({ ...one, max: "0" })), beyond: "deny" })),
  (policy, at) =>
    edit(policy, at, (rule) => ({
      ...rule,
      limits: [...rule.limits, { per: "plan", measure: "notionalUsd", max: "60000" }],
      beyond: "deny",
    })),
  (policy, at) =>
    edit(policy, at, (rule) =>
      typeof rule.says === "object" && "quorum" in rule.says
        ? {
            ...rule,
            says: {
              quorum: {
                ...rule.says.quorum,
                people: rule.says.quorum.people + 1,
                roles: [...rule.says.quorum.roles, "risk"],
                stepUp: true,
              },
            },
          }
        : rule,
    ),
  (policy, at) =>
    edit(policy, at, (rule) =>
      rule.says === "allow"
        ? { ...rule, says: { quorum: { people: 1, roles: [], from: ["trader"], stepUp: false, within: "5m" } } }
        : rule,
    ),
  (policy) => ({ ...policy, hard: [...policy.hard, { per: "plan", measure: "notionalUsd", max: "60000" }] }),
  // A rule with conditions or limits may also be what denies: only plain permissions can go without loosening anything.
  (policy) => ({ ...policy, rules: policy.rules.filter((rule) => !plain(rule)) }),
];
function edit(policy: Policy, at: number, change: (rule: Policy["rules"][number]) => Policy["rules"][number]): Policy {
  return {
    ...policy,
    rules: policy.rules.map((rule, index) => (index === at % policy.rules.length ? change(rule) : rule)),
  };
}

test(
  "tightening a rule never lets more through, whoever approves, in 30,000 cases",
  () => {
    fc.assert(
      fc.property(
        policies,
        situations,
        groups,
        fc.nat({ max: 6 }),
        fc.nat({ max: 5 }),
        (policy, situation, voices, how, at) => {
          const tighter = (tightenings[how] as (typeof tightenings)[number])(policy, at);
          if (permits(judge(tighter, situation), voices)) expect(permits(judge(policy, situation), voices)).toBe(true);
        },
      ),
      { numRuns: cases(30_000) },
    );
  },
  LONG_MS,
);

test(
  "in 30,000 situations nothing passes a freeze, a hard cap or an unsigned source by itself",
  () => {
    fc.assert(
      fc.property(policies, situations, (policy, situation) => {
        const decision = judge(policy, situation);
        if (situation.trust === "unsigned") expect(decision.outcome).not.toBe("allow");
        const halted = ["firm", "account:paper-a", "venue:paper"].some(
          (scope) => situation.states?.[scope] === "halted",
        );
        if (halted) expect(decision.outcome).toBe("deny");
        const capped: Policy = {
          ...policy,
          hard: [
            ...policy.hard,
            {
              per: "firm",
              measure: "notionalUsd",
              window: "24h",
              max: add(decimal(situation.usage["firm"]?.["24h"].notionalUsd ?? "0"), decimal("0")),
            },
          ],
        };
        if (situation.plan.notionalUsd !== "0") expect(judge(capped, situation).outcome).toBe("deny");
        if (policy.rules.every((rule) => rule.match.accounts?.includes("paper-b") === true))
          expect(decision.outcome).toBe("deny");
      }),
      { numRuns: cases(30_000) },
    );
  },
  LONG_MS,
);

test("quotes of other instruments and the names of rules change nothing", () => {
  fc.assert(
    fc.property(policies, situations, (policy, situation) => {
      const more = { ...situation, quotes: { ...situation.quotes, "ETH/USDT:USDT": situation.quotes[BTC] ?? [] } };
      expect(judge(policy, more)).toEqual(judge(policy, situation));
    }),
    { numRuns: cases(2_000) },
  );
});
