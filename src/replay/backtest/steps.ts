import type { Answer, Applied, Proposal, Step } from "../../engine/playbook.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Decimal, ZERO, add, decimal, div, isZero, mul, places, sub } from "../../kernel/decimal.ts";
import { durationMs } from "../../kernel/duration.ts";
import { type Plan, fingerprintWords, planHash } from "../../kernel/plan.ts";
import type { ActionRequest } from "../../kernel/request.ts";
import type { Venue } from "../../venues/venue.ts";

/** What the steps of a backtest stand on. */
export interface StepParts {
  readonly clock: Clock;
  readonly venue: Venue;
  readonly draft: (request: ActionRequest) => Promise<Plan | null>;
  /** How long people take to approve, ms. */
  readonly decideMs: number;
  /** Hears each step's plan; null where there was nothing to do. */
  readonly onPlan?: (step: string, plan: Plan | null) => Promise<void> | void;
  /** Hears each plan that is carried out, before it is. */
  readonly onApply?: (plan: Plan) => void;
  /** Hears how each plan went. */
  readonly onApplied?: (applied: Applied) => void;
  /** Hears that the playbook closed its incident. */
  readonly onClose?: () => void;
  /** One line of the story. */
  readonly say: (text: string) => void;
}

/** How long an order is followed; what is not filled by then stays as it is. */
const FOLLOW_MS = 5_000;
const LOOK_MS = 250;
const BPS = decimal("10000");

/** Sends a plan once and follows it, as the desk does, on the simulated exchange. */
async function send(parts: StepParts, plan: Plan): Promise<Applied> {
  const { clock, venue } = parts;
  for (const one of plan.cancels) await venue.trader.cancel(plan.account, one.symbol, one.venueOrderId);
  let [filled, unknown] = [0, 0];
  let [paid, reference]: [Decimal, Decimal] = [ZERO, ZERO];
  for (const order of plan.orders) {
    const { notionalUsd: _, ...request } = order;
    const placed = await venue.trader.place(request);
    if (placed.outcome === "rejected") continue;
    const began = clock.now().getTime();
    const look = () => venue.reader.orderByClientId(plan.account, order.symbol, order.clientOrderId);
    let found = await look();
    while (found?.state === "working" && clock.now().getTime() - began < FOLLOW_MS) {
      await clock.sleep(LOOK_MS);
      found = await look();
    }
    if (!found) {
      unknown += 1;
      continue;
    }
    if (found.state === "filled") filled += 1;
    const aim = plan.collars.find((collar) => collar.symbol === order.symbol)?.reference;
    if (found.averagePrice === null || aim === undefined) continue;
    const away = sub<"price">(found.averagePrice, decimal(aim));
    const worse = order.side === "buy" ? away : sub<"price">(ZERO, away);
    paid = add(paid, mul(worse, found.filledQuantity));
    reference = add(reference, mul(decimal(aim), found.filledQuantity));
  }
  return {
    outcome: filled === plan.orders.length ? "done" : "partial",
    summary: `${filled} of ${plan.orders.length} orders filled`,
    filled,
    orders: plan.orders.length,
    unknown,
    slippageBps: isZero(reference) ? null : places(mul(div(paid, reference, 12, "half-even"), BPS), 1, "half-even"),
  };
}

/**
 * A playbook's verbs in simulated time. Every plan is approved after `decideMs`, or never where that is longer than the step
 * waits; the desk's rules are not asked, so caps and freezes do not stop a backtest.
 */
export function backtestSteps(parts: StepParts): Step {
  const { clock, say } = parts;
  const plans = new Map<string, Plan>();
  const bare = <T>(_: string, work: () => Promise<T>): Promise<T> => work();
  return Object.assign(bare, {
    async plan(name: string, request: ActionRequest): Promise<Proposal | null> {
      const plan = await parts.draft(request);
      await parts.onPlan?.(name, plan);
      say(`${name}: ${plan ? `${plan.orders.length} orders, ${plan.cancels.length} cancels` : "nothing to do"}`);
      if (!plan) return null;
      const hash = planHash(plan);
      plans.set(hash, plan);
      return {
        hash,
        words: fingerprintWords(hash),
        decision: plan.orders.length === 0 ? "allow" : "quorum",
        reasons: [],
        orders: plan.orders.length,
        cancels: plan.cancels.length,
        notionalUsd: plan.notionalUsd,
        summary: plan.reason,
      };
    },
    async approve(name: string, proposal: Proposal, ask: { readonly within: string }): Promise<Answer> {
      if (proposal.decision === "allow") return { outcome: "not-needed" };
      const within = durationMs(ask.within);
      await clock.sleep(Math.min(parts.decideMs, within));
      const late = parts.decideMs > within;
      say(`${name}: ${late ? "nobody answered" : "approved"}`);
      return late ? { outcome: "timed-out" } : { outcome: "approved", by: ["backtest"] };
    },
    async apply(name: string, proposal: Proposal): Promise<Applied> {
      const plan = plans.get(proposal.hash);
      if (!plan) throw new TypeError(`the plan ${proposal.hash} was made by another run`);
      parts.onApply?.(plan);
      const applied = await send(parts, plan);
      parts.onApplied?.(applied);
      say(`${name}: ${applied.summary}`);
      return applied;
    },
    async close(name: string, outcome: string): Promise<string> {
      say(`${name}: ${outcome}`);
      parts.onClose?.();
      return outcome;
    },
    async safe(_: string, text: string): Promise<void> {
      say(text);
    },
    sleep: (_: string, duration: string): Promise<void> => clock.sleep(durationMs(duration)),
  });
}
