import * as fc from "fast-check";
import { expect, test } from "vitest";
import { add, decimal } from "../../src/kernel/decimal.ts";
import type { Facts } from "../../src/policy/facts.ts";
import { type Decision, judge } from "../../src/policy/judge.ts";
import { meetsAll } from "../../src/policy/quorum.ts";
import { type Policy, ROLES } from "../../src/policy/schema.ts";
import { BTC, PEOPLE, facts, order, plan, spent } from "./make.ts";

const amount = fc.constantFrom("0", "1", "50000", "100000", "250000", "1000000", "9000000");
const role = fc.constantFrom(...ROLES);
const outcome = fc.oneof(
  fc.constant("allow"),
  fc.constant("deny"),
  fc.record({ hold: fc.constantFrom("1s", "5m", "1h") }),
  fc.record({
    quorum: fc.record({
      people: fc.integer({ min: 1, max: 3 }),
      roles: fc.array(fc.constantFrom("trader", "risk"), { maxLength: 2 }),
      from: fc.uniqueArray(role, { minLength: 1, maxLength: 3 }),
      stepUp: fc.boolean(),
      within: fc.constantFrom("30s", "5m", "15m"),
    }),
  }),
);
const limit = fc.oneof(
  fc.record({ per: fc.constant("plan"), measure: fc.constantFrom("notionalUsd", "orders", "messages"), max: amount }),
  fc.record({
    per: fc.constant("order"),
    measure: fc.constantFrom("notionalUsd", "quantity", "collarBps"),
    max: amount,
  }),
  fc.record({
    per: fc.constantFrom("firm", "account", "venue", "instrument", "playbook", "person", "source"),
    measure: fc.constantFrom("notionalUsd", "orders", "messages"),
    window: fc.constantFrom("1m", "1h", "24h"),
    max: amount,
  }),
);
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const ruleBody = fc.record({
  match: fc.record({
    actions: maybe(fc.uniqueArray(fc.constantFrom("hedge", "reduce", "cancel"), { minLength: 1 })),
    accounts: maybe(fc.constantFrom(["paper-a"], ["paper-b"])),
    trust: maybe(fc.constantFrom(["internal"], ["signed", "unsigned"])),
    notionalUsdOver: maybe(amount),
  }),
  when: fc.record({ onCall: maybe(fc.boolean()), pricesAgreeBps: maybe(fc.constantFrom("1", "50")) }),
  limits: fc.array(limit, { maxLength: 2 }),
  says: outcome,
  beyond: outcome,
});
const collar = { minSources: 2, maxAge: "10s", maxDisagreementBps: "100" };
const change = { people: 2, roles: [], timeLock: "1h" };
/** Built in the form that the schema gives, because reading each through it would take most of the time. */
const policies = fc
  .record({ rules: fc.array(ruleBody, { minLength: 1, maxLength: 6 }), hard: fc.array(limit, { maxLength: 2 }) })
  .map(
    ({ rules, hard }) =>
      ({
        hard,
        rules: rules.map((rule, at) => ({ ...rule, name: `r${at}` })),
        collar,
        change,
        incompatibleRoles: [],
      }) as unknown as Policy,
  );
const states = fc.dictionary(
  fc.constantFrom("firm", "account:paper-a", "venue:paper", "playbook:margin-breach"),
  fc.constantFrom("active" as const, "reducing" as const, "halted" as const),
);
const situations: fc.Arbitrary<Facts> = fc
  .record({
    action: fc.constantFrom("hedge" as const, "reduce" as const),
    orders: fc.array(
      fc.record({ notionalUsd: amount, quantity: fc.constantFrom("1", "3"), reduceOnly: fc.boolean() }),
      { minLength: 1, maxLength: 3 },
    ),
    trust: fc.constantFrom("internal" as const, "signed" as const, "unsigned" as const),
    onCall: fc.constantFrom(true, false, null),
    states: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: states }),
    used: fc.record({ notionalUsd: amount, orders: amount, messages: amount }),
    ageMs: fc.constantFrom(0, 2_000, 400_000, 7_200_000),
    person: fc.boolean(),
    breakGlass: fc.boolean(),
  })
  .map((one) =>
    facts({
      plan: plan({ action: one.action, orders: one.orders.map((each) => order(each)) }),
      trust: one.trust,
      states: one.states,
      usage: spent(one.used),
      ageMs: one.ageMs,
      breakGlass: one.breakGlass,
      requester: one.person
        ? { kind: "person", id: "ana", roles: ["trader"], onCall: one.onCall }
        : { kind: "playbook", id: "margin-breach", roles: [], onCall: one.onCall },
      excluded: one.person ? ["ana"] : [],
    }),
  );

const groups = fc.uniqueArray(fc.constantFrom(...PEOPLE), { selector: (one) => one.id });
/** Whether a decision lets a plan through, given who approved. */
const permits = (decision: Decision, voices: Facts["approvers"]): boolean =>
  decision.outcome === "allow" || (decision.outcome === "quorum" && meetsAll(decision.quorums, voices));

test("the order of the rules changes nothing, in 20,000 policies", () => {
  fc.assert(
    fc.property(policies, situations, fc.infiniteStream(fc.nat()), (policy, situation, numbers) => {
      const keyed = policy.rules.map((rule) => ({ rule, key: numbers.next().value }));
      const shuffled: Policy = { ...policy, rules: keyed.sort((a, b) => a.key - b.key).map((one) => one.rule) };
      const { trace: _, ...before } = judge(policy, situation);
      const { trace: __, ...after } = judge(shuffled, situation);
      expect(after).toEqual(before);
    }),
    { numRuns: 20_000 },
  );
}, 120_000);

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

test("tightening a rule never lets more through, whoever approves, in 30,000 cases", () => {
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
    { numRuns: 30_000 },
  );
}, 120_000);

test("in 30,000 situations nothing passes a freeze, a hard cap or an unsigned source by itself", () => {
  fc.assert(
    fc.property(policies, situations, (policy, situation) => {
      const decision = judge(policy, situation);
      if (situation.trust === "unsigned") expect(decision.outcome).not.toBe("allow");
      const halted = ["firm", "account:paper-a", "venue:paper"].some((scope) => situation.states?.[scope] === "halted");
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
    { numRuns: 30_000 },
  );
}, 120_000);

test("quotes of other instruments and the names of rules change nothing", () => {
  fc.assert(
    fc.property(policies, situations, (policy, situation) => {
      const more = { ...situation, quotes: { ...situation.quotes, "ETH/USDT:USDT": situation.quotes[BTC] ?? [] } };
      expect(judge(policy, more)).toEqual(judge(policy, situation));
    }),
    { numRuns: 2_000 },
  );
});
