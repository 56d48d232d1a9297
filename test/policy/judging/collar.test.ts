import { describe, expect, test } from "vitest";
import { brokenCollar } from "../../../src/policy/judging/collar.ts";
import { BTC, NOON, order, plan } from "../make.ts";

const rules = { minSources: 2, maxAge: "10s", maxDisagreementBps: "100" };
const quote = (source: string, price: string, ageMs = 0) => ({ source, price, at: new Date(NOON.getTime() - ageMs) });
const good = [quote("a", "50000"), quote("b", "50010")];
const broken = (quotes: readonly ReturnType<typeof quote>[], over: Parameters<typeof plan>[0] = {}) =>
  brokenCollar(plan(over), { [BTC]: quotes }, rules, NOON);

describe("the price collar at the moment of sending", () => {
  test("two fresh sources inside it let the plan through", () => expect(broken(good)).toBeNull());
  test.each<[string, readonly ReturnType<typeof quote>[], RegExp]>([
    ["one source", [quote("a", "50000")], /prices of 1 sources, 2 are needed/],
    ["the same source twice", [quote("a", "50000"), quote("a", "50001")], /prices of 1 sources/],
    ["a stale source", [quote("a", "50000"), quote("b", "50000", 10_001)], /prices of 1 sources/],
    ["no source at all", [], /prices of 0 sources/],
    ["sources that disagree", [quote("a", "49600"), quote("b", "50400")], /more than 100 bps apart/],
    ["a market below", [quote("a", "49400"), quote("b", "49450")], /outside 49500–50500/],
    ["one source above", [quote("a", "50450"), quote("b", "50501")], /outside 49500–50500/],
  ])("%s stops it", (_, quotes, why) => expect(broken(quotes)).toMatch(why));
  test("a limit price beyond the collar stops it", () =>
    expect(broken(good, { orders: [order({ limitPrice: "50501" })] })).toMatch(/the limit 50501 lies outside/));
  test("an order that the plan gives no collar stops it", () =>
    expect(broken(good, { collars: [] })).toBe(`${BTC} has no price collar`));
  test("a plan without orders needs no price", () =>
    expect(broken([], { action: "cancel", orders: [], collars: [] })).toBeNull());
});
