import { DateTime } from "luxon";
import { decimal, div, greater, max, min, mul, sub } from "../kernel/decimal.ts";
import { type Facts, effectOf } from "./facts.ts";
import type { Rule } from "./schema.ts";

const listed = (list: readonly string[] | undefined, value: string | null): boolean =>
  list === undefined || (value !== null && list.includes(value));
const named = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes("*") || list.includes(value));

function asks(by: Rule["match"]["by"], { requester }: Facts): boolean {
  if (by === undefined) return true;
  switch (requester.kind) {
    case "person":
      return named(by.people, requester.id) || requester.roles.some((role) => by.roles?.includes(role) === true);
    case "playbook":
      return named(by.playbooks, requester.id);
    case "service":
      return named(by.services, requester.id);
  }
}

/** Whether a rule is about a plan; where not, the first part that differs. */
export function mismatch(match: Rule["match"], facts: Facts): string | null {
  const { plan } = facts;
  if (!listed(match.actions, plan.action)) return `it is about ${match.actions?.join(", ")}, not ${plan.action}`;
  if (!listed(match.accounts, plan.account)) return `it is about other accounts than ${plan.account}`;
  if (!listed(match.venues, plan.venue)) return `it is about other venues than ${plan.venue}`;
  if (!listed(match.environments, plan.environment)) return `it is about ${match.environments?.join(", ")}`;
  if (!listed(match.effects, effectOf(plan))) return `the orders ${effectOf(plan)} risk`;
  if (!listed(match.trust, facts.trust)) return `the source is ${facts.trust}`;
  if (!listed(match.sources, facts.source)) return `the source is ${facts.source ?? "none"}`;
  if (!listed(match.severities, facts.severity)) return `the severity is ${facts.severity ?? "not known"}`;
  if (match.scopes !== undefined && !match.scopes.includes(plan.trading?.scope.split(":")[0] ?? ""))
    return "it is about other scopes";
  if (match.instruments !== undefined) {
    const touched = [...plan.orders, ...plan.cancels].some((one) => match.instruments?.includes(one.symbol));
    if (!touched) return "it is about other instruments";
  }
  if (!asks(match.by, facts)) return `it is not about ${facts.requester.kind} ${facts.requester.id}`;
  if (match.notionalUsdOver !== undefined && !greater(decimal(plan.notionalUsd), decimal(match.notionalUsdOver)))
    return `the notional is not above ${match.notionalUsdOver}`;
  return null;
}

/** How the conditions of a rule stand: they hold, they do not (why), or a fact is missing (which). */
export type Standing =
  | { readonly is: "holds" }
  | { readonly is: "fails"; readonly why: string }
  | { readonly is: "unknown"; readonly why: string };

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

function within(during: NonNullable<Rule["when"]["during"]>, at: Date): Standing {
  const local = DateTime.fromJSDate(at, { zone: during.zone });
  if (!local.isValid) return { is: "unknown", why: `${during.zone} is no time zone` };
  const day = DAYS[local.weekday - 1];
  const clock = local.toFormat("HH:mm");
  // A window over midnight belongs to the day on which it began.
  const over = during.to <= during.from;
  const began = over && clock < during.to ? local.minus({ days: 1 }) : local;
  const beganDay = over && clock < during.to ? DAYS[began.weekday - 1] : day;
  const open = over ? clock >= during.from || clock < during.to : clock >= during.from && clock < during.to;
  if (!open) return { is: "fails", why: `it is ${clock} in ${during.zone}` };
  if (during.days !== undefined && !during.days.includes(beganDay ?? "mon"))
    return { is: "fails", why: `it is ${beganDay}` };
  if (during.except?.includes(began.toFormat("yyyy-MM-dd")))
    return { is: "fails", why: "the calendar closes this day" };
  return { is: "holds" };
}

function agreement(bound: string, facts: Facts): Standing {
  for (const symbol of new Set(facts.plan.orders.map((one) => one.symbol))) {
    const quotes = facts.quotes[symbol] ?? [];
    if (new Set(quotes.map((one) => one.source)).size < 2)
      return { is: "unknown", why: `fewer than two sources price ${symbol}` };
    const prices = quotes.map((one) => decimal(one.price));
    const [first = decimal("0")] = prices;
    const low = prices.reduce((a, b) => min(a, b), first);
    const high = prices.reduce((a, b) => max(a, b), first);
    if (!greater(low, decimal("0"))) return { is: "unknown", why: `a price of ${symbol} is not positive` };
    const apart = div(mul(sub(high, low), decimal("10000")), low, 4, "up");
    if (greater(apart, decimal(bound))) return { is: "fails", why: `prices of ${symbol} are ${apart} bps apart` };
  }
  return { is: "holds" };
}

const must = (wanted: boolean | undefined, is: boolean | null, what: string): Standing => {
  if (wanted === undefined) return { is: "holds" };
  if (is === null) return { is: "unknown", why: `whether ${what} is not known` };
  return is === wanted ? { is: "holds" } : { is: "fails", why: `${what}: ${is ? "yes" : "no"}` };
};

/** Whether a rule's conditions hold now. A missing fact is reported before a failing one: it denies. */
export function standing(when: Rule["when"], facts: Facts): Standing {
  const all = [
    when.during === undefined ? undefined : within(when.during, facts.at),
    when.pricesAgreeBps === undefined ? undefined : agreement(when.pricesAgreeBps, facts),
    must(when.onCall, facts.requester.onCall, "the person is on call"),
    must(when.deadManArmed, facts.deadManArmed, "the dead-man switch is armed"),
    must(when.reconcilerHealthy, facts.reconcilerHealthy, "the reconciler is healthy"),
  ].filter((one) => one !== undefined);
  return all.find((one) => one.is === "unknown") ?? all.find((one) => one.is === "fails") ?? { is: "holds" };
}
