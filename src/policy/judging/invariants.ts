import { decimal, sum } from "../../kernel/decimal.ts";
import type { ActionName } from "../../kernel/plan.ts";
import { type Facts, effectOf, scopesOf } from "./facts.ts";

/** What the code itself insists on, whatever the rules say: a name and why the plan breaks it. */
export interface Breach {
  readonly rule: string;
  readonly why: string;
}

type Invariant = (facts: Facts) => string | null;

const SCOPE = /^(firm|(venue|account|instrument|playbook|person):\S.*)$/;

/** Actions that send no order: a freeze does not stand in their way. */
const SENDS_NOTHING: readonly ActionName[] = ["cancel", "freeze", "unfreeze", "settle"];

/** A frozen scope lets only through what takes risk away. */
const tradingState: Invariant = (facts) => {
  const { plan } = facts;
  if (SENDS_NOTHING.includes(plan.action)) return null;
  if (facts.states === null) return "the trading states are not known, so everything counts as frozen";
  for (const scope of scopesOf(plan, facts.requester)) {
    const state = facts.states[scope] ?? "active";
    if (state === "halted") return `${scope} is halted`;
    if (state === "reducing" && effectOf(plan) === "increase") return `${scope} may only reduce`;
    if (state !== "active" && state !== "reducing") return `the state of ${scope} is not known`;
  }
  return null;
};

/** Who began it decides who may consent, and how far it is believed. */
const origin: Invariant = ({ proven }) =>
  proven
    ? null
    : "the run or the incident behind it is not the one that was written down, so nobody knows who began it";

const shape: Invariant = ({ plan }) => {
  if (plan.settlement !== undefined && plan.action !== "settle") return `a ${plan.action} settles no order`;
  if (plan.hedged !== undefined && plan.action !== "hedge") return `a ${plan.action} hedges nothing`;
  switch (plan.action) {
    case "cancel":
      return plan.orders.length > 0 || plan.trading !== null ? "a cancel carries cancels only" : null;
    case "reduce":
    case "hedge":
      if (plan.trading !== null) return `a ${plan.action} does not change trading states`;
      if (plan.orders.length === 0) return `a ${plan.action} without orders does nothing`;
      return plan.action === "reduce" && effectOf(plan) !== "reduce"
        ? `every order of a reduction is reduce-only, of a kind for which ${plan.venue} enforces that`
        : null;
    case "freeze":
    case "unfreeze": {
      if (plan.orders.length > 0) return `a ${plan.action} sends no orders`;
      if (plan.trading === null || !SCOPE.test(plan.trading.scope)) return `a ${plan.action} names a scope`;
      return plan.action === "freeze" && plan.trading.state === "active"
        ? "a freeze does not make a scope active"
        : null;
    }
    case "settle":
      if (plan.orders.length + plan.cancels.length > 0 || plan.trading !== null)
        return "a settlement sends nothing and changes no trading state";
      return plan.settlement === undefined ? "a settlement names an order" : null;
  }
};

const amounts: Invariant = ({ plan }) => {
  for (const order of plan.orders) {
    if (order.account !== plan.account) return `an order is for ${order.account}, the plan for ${plan.account}`;
    if (!/[1-9]/.test(decimal(order.quantity)) || order.quantity.startsWith("-")) return "a quantity is not positive";
    if (!/[1-9]/.test(decimal(order.limitPrice)) || order.limitPrice.startsWith("-")) return "a price is not positive";
    if (order.notionalUsd.startsWith("-")) return "a notional is negative";
    if (!plan.collars.some((collar) => collar.symbol === order.symbol)) return `${order.symbol} has no price collar`;
  }
  const total = sum(plan.orders.map((order) => decimal(order.notionalUsd)));
  return total === decimal(plan.notionalUsd)
    ? null
    : `the notional says ${plan.notionalUsd}, the orders sum to ${total}`;
};

const playbookOn: Invariant = ({ switchedOff, requester }) =>
  switchedOff ? `playbook ${requester.id} is switched off` : null;

const INVARIANTS: readonly (readonly [name: string, check: Invariant])[] = [
  ["plan-shape", shape],
  ["plan-amounts", amounts],
  ["plan-origin", origin],
  ["trading-state", tradingState],
  ["playbook-off", playbookOn],
];

/** Every built-in demand that a plan breaks; each denies. */
export function breaches(facts: Facts): readonly Breach[] {
  return INVARIANTS.flatMap(([rule, check]) => {
    const why = check(facts);
    return why === null ? [] : [{ rule, why }];
  });
}
