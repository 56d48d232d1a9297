import { type Decimal, abs, decimal, div, greater, less, mul, sub } from "../../kernel/decimal.ts";
import { durationMs } from "../../kernel/duration.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { Quote } from "./facts.ts";
import type { Policy } from "../rules/schema.ts";

const apartBps = (a: Decimal, b: Decimal): Decimal => div(mul(abs(sub(a, b)), decimal("10000")), b, 4, "up");

/**
 * Why the market of now forbids sending a plan; null where it does not. Every instrument needs fresh prices of enough
 * different sources that agree, each inside the plan's collar, and every order's limit must lie inside it too.
 */
export function brokenCollar(
  plan: Plan,
  quotes: Readonly<Record<string, readonly Quote[]>>,
  rules: Policy["collar"],
  now: Date,
): string | null {
  for (const order of plan.orders) {
    const collar = plan.collars.find((one) => one.symbol === order.symbol);
    if (collar === undefined) return `${order.symbol} has no price collar`;
    const [low, high] = [decimal(collar.low), decimal(collar.high)];
    const limit = decimal(order.limitPrice);
    if (less(limit, low) || greater(limit, high))
      return `the limit ${order.limitPrice} lies outside ${collar.low}–${collar.high}`;
    const fresh = new Map<string, Decimal>();
    for (const quote of quotes[order.symbol] ?? []) {
      const ageMs = now.getTime() - quote.at.getTime();
      if (ageMs <= durationMs(rules.maxAge)) fresh.set(quote.source, decimal(quote.price));
    }
    if (fresh.size < rules.minSources)
      return `${order.symbol} has fresh prices of ${fresh.size} sources, ${rules.minSources} are needed`;
    const prices = [...fresh.values()];
    for (const price of prices) {
      if (less(price, low) || greater(price, high))
        return `${order.symbol} is at ${price}, outside ${collar.low}–${collar.high}`;
      for (const other of prices) {
        if (greater(apartBps(price, other), decimal(rules.maxDisagreementBps)))
          return `sources price ${order.symbol} at ${price} and ${other}, more than ${rules.maxDisagreementBps} bps apart`;
      }
    }
  }
  return null;
}
