import { seededRandom } from "../../quant/random.ts";

/** Calls that can be made to fail. */
export type PaperCall =
  | "place"
  | "cancel"
  | "account"
  | "openOrders"
  | "orderByClientId"
  | "fills"
  | "transfers"
  | "armDeadMan"
  | "book"
  | "instruments";

/**
 * How a call fails. `timeout-after`: done, but the answer never arrives. `timeout-before`: lost on the way, nothing is
 * done. `rate-limited` and `unavailable`: refused by the venue's door, nothing is done. `malformed`: done, the answer makes
 * no sense. `reject`: a clear no (placing only). `hang`: done, and the call never returns.
 */
export type PaperEffect =
  | "timeout-after"
  | "timeout-before"
  | "rate-limited"
  | "unavailable"
  | "malformed"
  | "reject"
  | "hang";

/** One planned failure: the next `times` (default 1) calls that match. */
export interface PaperFault {
  readonly call: PaperCall;
  readonly effect: PaperEffect;
  readonly account?: string;
  readonly symbol?: string;
  readonly clientOrderId?: string;
  readonly times?: number;
  /** How long the failed call takes, by the exchange's clock; default 0. */
  readonly delayMs?: number;
  /** The venue's words for `reject`. */
  readonly reason?: string;
}

/** Failures by chance: each call fails with the sum of these probabilities. */
export interface PaperChaos {
  readonly seed: number;
  readonly calls?: readonly PaperCall[];
  readonly rates: Partial<Record<PaperEffect, number>>;
}

/** What a call is about, to be matched. */
export interface CallFacts {
  readonly account?: string;
  readonly symbol?: string;
  readonly clientOrderId?: string;
}

/** The failures still to come. */
export interface Faults {
  add(...faults: readonly PaperFault[]): void;
  clear(): void;
  /** The failure this call meets, used up by asking. */
  next(call: PaperCall, facts: CallFacts): PaperFault | undefined;
}

/** Opens the list of planned failures, and of chance ones where asked for. */
export function openFaults(planned: readonly PaperFault[], chaos: PaperChaos | undefined): Faults {
  let waiting = planned.map((fault) => ({ fault, left: fault.times ?? 1 }));
  const random = chaos ? seededRandom(chaos.seed) : undefined;
  const matches = (fault: PaperFault, call: PaperCall, facts: CallFacts): boolean =>
    fault.call === call &&
    (fault.account === undefined || fault.account === facts.account) &&
    (fault.symbol === undefined || fault.symbol === facts.symbol) &&
    (fault.clientOrderId === undefined || fault.clientOrderId === facts.clientOrderId);

  const byChance = (call: PaperCall): PaperFault | undefined => {
    if (!chaos || !random || (chaos.calls && !chaos.calls.includes(call))) return undefined;
    let place = random.uniform();
    for (const [effect, rate] of Object.entries(chaos.rates) as [PaperEffect, number][]) {
      if (place < rate) return { call, effect };
      place -= rate;
    }
    return undefined;
  };
  return {
    add: (...faults) => {
      waiting.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })));
    },
    clear: () => {
      waiting = [];
    },
    next: (call, facts) => {
      const found = waiting.find((one) => matches(one.fault, call, facts));
      if (!found) return byChance(call);
      found.left -= 1;
      if (found.left <= 0) waiting = waiting.filter((one) => one !== found);
      return found.fault;
    },
  };
}
