import { describe, expect, test } from "vitest";
import type { Plan } from "../../../src/kernel/plan.ts";
import type { Facts } from "../../../src/policy/judging/facts.ts";
import { checkLimit } from "../../../src/policy/judging/limits.ts";
import type { Limit } from "../../../src/policy/rules/schema.ts";
import { BTC, facts, order, plan, spent } from "../make.ts";

const ETH = "ETH/USDT:USDT";
const limit = (measure: Limit["measure"], per: Limit["per"], max: string, window?: Limit["window"]): Limit => ({
  measure,
  per,
  max,
  ...(window === undefined ? {} : { window }),
});
const of = (orders: Plan["orders"], over: Partial<Plan> = {}): Partial<Facts> => ({ plan: plan({ orders, ...over }) });
const by = (requester: Partial<Facts["requester"]>): Partial<Facts> => ({
  requester: { kind: "playbook", id: "margin-breach", person: null, roles: [], onCall: null, ...requester },
});
/** Spent so far in every window under one name; nothing anywhere else. */
const under = (key: string, amounts: Parameters<typeof spent>[0]): Facts["usage"] => ({
  ...spent(),
  [key]: spent(amounts)["firm"] as Facts["usage"][string],
});

describe("one order", () => {
  const two = of([
    order({ quantity: "3", notionalUsd: "150000" }),
    order({ quantity: "0.5", symbol: ETH, notionalUsd: "1500" }),
  ]);
  // The collar's reference is 50,000; the first quote of today 50,100.
  const priced = (limitPrice: string): Partial<Facts> => ({
    ...of([order({ limitPrice })]),
    quotes: { [BTC]: [{ source: "paper:book", price: "50100", at: new Date() }] },
  });

  test.each<[string, Limit, Partial<Facts>, string]>([
    ["is as large as the limit", limit("quantity", "order", "3"), two, "inside"],
    [
      "is a little larger",
      limit("quantity", "order", "2.99"),
      two,
      "quantity per order would be 3, above its limit of 2.99",
    ],
    [
      "is longer in digits",
      limit("quantity", "order", "9"),
      of([order({ quantity: "10" })]),
      "quantity per order would be 10, above its limit of 9",
    ],
    ["is shorter in digits", limit("quantity", "order", "10"), of([order({ quantity: "9" })]), "inside"],
    [
      "is worth as much as the limit, whatever its plan is worth",
      limit("notionalUsd", "order", "150000"),
      two,
      "inside",
    ],
    [
      "is worth more",
      limit("notionalUsd", "order", "149999"),
      two,
      "notional per order would be 150,000 USD, above its limit of 149,999 USD",
    ],
    ["lies 100 bps from the collar's reference", limit("collarBps", "order", "100"), priced("49500"), "inside"],
    [
      "lies further from it",
      limit("collarBps", "order", "99"),
      priced("49500"),
      "price collar per order would be 100 bps, above its limit of 99 bps",
    ],
    [
      "lies above it as far as below",
      limit("collarBps", "order", "99"),
      priced("50500"),
      "price collar per order would be 100 bps, above its limit of 99 bps",
    ],
    ["lies 100 bps from today's price", limit("slippageBps", "order", "100"), priced("49599"), "inside"],
    [
      "lies further from it, which the collar does not show",
      limit("slippageBps", "order", "100"),
      priced("49500"),
      "slippage per order would be 119.7605 bps, above its limit of 100 bps",
    ],
    ["has no price of today", limit("slippageBps", "order", "100"), { quotes: {} }, "slippage per order is not known"],
    [
      "has no collar",
      limit("collarBps", "order", "100"),
      of([order()], { collars: [] }),
      "price collar per order is not known",
    ],
    [
      "has a collar about nothing",
      limit("collarBps", "order", "100"),
      of([order()], { collars: [{ symbol: BTC, reference: "0", low: "0", high: "0" }] as unknown as Plan["collars"] }),
      "price collar per order is not known",
    ],
  ])("%s", (_name, one, over, said) => {
    const answer = checkLimit(one, facts(over));
    expect(answer.is === "inside" ? "inside" : answer.why).toBe(said);
  });
});

describe("a plan", () => {
  const cancels = [
    { symbol: ETH, venueOrderId: "7" },
    { symbol: ETH, venueOrderId: "8" },
  ] as unknown as Plan["cancels"];
  const two = of([order(), order({ symbol: ETH, notionalUsd: "1000" })], { cancels });

  test.each<[string, Limit, string]>([
    [
      "is worth the sum of its orders",
      limit("notionalUsd", "plan", "50999"),
      "notional per plan would be 51,000 USD, above its limit of 50,999 USD",
    ],
    ["is worth exactly its limit", limit("notionalUsd", "plan", "51000"), "inside"],
    ["counts its orders", limit("orders", "plan", "1"), "orders per plan would be 2, above its limit of 1"],
    [
      "counts a message for each order and each cancel",
      limit("messages", "plan", "3"),
      "messages per plan would be 4, above its limit of 3",
    ],
    ["counts no cancel as an order", limit("orders", "plan", "2"), "inside"],
  ])("%s", (_name, one, said) => {
    const answer = checkLimit(one, facts(two));
    expect(answer.is === "inside" ? "inside" : answer.why).toBe(said);
  });

  test("that only cancels has no size, and still counts its messages", () => {
    const only = of([], { cancels, collars: [] });
    expect(checkLimit(limit("leverage", "account", "1"), facts({ ...only, figures: null }))).toEqual({ is: "inside" });
    expect(checkLimit(limit("messages", "plan", "1"), facts(only)).is).toBe("passed");
  });
});

describe("an account as it stands", () => {
  test.each<[string, Limit, Partial<Facts>, string]>([
    ["may be as leveraged as its limit", limit("leverage", "account", "2"), {}, "inside"],
    [
      "is too leveraged",
      limit("leverage", "account", "1.9"),
      {},
      "leverage per account would be 2 times, above its limit of 1.9 times",
    ],
    [
      "holds the plan's orders beside its own",
      limit("openOrders", "account", "1"),
      {},
      "open orders per account would be 2, above its limit of 1",
    ],
    ["has room for the plan's order", limit("openOrders", "account", "2"), {}, "inside"],
    [
      "lost too much today",
      limit("lossUsd", "account", "1000"),
      { figures: { leverage: "2", openOrders: "1", lossUsd: "1000.01" } },
      "loss of the day per account would be 1,000.01 USD, above its limit of 1,000 USD",
    ],
    [
      "lost as much as it may, whatever the plan adds",
      limit("lossUsd", "account", "1000"),
      { figures: { leverage: "2", openOrders: "1", lossUsd: "1000" } },
      "inside",
    ],
    [
      "was not read",
      limit("lossUsd", "account", "1000"),
      { figures: null },
      "loss of the day per account is not known",
    ],
  ])("%s", (_name, one, over, said) => {
    const answer = checkLimit(one, facts(over));
    expect(answer.is === "inside" ? "inside" : answer.why).toBe(said);
  });
});

describe("a window", () => {
  const hour = (per: Limit["per"], max = "99999"): Limit => limit("notionalUsd", per, max, "1h");
  const passed = (per: string): string =>
    `notional per ${per} within 1 hour would be 100,000 USD, above its limit of 99,999 USD`;

  test.each<[Limit["per"], string, Partial<Facts>]>([
    ["firm", "firm", {}],
    ["account", "account:paper-a", {}],
    ["venue", "venue:paper", {}],
    ["instrument", `instrument:${BTC}`, {}],
    ["playbook", "playbook:margin-breach", {}],
    ["person", "person:ana", by({ person: "ana" })],
    ["source", "source:account-monitor", {}],
  ])("per %s adds the plan to what was spent under that name alone", (per, key, over) => {
    const full = facts({ ...over, usage: under(key, { notionalUsd: "50000" }) });
    expect(checkLimit(hour(per), full)).toEqual({ is: "passed", why: passed(per) });
    expect(checkLimit(hour(per, "100000"), full)).toEqual({ is: "inside" });
    expect(checkLimit(hour(per), facts({ ...over, usage: spent() }))).toEqual({ is: "inside" });
  });

  test.each<[string, Limit["per"], Partial<Facts>]>([
    ["a person where nobody stands behind the plan", "person", by({ person: null })],
    ["a playbook where a person asks", "playbook", by({ kind: "person", id: "ana", person: "ana" })],
    ["a source where no alert began it", "source", { source: null }],
  ])("says nothing of %s", (_name, per, over) => {
    const full = facts({ ...over, usage: spent({ notionalUsd: "1000000" }) });
    expect(checkLimit(hour(per), full)).toEqual({ is: "inside" });
  });

  test("charges an instrument with its own orders and cancels, each instrument for itself", () => {
    const both = of([order(), order({ symbol: ETH, notionalUsd: "1000" })], {
      cancels: [{ symbol: ETH, venueOrderId: "7" }] as unknown as Plan["cancels"],
    });
    const usage = { ...spent(), [`instrument:${ETH}`]: spent()["firm"] as Facts["usage"][string] };
    const per = (measure: Limit["measure"], max: string) =>
      checkLimit(limit(measure, "instrument", max, "1h"), facts({ ...both, usage })).is;
    expect([per("notionalUsd", "50000"), per("notionalUsd", "49999")]).toEqual(["inside", "passed"]);
    expect([per("orders", "1"), per("messages", "2"), per("messages", "1")]).toEqual(["inside", "inside", "passed"]);
  });

  test("is not known where nobody counted under that name", () => {
    const answer = checkLimit(hour("account"), facts({ usage: {} }));
    expect(answer).toEqual({ is: "unknown", why: "notional per account within 1 hour is not known" });
  });

  test("refuses what is no amount, as from a broken row", () => {
    const broken = facts({ usage: under("firm", { notionalUsd: "NaN" }) });
    expect(() => checkLimit(hour("firm"), broken)).toThrow(RangeError);
  });
});
