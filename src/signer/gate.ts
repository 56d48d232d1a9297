import type { Account } from "../kernel/account.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Consent } from "../kernel/consent.ts";
import { type Usd, add, decimal, greater, mul, places } from "../kernel/decimal.ts";
import { type Instrument, notional } from "../kernel/instrument.ts";
import type { OrderRequest } from "../kernel/order.ts";
import type { Seal } from "../kernel/seal.ts";
import { type Refusal, examine } from "./examine.ts";
import { readFreeze, writeFreeze } from "./freeze.ts";
import type { Journal } from "./journal.ts";
import type { SignerLimits } from "./settings.ts";

/** What the gate stands on. */
export interface GateParts {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly seal: Seal;
  readonly limits: SignerLimits;
  readonly journal: Journal;
  /** The signer's own folder, where its freeze lies. */
  readonly folder: string;
  /** What the kill switch's marker on this machine demands. */
  readonly halted: () => "reducing" | "halted" | null;
  readonly clock: Clock;
}

/** Who lets orders go, or not. */
export interface Gate {
  /**
   * Judges an order and writes it into the journal before it may leave; null where it may, once. What is forged freezes the
   * signer. Nothing is awaited in between, so that two orders never spend one limit.
   */
  admit(order: OrderRequest, consent: Consent, instrument: Instrument): Refusal | null;
  /** Why nothing is sent at present; null where orders may go. */
  frozen(): string | null;
}

/** A gate that lets nothing go. */
export const closedGate = (why: string): Gate => ({
  frozen: () => why,
  admit: () => ({ kind: "refused", why }),
});

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A plan counts an order at the dearer of limit and reference; one from before an update counted the reference alone. */
const WORTH_MORE = decimal("1.25");

/** Opens the gate. */
export function openGate(parts: GateParts): Gate {
  const { accounts, seal, limits, journal, folder, clock } = parts;
  const refused = (why: string): Refusal => ({ kind: "refused", why });

  const frozen = (): string | null => {
    const own = readFreeze(folder);
    if (own !== null)
      return `the signer is frozen by ${own.by}: ${own.reason}; lift it with breakwater signer unfreeze`;
    return parts.halted() === "halted" ? "the kill switch was pulled" : null;
  };

  const overLimit = (account: string, usd: Usd, now: Date): Refusal | null => {
    const since = (ms: number) => journal.spent(account, new Date(now.getTime() - ms));
    if (since(MINUTE_MS).orders >= limits.ordersPerMinute)
      return refused(
        `${account} has sent as many orders in a minute as the signer lets go (${limits.ordersPerMinute})`,
      );
    const windows = [
      ["an hour", HOUR_MS, limits.usdPerHour],
      ["a day", DAY_MS, limits.usdPerDay],
    ] as const;
    for (const [window, ms, max] of windows) {
      const total = add(since(ms).usd, usd);
      if (greater(total, max))
        return refused(`${account} would have sent ${total} USD in ${window}, the signer's limit is ${max}`);
    }
    return null;
  };

  const judge = (order: OrderRequest, consent: Consent, instrument: Instrument, now: Date): Refusal | null => {
    const examined = examine(order, consent, { accounts, seal, unapprovedUsd: limits.unapprovedUsd }, now);
    if (examined.refusal !== null) return examined.refusal;
    const closed = frozen();
    if (closed !== null) return refused(closed);
    if (parts.halted() === "reducing" && !order.reduceOnly)
      return refused("the kill switch lets only reductions through");
    if (journal.has(order.clientOrderId))
      return refused(`order ${order.clientOrderId} was sent before; a plan is sent once`);
    const usd = notional(instrument, order.quantity, order.limitPrice);
    if (greater(usd, mul<"usd">(examined.usd, WORTH_MORE)))
      return {
        kind: "forged",
        why: `the plan calls the order worth ${examined.usd} USD, and it is worth ${places(usd, 2, "up")}`,
      };
    const over = overLimit(order.account, usd, now);
    if (over !== null) return over;
    journal.record({
      at: now.toISOString(),
      account: order.account,
      clientOrderId: order.clientOrderId,
      usd,
      until: examined.until,
    });
    return null;
  };

  return {
    frozen,
    admit(order, consent, instrument) {
      const now = clock.now();
      const refusal = judge(order, consent, instrument, now);
      if (refusal?.kind === "forged")
        writeFreeze(folder, {
          by: "signer",
          reason: `order ${order.clientOrderId}: ${refusal.why}`,
          at: now.toISOString(),
        });
      return refusal;
    },
  };
}
