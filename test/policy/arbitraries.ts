import * as fc from "fast-check";
import type { Facts } from "../../src/policy/judging/facts.ts";
import { type Policy, ROLES } from "../../src/policy/rules/schema.ts";
import { facts, order, plan, spent } from "./make.ts";

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
/** Random rules, in the form that the schema gives: reading each through it would take most of the time. */
export const policies = fc
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
/** Rules that put every plan to people, in different ways at once. */
export const asking = fc
  .array(
    outcome.filter((one) => typeof one === "object" && "quorum" in one),
    { minLength: 1, maxLength: 2 },
  )
  .map(
    (list) =>
      ({
        hard: [],
        rules: list.map((says, at) => ({ name: `r${at}`, match: {}, when: {}, limits: [], says, beyond: "deny" })),
        collar,
        change,
        incompatibleRoles: [],
      }) as unknown as Policy,
  );
const states = fc.dictionary(
  fc.constantFrom("firm", "account:paper-a", "venue:paper", "playbook:margin-breach"),
  fc.constantFrom("active" as const, "reducing" as const, "halted" as const),
);
/** Random plans and what stands around them. */
export const situations: fc.Arbitrary<Facts> = fc
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
        ? { kind: "person", id: "ana", person: "ana", roles: ["trader"], onCall: one.onCall }
        : { kind: "playbook", id: "margin-breach", person: null, roles: [], onCall: one.onCall },
      excluded: one.person ? ["ana"] : [],
    }),
  );
