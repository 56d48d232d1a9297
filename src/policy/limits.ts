import { type Decimal, abs, add, decimal, div, greater, isZero, mul, sub, sum } from "../kernel/decimal.ts";
import type { PlannedOrder } from "../kernel/plan.ts";
import type { Facts, Spent } from "./facts.ts";
import type { Limit } from "./schema.ts";

/** What a limit says about a plan: inside, passed, or not to be told. */
export type LimitAnswer =
  | { readonly is: "inside" }
  | { readonly is: "passed"; readonly why: string }
  | { readonly is: "unknown"; readonly why: string };

const INSIDE: LimitAnswer = { is: "inside" };

const wordsOf = (limit: Limit): string =>
  `${limit.measure} per ${limit.per}${limit.window === undefined ? "" : ` in ${limit.window}`}`;

/** The largest of one order's figures over the plan's orders; null where one cannot be computed. */
function ofOrders(facts: Facts, figure: (order: PlannedOrder) => Decimal | null): Decimal | null {
  let most = decimal("0");
  for (const order of facts.plan.orders) {
    const value = figure(order);
    if (value === null) return null;
    if (greater(value, most)) most = value;
  }
  return most;
}

/** Distance of the limit price from a reference, in basis points. */
function distanceBps(facts: Facts, order: PlannedOrder, reference: "collar" | "quote"): Decimal | null {
  const from =
    reference === "collar"
      ? facts.plan.collars.find((one) => one.symbol === order.symbol)?.reference
      : facts.quotes[order.symbol]?.[0]?.price;
  if (from === undefined || isZero(decimal(from))) return null;
  return div(mul(abs(sub(decimal(order.limitPrice), decimal(from))), decimal("10000")), decimal(from), 4, "up");
}

const ofPlan = (facts: Facts): Spent => ({
  notionalUsd: sum(facts.plan.orders.map((order) => decimal(order.notionalUsd))),
  orders: String(facts.plan.orders.length),
  messages: String(facts.plan.orders.length + facts.plan.cancels.length),
});

/** The names under which a plan is counted in one dimension; none where the dimension does not apply. */
function keysOf(facts: Facts, per: Limit["per"]): readonly string[] {
  const { plan, requester } = facts;
  switch (per) {
    case "firm":
      return ["firm"];
    case "account":
      return [`account:${plan.account}`];
    case "venue":
      return [`venue:${plan.venue}`];
    case "instrument":
      return [...new Set(plan.orders.map((order) => `instrument:${order.symbol}`))];
    case "person":
    case "playbook":
      return requester.kind === per ? [`${per}:${requester.id}`] : [];
    case "source":
      return facts.source === null ? [] : [`source:${facts.source}`];
    case "order":
    case "plan":
      return [];
  }
}

function figureOf(facts: Facts, limit: Limit, key: string | null): Decimal | null {
  const { measure } = limit;
  switch (measure) {
    case "quantity":
      return ofOrders(facts, (order) => decimal(order.quantity));
    case "collarBps":
      return ofOrders(facts, (order) => distanceBps(facts, order, "collar"));
    case "slippageBps":
      return ofOrders(facts, (order) => distanceBps(facts, order, "quote"));
    case "leverage":
    case "openOrders":
    case "lossUsd": {
      const now = facts.figures?.[measure] ?? null;
      if (now === null) return null;
      return measure === "openOrders" ? add(decimal(now), decimal(String(facts.plan.orders.length))) : decimal(now);
    }
    case "notionalUsd":
    case "orders":
    case "messages": {
      if (limit.per === "order" && measure === "notionalUsd")
        return ofOrders(facts, (order) => decimal(order.notionalUsd));
      const own = instrumentShare(facts, limit, key)[measure];
      if (limit.window === undefined) return decimal(own);
      const spent = key === null ? undefined : facts.usage[key]?.[limit.window];
      return spent === undefined ? null : add(decimal(spent[measure]), decimal(own));
    }
  }
}

/** The plan's own part in a dimension: an instrument is charged only with its own orders. */
function instrumentShare(facts: Facts, limit: Limit, key: string | null): Spent {
  if (limit.per !== "instrument" || key === null) return ofPlan(facts);
  const symbol = key.slice("instrument:".length);
  const { plan } = facts;
  return ofPlan({
    ...facts,
    plan: {
      ...plan,
      orders: plan.orders.filter((one) => one.symbol === symbol),
      cancels: plan.cancels.filter((one) => one.symbol === symbol),
    },
  });
}

/** Whether a plan, on top of what was spent before, stays within a limit. A figure that is not known is not inside. */
export function checkLimit(limit: Limit, facts: Facts): LimitAnswer {
  if (facts.plan.orders.length === 0 && limit.measure !== "messages") return INSIDE;
  const keys = limit.window === undefined ? [null] : keysOf(facts, limit.per);
  for (const key of keys) {
    const figure = figureOf(facts, limit, key);
    if (figure === null) return { is: "unknown", why: `${wordsOf(limit)} is not known` };
    if (greater(figure, decimal(limit.max)))
      return { is: "passed", why: `${wordsOf(limit)} would be ${figure}, the limit is ${limit.max}` };
  }
  return INSIDE;
}
