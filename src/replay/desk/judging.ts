import type { Alert } from "../../kernel/alert.ts";
import { type AccountState, dayOf } from "../../kernel/account.ts";
import { type Decimal, ZERO, add, decimal } from "../../kernel/decimal.ts";
import { durationMs } from "../../kernel/duration.ts";
import type { Plan } from "../../kernel/plan.ts";
import { type Spent, type Usage, requesterOf } from "../../policy/judging/facts.ts";
import { figuresOf } from "../../policy/judging/gather.ts";
import { decisive, judge } from "../../policy/judging/judge.ts";
import { quotesOf } from "../../policy/judging/quotes.ts";
import { type PolicyDocument, WINDOWS, type Window } from "../../policy/rules/schema.ts";
import type { VenueReader } from "../../venues/venue.ts";
import type { PolicyTold } from "../line.ts";

/** Judges a replay's plans, and remembers what was carried out. */
export interface ReplayJudge {
  /** What the rules say of a plan that answers an alert, at a moment of the recording. */
  judge(plan: Plan, cause: Pick<Alert, "trust" | "source" | "severity">, at: Date): Promise<PolicyTold>;
  /** Counts a plan that is carried out: its orders as if all of them fill, its freeze. */
  carriedOut(plan: Plan, at: Date): void;
}

interface Sent {
  readonly at: number;
  readonly key: string;
  readonly notionalUsd: Decimal;
  readonly orders: number;
  readonly messages: number;
}

const keysOf = (plan: Plan, source: string | null): readonly string[] => {
  const { kind, id } = requesterOf(plan.requestedBy);
  return ["firm", `account:${plan.account}`, `venue:${plan.venue}`, `${kind}:${id}`, `source:${source}`];
};

/**
 * Judges by the same pure function as a live desk, on the facts of the replay: recorded time, the account on paper, what
 * earlier plans sent and froze. Nobody is on call, no dead-man switch is armed and nobody holds emergency powers there; what
 * runs alone on its own exchange is reconciled.
 */
export function createJudge(document: PolicyDocument, reader: () => Promise<VenueReader>): ReplayJudge {
  const sent: Sent[] = [];
  const states: Record<string, NonNullable<Plan["trading"]>["state"]> = {};
  const sources = new Map<Plan["run"], string>();
  /** The account's first equity of each day. */
  const opened = new Map<string, Decimal<"usd">>();
  const approvers = Object.entries(document.people).map(([id, { roles }]) => ({ id, roles }));

  const spent = (key: string, window: Window, at: number): Spent => {
    const rows = sent.filter((one) => one.key === key && one.at > at - durationMs(window));
    return {
      notionalUsd: rows.reduce<Decimal>((sum, one) => add(sum, one.notionalUsd), ZERO),
      orders: String(rows.reduce((sum, one) => sum + one.orders, 0)),
      messages: String(rows.reduce((sum, one) => sum + one.messages, 0)),
    };
  };
  const usageOf = (keys: readonly string[], at: number): Usage =>
    Object.fromEntries(
      keys.map((key) => [
        key,
        Object.fromEntries(WINDOWS.map((window) => [window, spent(key, window, at)])) as Record<Window, Spent>,
      ]),
    );
  const figures = (state: AccountState, at: Date) => {
    const day = `${state.account} ${dayOf(at)}`;
    const equityUsd = opened.get(day) ?? state.equityUsd;
    opened.set(day, equityUsd);
    // Nobody pays in on paper, so what is gone since the morning is lost.
    return figuresOf(state, { equityUsd, transfersUsd: "0", transfersAt: at, lossUsd: "0" }, at);
  };

  return {
    async judge(plan, { trust, source, severity }, at) {
      const venue = await reader();
      sources.set(plan.run, source);
      const symbols = [...new Set(plan.orders.map((one) => one.symbol))];
      const quotes = await Promise.all(symbols.map(async (one) => [one, await quotesOf(venue, one)] as const));
      const requester = requesterOf(plan.requestedBy);
      const decision = judge(document.policy, {
        plan,
        requester,
        excluded: [],
        proven: true,
        trust,
        source,
        severity,
        at,
        ageMs: 0,
        states,
        usage: usageOf([...keysOf(plan, source), ...symbols.map((one) => `instrument:${one}`)], at.getTime()),
        figures: figures(await venue.account(plan.account), at),
        quotes: Object.fromEntries(quotes),
        deadManArmed: { is: null, why: "a replay has none" },
        reconcilerHealthy: { is: true, why: "" },
        approvers,
        switchedOff: requester.kind === "playbook" && document.playbooksOff?.includes(requester.id) === true,
        breakGlass: false,
      });
      const { outcome, needed, roles, stepUp, holdMs } = decision;
      return { outcome, people: needed, roles, stepUp, holdMs, reasons: decisive(decision) };
    },
    carriedOut(plan, at) {
      const count = (key: string, orders: readonly Plan["orders"][number][], cancels: number): void => {
        const notionalUsd = orders.reduce<Decimal>((sum, one) => add(sum, decimal(one.notionalUsd)), ZERO);
        const messages = orders.length + cancels;
        sent.push({ at: at.getTime(), key, notionalUsd, orders: orders.length, messages });
      };
      for (const key of keysOf(plan, sources.get(plan.run) ?? null)) count(key, plan.orders, plan.cancels.length);
      for (const symbol of new Set([...plan.orders, ...plan.cancels].map((one) => one.symbol)))
        count(
          `instrument:${symbol}`,
          plan.orders.filter((one) => one.symbol === symbol),
          plan.cancels.filter((one) => one.symbol === symbol).length,
        );
      if (plan.trading) states[plan.trading.scope] = plan.trading.state;
    },
  };
}
