import { DateTime } from "luxon";
import { decimal, div, greater, max, min, mul, sub } from "../../kernel/decimal.ts";
import type { Plan } from "../../kernel/plan.ts";
import { type Facts, type Known, effectOf } from "./facts.ts";
import type { Rule } from "../rules/schema.ts";

const listed = (list: readonly string[] | undefined, value: string | null): boolean =>
  list === undefined || (value !== null && list.includes(value));
const named = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes("*") || list.includes(value));

/** Who a playbook was begun by asks too: what a person may not, their playbook may not either. */
function asks(by: Rule["match"]["by"], { requester }: Facts): boolean {
  if (by === undefined) return true;
  const { kind, id, person, roles } = requester;
  return (
    (person !== null && (named(by.people, person) || roles.some((role) => by.roles?.includes(role) === true))) ||
    (kind === "playbook" && named(by.playbooks, id)) ||
    (kind === "service" && named(by.services, id))
  );
}

interface Part {
  fits(match: Rule["match"], facts: Facts): boolean;
  /** Why not; written only for a person who asks. */
  why(match: Rule["match"], facts: Facts): string;
}

const touches = (symbols: readonly string[], { plan }: Facts): boolean =>
  plan.orders.some((one) => symbols.includes(one.symbol)) || plan.cancels.some((one) => symbols.includes(one.symbol));

/** The account that a plan is about; none where a freeze or its end is of something wider, which only names one. */
const accountOf = ({ account, trading }: Plan): string | null =>
  trading === null || trading.scope === `account:${account}` ? account : null;
/** The venue likewise. */
const venueOf = (plan: Plan): string | null =>
  accountOf(plan) !== null || plan.trading?.scope === `venue:${plan.venue}` ? plan.venue : null;

/** The parts of a match, cheapest first: most rules are about something else, and that shows in the first two. */
const PARTS: readonly Part[] = [
  {
    fits: (match, { plan }) => listed(match.actions, plan.action),
    why: (match, { plan }) => `it is about ${match.actions?.join(", ")}, not ${plan.action}`,
  },
  {
    fits: (match, { plan }) => listed(match.accounts, accountOf(plan)),
    why: (_, { plan }) => `it is about other accounts than ${accountOf(plan) ?? plan.trading?.scope}`,
  },
  {
    fits: (match, { plan }) => listed(match.venues, venueOf(plan)),
    why: (_, { plan }) => `it is about other venues than ${venueOf(plan) ?? plan.trading?.scope}`,
  },
  {
    fits: (match, { plan }) => listed(match.environments, plan.environment),
    why: (match) => `it is about ${match.environments?.join(", ")}`,
  },
  {
    fits: (match, { plan }) => match.effects === undefined || match.effects.includes(effectOf(plan)),
    why: (_, { plan }) => `the effect of the orders is ${effectOf(plan)}`,
  },
  { fits: (match, facts) => listed(match.trust, facts.trust), why: (_, facts) => `the source is ${facts.trust}` },
  {
    fits: (match, facts) => listed(match.sources, facts.source),
    why: (_, facts) => `the source is ${facts.source ?? "none"}`,
  },
  {
    fits: (match, facts) => listed(match.severities, facts.severity),
    why: (_, facts) => `the severity is ${facts.severity ?? "not known"}`,
  },
  {
    fits: (match, { plan }) =>
      match.scopes === undefined || match.scopes.includes(plan.trading?.scope.split(":")[0] ?? ""),
    why: () => "it is about other scopes",
  },
  {
    fits: (match, facts) => match.instruments === undefined || touches(match.instruments, facts),
    why: () => "it is about other instruments",
  },
  {
    fits: (match, facts) => asks(match.by, facts),
    why: (_, { requester }) => `it is not about ${requester.kind} ${requester.id}`,
  },
  {
    fits: (match, { plan }) =>
      match.notionalUsdOver === undefined || greater(decimal(plan.notionalUsd), decimal(match.notionalUsdOver)),
    why: (match) => `the notional is not above ${match.notionalUsdOver}`,
  },
];

/** Whether a rule is about a plan. */
export function fits(match: Rule["match"], facts: Facts): boolean {
  // Most of many rules end here, so these two are not worth the walk over all parts.
  if (match.accounts !== undefined && !match.accounts.includes(facts.plan.account)) return false;
  if (match.actions !== undefined && !match.actions.includes(facts.plan.action)) return false;
  return PARTS.every((part) => part.fits(match, facts));
}

/** Why a rule is not about a plan: the first part that differs; null where it is about it. */
export const mismatch = (match: Rule["match"], facts: Facts): string | null =>
  PARTS.find((part) => !part.fits(match, facts))?.why(match, facts) ?? null;

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

const must = (wanted: boolean | undefined, { is, why }: Known, what: string): Standing => {
  if (wanted === undefined) return { is: "holds" };
  const because = why === "" ? "" : `, because ${why}`;
  if (is === null) return { is: "unknown", why: `whether ${what} is not known${because}` };
  return is === wanted ? { is: "holds" } : { is: "fails", why: `${what}: ${is ? "yes" : "no"}${because}` };
};

/** Whether a rule's conditions hold now. A missing fact is reported before a failing one: it denies. */
export function standing(when: Rule["when"], facts: Facts): Standing {
  const all = [
    when.during === undefined ? undefined : within(when.during, facts.at),
    when.pricesAgreeBps === undefined ? undefined : agreement(when.pricesAgreeBps, facts),
    must(when.onCall, { is: facts.requester.onCall, why: "" }, "the person is on call"),
    must(when.deadManArmed, facts.deadManArmed, "the venue's dead-man switch is armed"),
    must(when.reconcilerHealthy, facts.reconcilerHealthy, "the account's orders are reconciled"),
  ].filter((one) => one !== undefined);
  return all.find((one) => one.is === "unknown") ?? all.find((one) => one.is === "fails") ?? { is: "holds" };
}
