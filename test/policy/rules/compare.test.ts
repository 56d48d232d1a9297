import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loosenings } from "../../../src/policy/rules/compare.ts";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import { judge } from "../../../src/policy/judging/judge.ts";
import { meetsAll } from "../../../src/policy/people/quorum.ts";
import { type Rotas, rotasSettings } from "../../../src/policy/rules/rota.ts";
import { type Policy, type Rule, policySchema } from "../../../src/policy/rules/schema.ts";
import { PEOPLE, facts, order, plan, spent } from "../make.ts";

const people = Object.fromEntries(PEOPLE.map(({ id, roles }) => [id, { roles }]));
const compare = (after: Policy, before: Policy): readonly string[] =>
  loosenings({ policy: after, people }, { policy: before, people });
const with_ = (name: string, over: Partial<Rule>): Policy => {
  const base = defaultPolicy();
  return { ...base, rules: base.rules.map((rule) => (rule.name === name ? { ...rule, ...over } : rule)) };
};
const quorum = (over: object) =>
  policySchema.parse({ rules: [{ name: "x", says: { quorum: { people: 1, within: "15m", ...over } } }] }).rules[0]
    ?.says as Rule["says"];

describe("what counts as loosening", () => {
  test.each<[string, Policy]>([
    ["a hedge without people", with_("hedge", { says: "allow" })],
    ["more time to decide", with_("hedge", { says: quorum({ within: "1h" }) })],
    ["more roles that may approve", with_("hedge", { says: quorum({ from: ["trader", "risk", "operator"] }) })],
    ["no step-up", with_("large", { says: quorum({ people: 2, roles: ["risk"] }) })],
    [
      "a wider limit",
      with_("reduce-within-caps", {
        limits: defaultPolicy().rules[2]?.limits.map((one) => ({ ...one, max: "999999999" })) ?? [],
      }),
    ],
    ["a rule about other plans", with_("large", { match: { actions: ["reduce"] } })],
    [
      "a rule that restrains is gone",
      { ...defaultPolicy(), rules: defaultPolicy().rules.filter((rule) => rule.name !== "large") },
    ],
    ["a cap that no quorum could pass is gone", { ...defaultPolicy(), hard: [] }],
    [
      "a new permission",
      {
        ...defaultPolicy(),
        rules: [...defaultPolicy().rules, { ...(defaultPolicy().rules[0] as Rule), name: "more" }],
      },
    ],
    ["one price source", { ...defaultPolicy(), collar: { ...defaultPolicy().collar, minSources: 1 } }],
    ["no time-lock", { ...defaultPolicy(), change: { ...defaultPolicy().change, timeLock: "0s" } }],
  ])("%s", (_, after) => expect(compare(after, defaultPolicy())).not.toEqual([]));
  test("a new role", () =>
    expect(
      loosenings(
        { policy: defaultPolicy(), people: { ...people, di: { roles: ["risk"] } } },
        { policy: defaultPolicy(), people },
      ),
    ).toEqual(["people: di becomes risk"]));
});

describe("another turn of who is on call", () => {
  const turns = (...who: string[]) =>
    rotasSettings.parse({ desk: { zone: "UTC", starts: "2026-01-05T09:00", shift: "12h", people: who } });
  const asking = (): Policy => with_("reduce-within-caps", { when: { onCall: true } });
  const change = (policy: Policy, after: Rotas, before: Rotas): readonly string[] =>
    loosenings({ policy, people, rotas: after }, { policy, people, rotas: before });
  test.each<[string, Rotas, Rotas, string]>([
    ["somebody takes the turns of another", turns("bo"), turns("ana"), "rotas: desk has other turns"],
    ["the turns come in another order", turns("ana", "bo"), turns("bo", "ana"), "rotas: desk has other turns"],
    ["a first rota", turns("ana"), {}, "rotas: desk is new"],
    ["no rota any more", {}, turns("ana"), "rotas: desk is gone"],
  ])("loosens while a rule asks for it, and not where none does: %s", (_, after, before, what) => {
    expect(change(asking(), after, before)).toEqual([what]);
    expect(change(defaultPolicy(), after, before)).toEqual([]);
  });
  test("loosens too where the rule that asks for it goes or comes with it", () => {
    const [without, asks] = [defaultPolicy(), asking()];
    for (const [after, before] of [
      [without, asks],
      [asks, without],
    ] as const)
      expect(
        loosenings({ policy: after, people, rotas: turns("bo") }, { policy: before, people, rotas: turns("ana") }),
      ).toContain("rotas: desk has other turns");
  });
  test("the same turns change nothing", () => expect(change(asking(), turns("ana"), turns("ana"))).toEqual([]));
});

describe("what only tightens", () => {
  test.each<[string, Policy]>([
    ["nothing changed", defaultPolicy()],
    ["a denial", with_("hedge", { says: "deny" })],
    ["one person more", with_("hedge", { says: quorum({ people: 2 }) })],
    ["less time to decide", with_("hedge", { says: quorum({ within: "5m" }) })],
    [
      "a smaller limit",
      with_("reduce-within-caps", {
        limits: defaultPolicy().rules[2]?.limits.map((one) => ({ ...one, max: "1" })) ?? [],
      }),
    ],
    [
      "a new denial",
      {
        ...defaultPolicy(),
        rules: [
          ...defaultPolicy().rules,
          policySchema.parse({ rules: [{ name: "never", match: { accounts: ["paper-b"] }, says: "deny" }] })
            .rules[0] as Rule,
        ],
      },
    ],
    [
      "a new cap",
      { ...defaultPolicy(), hard: [...defaultPolicy().hard, { per: "plan", measure: "orders", max: "3" }] },
    ],
    ["the rules in another order", { ...defaultPolicy(), rules: defaultPolicy().rules.toReversed() }],
  ])("%s", (_, after) => expect(compare(after, defaultPolicy())).toEqual([]));
  test("a person leaves", () =>
    expect(loosenings({ policy: defaultPolicy(), people: {} }, { policy: defaultPolicy(), people })).toEqual([]));
});

test("what is said to tighten never lets more through, whatever was changed and whoever approves", () => {
  const amount = fc.constantFrom("0", "40000", "250000", "1000000", "9000000");
  const says = fc.oneof(
    fc.constantFrom<Rule["says"][]>("allow", "deny", { hold: "5m" }, { hold: "1h" }),
    fc
      .record({
        people: fc.integer({ min: 1, max: 2 }),
        roles: fc.constantFrom<("risk" | "trader")[][]>([], ["risk"], ["risk", "trader"]),
        from: fc.constantFrom<("risk" | "trader" | "viewer")[][]>(["trader"], ["trader", "risk"], ["viewer"]),
        stepUp: fc.boolean(),
        within: fc.constantFrom("5m", "15m"),
      })
      .map((one) => ({ quorum: one })),
  );
  const rule = fc.record({
    match: fc.constantFrom<Rule["match"][]>({}, { actions: ["hedge"] }, { notionalUsdOver: "40000" }),
    when: fc.constantFrom<Rule["when"][]>({}, { onCall: true }),
    limits: fc.array(
      amount.map((max) => ({ per: "plan" as const, measure: "notionalUsd" as const, max })),
      { maxLength: 1 },
    ),
    says,
    beyond: says,
  });
  const set = fc.uniqueArray(fc.record({ name: fc.constantFrom("a", "b", "c"), body: rule }), {
    selector: (one) => one.name,
    minLength: 1,
  });
  const toPolicy = (list: readonly { name: string; body: Omit<Rule, "name"> }[]): Policy => ({
    ...defaultPolicy(),
    hard: [],
    rules: list.map((one) => ({ ...one.body, name: one.name })),
  });
  const variation = fc.tuple(
    set,
    fc.array(
      fc.record({
        at: fc.nat({ max: 2 }),
        part: fc.constantFrom("says" as const, "beyond" as const, "limits" as const, "drop" as const),
        body: rule,
      }),
      { maxLength: 3 },
    ),
    set,
  );
  let tightened = 0;
  fc.assert(
    fc.property(
      variation,
      fc.record({
        notionalUsd: amount,
        reduceOnly: fc.boolean(),
        onCall: fc.constantFrom(true, false, null),
        ageMs: fc.constantFrom(0, 400_000, 4_000_000),
      }),
      fc.uniqueArray(fc.constantFrom(...PEOPLE)),
      ([base, edits, more], one, voices) => {
        const before = toPolicy(base);
        let after = before;
        for (const { at, part, body } of edits) {
          const index = at % after.rules.length;
          const rules =
            part === "drop" && after.rules.length > 1
              ? after.rules.toSpliced(index, 1)
              : after.rules.with(index, {
                  ...(after.rules[index] as Rule),
                  ...(part === "drop" ? {} : { [part]: body[part] }),
                });
          after = { ...after, rules };
        }
        if (more.length === 1)
          after = { ...after, rules: [...after.rules, { ...(toPolicy(more).rules[0] as Rule), name: "new" }] };
        if (loosenings({ policy: after, people }, { policy: before, people }).length > 0) return;
        tightened += after === before ? 0 : 1;
        const situation = facts({
          plan: plan({ orders: [order({ notionalUsd: one.notionalUsd, reduceOnly: one.reduceOnly })] }),
          usage: spent(),
          ageMs: one.ageMs,
          requester: { kind: "playbook", id: "margin-breach", person: null, roles: [], onCall: one.onCall },
        });
        const permits = (policy: Policy): boolean => {
          const decision = judge(policy, situation);
          return decision.outcome === "allow" || (decision.outcome === "quorum" && meetsAll(decision.quorums, voices));
        };
        if (permits(after)) expect(permits(before)).toBe(true);
      },
    ),
    { numRuns: 15_000 },
  );
  expect(tightened).toBeGreaterThan(500);
}, 120_000);
