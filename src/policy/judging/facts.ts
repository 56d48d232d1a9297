import type { Severity, TrustClass } from "../../kernel/alert.ts";
import type { TradingStateName } from "../../db/schema.ts";
import type { Plan } from "../../kernel/plan.ts";
import { enforcesReduceOnly } from "../../venues/capabilities.ts";
import type { Role, Window } from "../rules/schema.ts";

/** Who asks, as the rules see it. */
export interface Requester {
  readonly kind: "person" | "playbook" | "service";
  /** The person's id, the playbook's name without its version, or the service's name. */
  readonly id: string;
  /** The person who asks, or who began the playbook that asks; null where nobody did. */
  readonly person: string | null;
  /** That person's. */
  readonly roles: readonly Role[];
  /** Whether the person who asks, or who began the playbook that asks, is on call; null where nobody knows. */
  readonly onCall: boolean | null;
}

/** What was sent, or may have been sent, within one window. */
export interface Spent {
  readonly notionalUsd: string;
  readonly orders: string;
  /** Orders and cancels. */
  readonly messages: string;
}

/** Spent by "account:paper-a", "person:ana", "firm" and so on, in every window. */
export type Usage = Readonly<Record<string, Readonly<Record<Window, Spent>>>>;

/** One source's price of one instrument. */
export interface Quote {
  /** "paper:book", "binanceusdm:mark", "index": sources with the same word before the colon are one source only where they are the same word whole. */
  readonly source: string;
  readonly price: string;
  readonly at: Date;
}

/** Something that holds or does not; `is` is null where it is not known, and `why` says what of it is amiss. */
export interface Known {
  readonly is: boolean | null;
  readonly why: string;
}

/** An account as limits see it; decimals, null where not known. */
export interface AccountFigures {
  readonly leverage: string | null;
  readonly openOrders: string | null;
  /** What was lost since the day began in UTC, open profit and loss included; "0" where nothing was. */
  readonly lossUsd: string | null;
}

/** Everything the judgement depends on; judging is a pure function of the rules and this. */
export interface Facts {
  readonly plan: Plan;
  readonly requester: Requester;
  /** Persons behind the request who may not approve it: the one who asks and the one who started the run. */
  readonly excluded: readonly string[];
  /** Whether the run and the incident behind the plan are those that were sealed; where not, nobody knows who asked. */
  readonly proven: boolean;
  /** The least trusted alert behind the plan; "internal" where a person or schedule asked. */
  readonly trust: TrustClass;
  readonly source: string | null;
  readonly severity: Severity | null;
  /** The database's time. */
  readonly at: Date;
  /** Since the plan was proposed, by the database's clock. */
  readonly ageMs: number;
  /** Every freeze that stands, by scope; null where the states could not be read. */
  readonly states: Readonly<Record<string, TradingStateName>> | null;
  readonly usage: Usage;
  readonly figures: AccountFigures | null;
  readonly quotes: Readonly<Record<string, readonly Quote[]>>;
  /** Whether the venue cancels the account's orders by itself soon after this desk falls silent. */
  readonly deadManArmed: Known;
  /** Whether the account's orders were compared with the venue a short while ago, and nothing is open between them. */
  readonly reconcilerHealthy: Known;
  /** Everyone who could approve, with the roles that are older than the plan. */
  readonly approvers: readonly { readonly id: string; readonly roles: readonly Role[] }[];
  /** Whether the playbook that asks is switched off by the rules in force. */
  readonly switchedOff: boolean;
  /** Emergency powers that stand for the requester over this plan's account. */
  readonly breakGlass: boolean;
}

/** The person that an actor names; null where it is none. */
export const personOf = (actor: string): string | null =>
  actor.startsWith("person:") ? actor.slice("person:".length) : null;

/** The person behind a playbook's run, as the rules see them. */
export type Behind = Pick<Requester, "person" | "roles" | "onCall">;

const NOBODY: Behind = { person: null, roles: [], onCall: null };

/** Reads "person:ana", "playbook:margin-breach@1", "schedule:digest" apart; anything else is a service, which nobody stands behind. */
export function requesterOf(text: string, behind: Behind = NOBODY): Requester {
  const at = text.indexOf(":");
  const kind = text.slice(0, Math.max(at, 0));
  const id = text.slice(at + 1);
  if (kind === "person") return { ...behind, kind, id, person: id };
  if (kind === "playbook") return { ...behind, kind, id: id.split("@")[0] ?? id };
  return { ...NOBODY, kind: "service", id: text };
}

/**
 * The effect as the orders show it: a plan's own word for it is not believed, nor a reduce-only order where its venue does not
 * enforce that.
 */
export function effectOf(plan: Plan): "reduce" | "increase" | "neutral" {
  if (plan.orders.length === 0) return "neutral";
  const reduces = plan.orders.every((one) => one.reduceOnly && enforcesReduceOnly(plan.venue, one.symbol));
  return reduces ? "reduce" : "increase";
}

/** Under which names an asker is counted and frozen: the playbook, and the person who asks or began it. */
export const askersOf = ({ kind, id, person }: Requester): readonly string[] => [
  ...(kind === "playbook" ? [`playbook:${id}`] : []),
  ...(person === null ? [] : [`person:${person}`]),
];

/** The scopes whose freeze touches a plan, from wide to narrow. */
export function scopesOf(plan: Plan, requester: Requester): readonly string[] {
  const symbols = [...new Set([...plan.orders, ...plan.cancels].map((one) => one.symbol))];
  return [
    "firm",
    `venue:${plan.venue}`,
    `account:${plan.account}`,
    ...symbols.map((symbol) => `instrument:${symbol}`),
    ...askersOf(requester),
  ];
}
