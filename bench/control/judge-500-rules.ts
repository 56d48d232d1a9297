import type { Workload } from "../workload.ts";

const PLANS = 400;

/** One judgement of a plan under 500 rules, most of them about other accounts; the limit is 50,000 ns. */
export const workload: Workload = {
  name: "policy decision with 500 rules",
  unit: "ns/op",
  better: "lower",
  n: PLANS,
  own: async () => {
    const { judge } = await import("../../src/policy/judging/judge.ts");
    const { defaultPolicy } = await import("../../src/policy/rules/default-policy.ts");
    const { policySchema } = await import("../../src/policy/rules/schema.ts");
    const { facts, order, plan } = await import("../../test/policy/make.ts");
    const base = defaultPolicy();
    const own = Array.from({ length: 500 - base.rules.length }, (_, at) => ({
      name: `desk-${at}`,
      match: { actions: [at % 2 === 0 ? "hedge" : "reduce"], accounts: [`book-${at}`], notionalUsdOver: "100000" },
      limits: [{ per: "account", measure: "notionalUsd", window: "1h", max: "2000000" }],
      says: { quorum: { people: 1 + (at % 2), from: ["trader", "risk"], within: "10m" } },
    }));
    const policy = policySchema.parse({ hard: base.hard, rules: [...base.rules, ...own] });
    const situations = Array.from({ length: PLANS }, (_, at) =>
      facts({ plan: plan({ account: "paper-a", orders: [order({ notionalUsd: String(1_000 * (at + 1)) })] }) }),
    );
    return () => situations.reduce((sum, situation) => sum + judge(policy, situation).needed, 0);
  },
};
