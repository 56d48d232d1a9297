import { type Decimal, abs, add, decimal, div, greater, isZero, mul, sub, sum } from "../../kernel/decimal.ts";
import type { PlannedOrder } from "../../kernel/plan.ts";
import type { Facts, Spent } from "./facts.ts";
import type { Limit } from "../rules/schema.ts";
import { amountWords, scopeWords } from "../rules/words.ts";

/** What a limit says about a plan: inside, passed, or not to be told. */
export type LimitAnswer =
  | { readonly is: "inside" }
  | { readonly is: "passed"; readonly why: string }
  | { readonly is: "unknown"; readonly why: string };

const INSIDE: LimitAnswer = { is: "inside" };

const PLAIN = /^\d{1,40}(\.\d{1,40})?$/;
const WHOLE = /^(0|[1-9]\d*)$/;

/**
 * An amount as it stands in a plan, a limit or a sum: never negative, and checked without being rewritten, because a
 * decision looks at dozens of them.
 * @throws RangeError where it is not a plain decimal, such as NaN from the database
 */
function amount(text: string): Decimal {
  if (!PLAIN.test(text)) throw new RangeError(`"${text.slice(0, 60)}" is not an amount`);
  return text as Decimal;
}

/** a > b; whole numbers are compared as they are written. */
function exceeds(a: Decimal, b: Decimal): boolean {
  if (WHOLE.test(a) && WHOLE.test(b)) return a.length === b.length ? a > b : a.length > b.length;
  return greater(a, b);
}

const plus = (a: Decimal, b: Decimal): Decimal => (a === "0" ? b : b === "0" ? a : add(a, b));

/** The largest of one order's figures over the plan's orders; null where one cannot be computed. */
function ofOrders(facts: Facts, figure: (order: PlannedOrder) => Decimal | null): Decimal | null {
  let most = decimal("0");
  for (const order of facts.plan.orders) {
    const value = figure(order);
    if (value === null) return null;
    if (exceeds(value, most)) most = value;
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

/** The whole plan; that its notional is the sum of its orders is demanded of every plan beforehand. */
const ofPlan = ({ plan }: Facts): Spent => ({
  notionalUsd: plan.notionalUsd,
  orders: String(plan.orders.length),
  messages: String(plan.orders.length + plan.cancels.length),
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
      return requester.person === null ? [] : [`person:${requester.person}`];
    case "playbook":
      return requester.kind === "playbook" ? [`playbook:${requester.id}`] : [];
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
      return ofOrders(facts, (order) => amount(order.quantity));
    case "collarBps":
      return ofOrders(facts, (order) => distanceBps(facts, order, "collar"));
    case "slippageBps":
      return ofOrders(facts, (order) => distanceBps(facts, order, "quote"));
    case "leverage":
    case "openOrders":
    case "lossUsd": {
      const now = facts.figures?.[measure] ?? null;
      if (now === null) return null;
      return measure === "openOrders" ? plus(amount(now), amount(String(facts.plan.orders.length))) : amount(now);
    }
    case "notionalUsd":
    case "orders":
    case "messages": {
      if (limit.per === "order" && measure === "notionalUsd")
        return ofOrders(facts, (order) => amount(order.notionalUsd));
      const own = instrumentShare(facts, limit, key)[measure];
      if (limit.window === undefined) return amount(own);
      const spent = key === null ? undefined : facts.usage[key]?.[limit.window];
      return spent === undefined ? null : plus(amount(spent[measure]), amount(own));
    }
  }
}

/** The plan's own part in a dimension: an instrument is charged only with its own orders. */
function instrumentShare(facts: Facts, limit: Limit, key: string | null): Spent {
  if (limit.per !== "instrument" || key === null) return ofPlan(facts);
  const symbol = key.slice("instrument:".length);
  const orders = facts.plan.orders.filter((one) => one.symbol === symbol);
  const cancels = facts.plan.cancels.filter((one) => one.symbol === symbol);
  return {
    notionalUsd: sum(orders.map((order) => decimal(order.notionalUsd))),
    orders: String(orders.length),
    messages: String(orders.length + cancels.length),
  };
}

/** Whether a plan, on top of what was spent before, stays within a limit. A figure that is not known is not inside. */
export function checkLimit(limit: Limit, facts: Facts): LimitAnswer {
  if (facts.plan.orders.length === 0 && limit.measure !== "messages") return INSIDE;
  const keys = limit.window === undefined ? [null] : keysOf(facts, limit.per);
  for (const key of keys) {
    const figure = figureOf(facts, limit, key);
    if (figure === null) return { is: "unknown", why: `${scopeWords(limit)} is not known` };
    if (exceeds(figure, amount(limit.max)))
      return {
        is: "passed",
        why: `${scopeWords(limit)} would be ${amountWords(limit, figure)}, above its limit of ${amountWords(limit, amount(limit.max))}`,
      };
  }
  return INSIDE;
}
