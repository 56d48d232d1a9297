import { describe, expect, test } from "vitest";
import { defaultPolicy } from "../../../src/policy/rules/default-policy.ts";
import type { Settlement } from "../../../src/kernel/plan.ts";
import type { Facts } from "../../../src/policy/judging/facts.ts";
import { decisive, judge } from "../../../src/policy/judging/judge.ts";
import { BTC, facts, order, plan, policyOf, spent } from "../make.ts";

const ALLOW = { name: "all", says: "allow" };
const big = plan({ orders: [order({ notionalUsd: "1200000", quantity: "24" })] });
const person = (id: string, roles: Facts["requester"]["roles"]): Partial<Facts> => ({
  requester: { kind: "person", id, person: id, roles, onCall: true },
  excluded: [id],
});

/** A person began this playbook by its command. */
const asks = (playbook: string): Partial<Facts> => ({
  requester: { kind: "playbook", id: playbook, person: "ana", roles: [], onCall: true },
  excluded: ["ana"],
});

test("a denial is told with what denies, and not with the consent that milder rules would ask for", () => {
  const frozen = judge(defaultPolicy(), facts({ states: { "account:paper-a": "halted" } }));
  expect(frozen.reasons).toContain("hedge: A hedge needs one person");
  expect(decisive(frozen)).toEqual(["trading-state: account:paper-a is halted"]);
  expect(decisive(judge(defaultPolicy(), facts()))).toEqual(["hedge: A hedge needs one person"]);
});

describe("the default policy", () => {
  const reduce = plan({ action: "reduce" });
  const cancel = plan({ action: "cancel", orders: [], collars: [], cancels: [{ symbol: BTC, venueOrderId: "7" }] });
  const freeze = plan({
    action: "freeze",
    orders: [],
    collars: [],
    trading: { scope: "account:paper-a", state: "halted" },
  });
  const unfreeze = plan({
    action: "unfreeze",
    orders: [],
    collars: [],
    trading: { scope: "account:paper-a", state: "active" },
  });
  const settle = plan({
    action: "settle",
    orders: [],
    collars: [],
    settlement: { clientOrderId: "bw-1", state: "not_placed", filledQuantity: "0", averagePrice: null },
  });
  test.each<[string, Partial<Facts>, string, number, boolean]>([
    ["a playbook cancels by itself", { plan: cancel }, "allow", 0, false],
    ["a playbook freezes by itself", { plan: freeze }, "allow", 0, false],
    ["a small reduction runs by itself", { plan: reduce }, "allow", 0, false],
    [
      "a reduction beyond the soft cap asks one person",
      { plan: plan({ action: "reduce", orders: [order({ notionalUsd: "300000" })] }) },
      "quorum",
      1,
      false,
    ],
    [
      "a reduction asks one person once the hour's cap is reached",
      { plan: reduce, usage: spent({ notionalUsd: "990000" }) },
      "quorum",
      1,
      false,
    ],
    ["a hedge asks one person", {}, "quorum", 1, false],
    ["a large hedge asks two with a step-up", { plan: big }, "quorum", 2, true],
    [
      "a hedge above the hard cap is denied",
      { plan: plan({ orders: [order({ notionalUsd: "5000001" })] }) },
      "deny",
      0,
      false,
    ],
    [
      "orders with unknown outcome use up the day's hard cap",
      { usage: spent({ notionalUsd: "49960000" }) },
      "deny",
      0,
      false,
    ],
    ["a playbook cannot unfreeze", { plan: unfreeze }, "deny", 0, false],
    ["what /unfreeze starts asks two persons", { plan: unfreeze, ...asks("unfreeze") }, "quorum", 2, false],
    ["what /settle starts asks a second person", { plan: settle, ...asks("settle-order") }, "quorum", 1, false],
    ["another playbook settles no order", { plan: settle }, "deny", 0, false],
    [
      "a hedge that settles an order beside is denied",
      { plan: plan({ settlement: settle.settlement as Settlement }) },
      "deny",
      0,
      false,
    ],
    ["a trader may ask to unfreeze", { plan: unfreeze, ...person("ana", ["trader"]) }, "quorum", 2, false],
    ["a viewer can do nothing", { plan: cancel, ...person("di", ["viewer"]) }, "deny", 0, false],
    ["a viewer cannot ask for a large hedge either", { plan: big, ...person("di", ["viewer"]) }, "deny", 0, false],
    ["a person without roles can do nothing", { plan: freeze, ...person("zo", []) }, "deny", 0, false],
    ["an unsigned alert never reduces without a person", { plan: reduce, trust: "unsigned" }, "quorum", 1, false],
    ["an unsigned alert never freezes without a person", { plan: freeze, trust: "unsigned" }, "quorum", 1, false],
  ])("%s", (_, over, outcome, needed, stepUp) => {
    const decision = judge(defaultPolicy(), facts(over));
    expect({ outcome: decision.outcome, needed: decision.needed, stepUp: decision.stepUp }).toEqual({
      outcome,
      needed,
      stepUp,
    });
  });

  test("emergency powers stand in for people, but never pass a hard cap or a freeze", () => {
    const policy = defaultPolicy();
    expect(judge(policy, facts({ plan: big, breakGlass: true })).outcome).toBe("allow");
    const adding = plan({ orders: [order({ reduceOnly: false })] });
    expect(judge(policy, facts({ plan: adding, breakGlass: true })).outcome).toBe("quorum");
    expect(judge(policy, facts({ breakGlass: true, states: { firm: "halted" } })).outcome).toBe("deny");
    expect(judge(policy, facts({ breakGlass: true, trust: "unsigned" })).outcome).toBe("quorum");
  });
});

describe("trading states", () => {
  const adding = plan({ orders: [order({ reduceOnly: false })] });
  test.each<[string, Partial<Facts>, "allow" | "deny"]>([
    ["a halted firm sends nothing", { states: { firm: "halted" } }, "deny"],
    ["a halted venue sends nothing", { states: { "venue:paper": "halted" } }, "deny"],
    ["a halted instrument sends nothing", { states: { [`instrument:${BTC}`]: "halted" } }, "deny"],
    ["a halted playbook sends nothing", { states: { "playbook:margin-breach": "halted" } }, "deny"],
    ["another account's freeze does not matter", { states: { "account:paper-b": "halted" } }, "allow"],
    ["a reducing account lets reductions through", { states: { "account:paper-a": "reducing" } }, "allow"],
    ["a reducing account lets no risk through", { states: { "account:paper-a": "reducing" }, plan: adding }, "deny"],
    ["unknown states count as frozen", { states: null }, "deny"],
    [
      "a plan's own word for its effect is not believed",
      { states: { firm: "reducing" }, plan: { ...adding, effect: "reduce" } },
      "deny",
    ],
  ])("%s", (_, over, outcome) => expect(judge(policyOf([ALLOW]), facts(over)).outcome).toBe(outcome));

  test("cancelling stays possible while everything is halted", () => {
    const cancel = plan({ action: "cancel", orders: [], collars: [], cancels: [{ symbol: BTC, venueOrderId: "7" }] });
    expect(judge(policyOf([ALLOW]), facts({ plan: cancel, states: { firm: "halted" } })).outcome).toBe("allow");
  });
});

describe("the shape of plans", () => {
  test.each<[string, Parameters<typeof plan>[0]]>([
    ["a reduction that could add risk", { action: "reduce", orders: [order({ reduceOnly: false })] }],
    [
      "a reduction of an option at OKX, which ignores reduce-only there",
      { action: "reduce", venue: "okx", orders: [order({ symbol: "BTC/USD:BTC-261225-100000-C" })] },
    ],
    ["a hedge without orders", { orders: [], collars: [] }],
    ["an order for another account", { orders: [order({ account: "paper-b" })] }],
    ["a notional that is not the sum of its orders", { notionalUsd: "1" }],
    ["an order without a price collar", { collars: [] }],
    ["a negative quantity", { orders: [order({ quantity: "-1" })] }],
    ["a quantity of nothing", { orders: [order({ quantity: "0" })] }],
    ["a price that is not a number", { orders: [order({ limitPrice: "1e5" })] }],
    ["a cancel that carries orders", { action: "cancel" }],
    [
      "a freeze that activates",
      { action: "freeze", orders: [], collars: [], trading: { scope: "firm", state: "active" } },
    ],
    ["a freeze of no scope", { action: "freeze", orders: [], collars: [], trading: { scope: "", state: "halted" } }],
  ])("%s is denied", (_, over) => expect(judge(policyOf([ALLOW]), facts({ plan: plan(over) })).outcome).toBe("deny"));
});

describe("conditions", () => {
  const rule = (when: object): ReturnType<typeof policyOf> => policyOf([{ ...ALLOW, when }]);
  const zurich = { during: { zone: "Europe/Zurich", days: ["mon"], from: "08:00", to: "18:00" } };
  const night = { during: { zone: "UTC", days: ["sun"], from: "22:00", to: "06:00" } };
  test.each<[string, object, Partial<Facts>, "allow" | "deny"]>([
    ["inside the hours it is allowed", zurich, {}, "allow"],
    ["outside the hours nothing allows it", zurich, { at: new Date("2026-03-02T17:30:00Z") }, "deny"],
    ["summer time moves the hours", zurich, { at: new Date("2026-03-30T06:30:00Z") }, "allow"],
    ["on another day nothing allows it", zurich, { at: new Date("2026-03-03T12:00:00Z") }, "deny"],
    ["a window over midnight belongs to the day it began", night, { at: new Date("2026-03-02T03:00:00Z") }, "allow"],
    ["and not to the next night", night, { at: new Date("2026-03-02T23:00:00Z") }, "deny"],
    ["a zone nobody knows denies", { during: { ...zurich.during, zone: "Mars/Base" } }, {}, "deny"],
    ["sources that agree allow it", { pricesAgreeBps: "5" }, {}, "allow"],
    ["sources that disagree do not", { pricesAgreeBps: "1" }, {}, "deny"],
    ["one source is no agreement", { pricesAgreeBps: "5" }, { quotes: { [BTC]: [] } }, "deny"],
    ["an unknown dead-man switch denies", { deadManArmed: true }, { deadManArmed: { is: null, why: "" } }, "deny"],
    ["a healthy reconciler allows it", { reconcilerHealthy: true }, {}, "allow"],
  ])("%s", (_, when, over, outcome) => expect(judge(rule(when), facts(over)).outcome).toBe(outcome));

  test("a fact that is not known denies even beside a rule that allows", () => {
    const policy = policyOf([ALLOW, { name: "careful", when: { deadManArmed: true }, says: "allow" }]);
    expect(judge(policy, facts({ deadManArmed: { is: null, why: "" } })).outcome).toBe("deny");
  });
});

describe("outcomes", () => {
  test("quorums add up: each must be met", () => {
    const policy = policyOf([
      { name: "one-trader", says: { quorum: { people: 1, from: ["trader"], within: "10m" } } },
      { name: "two-with-risk", says: { quorum: { people: 2, roles: ["risk"], stepUp: true, within: "5m" } } },
    ]);
    const decision = judge(policy, facts());
    expect(decision).toMatchObject({ outcome: "quorum", needed: 2, roles: ["risk"], stepUp: true, ttlMs: 300_000 });
    expect(decision.quorums).toHaveLength(2);
  });
  test("a waiting time ends by itself", () => {
    const policy = policyOf([ALLOW, { name: "cool-down", says: { hold: "10m" } }]);
    expect(judge(policy, facts({ ageMs: 1 }))).toMatchObject({ outcome: "hold", holdMs: 599_999 });
    expect(judge(policy, facts({ ageMs: 600_000 })).outcome).toBe("allow");
  });
  test("a waiting time alone allows nothing", () =>
    expect(judge(policyOf([{ name: "cool-down", says: { hold: "10m" } }]), facts()).outcome).toBe("deny"));
  test("a quorum that nobody can meet is a denial", () => {
    expect(judge(defaultPolicy(), facts({ approvers: [] })).outcome).toBe("deny");
    const only = { approvers: [{ id: "ana", roles: ["trader" as const] }], excluded: ["ana"] };
    expect(judge(defaultPolicy(), facts(only)).outcome).toBe("deny");
  });
  test("an error is a denial", () =>
    expect(judge(defaultPolicy(), null as unknown as Facts)).toMatchObject({ outcome: "deny", tier: "T4" }));
  test("a figure that is not known is a denial", () =>
    expect(judge(defaultPolicy(), facts({ usage: {} })).outcome).toBe("deny"));
  test("beyond a limit a milder word does not help", () => {
    const limits = [{ per: "plan", measure: "notionalUsd", max: "1" }];
    expect(judge(policyOf([{ name: "odd", limits, says: "deny", beyond: "allow" }]), facts()).outcome).toBe("deny");
  });
  test("a limit that could never be counted is refused when the policy is read", () =>
    expect(() => policyOf([{ ...ALLOW, limits: [{ per: "order", measure: "leverage", max: "3" }] }])).toThrow(
      /cannot be counted/,
    ));
  test("what a rule says of a person it says of the playbooks that the person begins", () => {
    const policy = policyOf([
      { name: "all", says: "allow" },
      { name: "not-ana", match: { by: { people: ["ana"] } }, says: "deny" },
    ]);
    const begunBy = (person: string | null): Partial<Facts> => ({
      requester: { kind: "playbook", id: "hedge", person, roles: [], onCall: null },
    });
    expect(judge(policy, facts(begunBy("ana"))).outcome).toBe("deny");
    expect(judge(policy, facts(begunBy("bo"))).outcome).toBe("allow");
    expect(judge(policy, facts(begunBy(null))).outcome).toBe("allow");
  });

  test("what a rule says of an account or a venue it does not say of the whole firm, whichever account the plan names", () => {
    const lifting = (scope: string) => plan({ action: "unfreeze", orders: [], trading: { scope, state: "active" } });
    const ofAccount = policyOf([{ name: "desk-a", match: { accounts: ["paper-a"] }, says: "allow" }]);
    const ofVenue = policyOf([{ name: "paper", match: { venues: ["paper"] }, says: "allow" }]);
    const says = (policy: typeof ofAccount, scope: string) => judge(policy, facts({ plan: lifting(scope) })).outcome;
    expect(["account:paper-a", "venue:paper", "firm"].map((scope) => says(ofAccount, scope))).toEqual([
      "allow",
      "deny",
      "deny",
    ]);
    expect(["account:paper-a", "venue:paper", "firm"].map((scope) => says(ofVenue, scope))).toEqual([
      "allow",
      "allow",
      "deny",
    ]);
  });

  test("the whole trace names every rule and why", () => {
    const decision = judge(defaultPolicy(), facts(), "all");
    expect(new Set(decision.trace.map((line) => line.rule))).toEqual(
      new Set(defaultPolicy().rules.map((rule) => rule.name)),
    );
  });
});
