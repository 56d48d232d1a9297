import type { Account } from "../../kernel/account.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { spanOf } from "../../kernel/duration.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { CAPABILITIES, type VenueName } from "../../venues/capabilities.ts";
import type { Venue } from "../../venues/venue.ts";
import type { Known } from "../judging/facts.ts";

/** A switch is renewed this often within its time, so that two renewals may fail before it lapses. */
const RENEWALS = 3;

/** What the dead-man switches are kept with. */
export interface DeadMenParts {
  readonly accounts: ReadonlyMap<string, Account>;
  /** After how many ms of silence the venue cancels, by account; accounts that are not named have no switch. */
  readonly timeouts: ReadonlyMap<string, number>;
  readonly venueOf: (account: string) => Promise<Venue>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The venues' dead-man switches of this desk. */
export interface DeadMen {
  /** Whether the venue cancels the account's orders by itself once this desk falls silent. */
  armed(account: string): Known;
  /** The same in words for people; null where the account has no switch. */
  standing(account: string): string | null;
  /** Arms them now and keeps them armed until the returned function is called; `emit` hears where one cannot be kept. */
  keep(emit: (alert: Alert) => Promise<void>): () => Promise<void>;
}

interface Switch {
  readonly account: Account;
  readonly timeoutMs: number;
  /** When the last renewal that the venue confirmed was sent; its time counts from then at the earliest. */
  armedAt: Date | null;
  /** Why the last renewal failed; null where it did not. */
  failure: string | null;
  told: "kept" | "failing" | "lapsed";
}

const failedAlert = ({ account, timeoutMs, failure }: Switch, told: Switch["told"], at: Date): Alert => ({
  source: "dead-man",
  trust: "internal",
  kind: "deadman.failed",
  status: told === "kept" ? "resolved" : "firing",
  severity: told === "lapsed" ? "critical" : "high",
  title: {
    kept: `The dead-man switch of ${account.id} is armed again`,
    failing: `The dead-man switch of ${account.id} could not be renewed`,
    lapsed: `The dead-man switch of ${account.id} is not armed`,
  }[told],
  summary: {
    kept: `${account.venue} cancels its open orders ${spanOf(timeoutMs)} after this desk falls silent.`,
    failing: `${failure}. It is tried again; ${account.venue} cancels the account's open orders where that goes on failing.`,
    lapsed: `${failure}. ${account.venue} may have cancelled the account's open orders; look at them. What rests now would outlive this desk.`,
  }[told],
  labels: { account: account.id, venue: account.venue },
  values: {},
  at,
});

/**
 * Keeps the venues' dead-man switches: as long as this process lives, each is armed anew three times within its time. It is
 * never disarmed, also not at a clean end: a desk that is gone leaves no orders behind.
 */
export function openDeadMen({ accounts, timeouts, venueOf, clock, log }: DeadMenParts): DeadMen {
  const switches = new Map<string, Switch>();
  for (const [id, timeoutMs] of timeouts) {
    const account = accounts.get(id);
    if (account) switches.set(id, { account, timeoutMs, armedAt: null, failure: null, told: "kept" });
  }

  const armed = (id: string): Known => {
    const one = switches.get(id);
    if (one === undefined) return { is: false, why: "desk.yaml keeps none for this account" };
    if (one.armedAt === null) return { is: null, why: one.failure ?? "it was not armed yet" };
    const silentMs = clock.now().getTime() - one.armedAt.getTime();
    if (silentMs < 0) return { is: null, why: "this machine's clock went back" };
    if (silentMs < one.timeoutMs) return { is: true, why: "" };
    return { is: false, why: one.failure ?? `it was not renewed for ${spanOf(silentMs)}` };
  };

  const renew = async (one: Switch): Promise<void> => {
    const { account, timeoutMs } = one;
    const sentAt = clock.now();
    try {
      const { reader, trader } = await venueOf(account.id);
      const bySymbol = CAPABILITIES[account.venue as VenueName].deadMan === "symbol";
      const open = bySymbol ? await reader.openOrders(account.id) : [];
      await trader.armDeadMan(account.id, timeoutMs, [...new Set(open.map((order) => order.symbol))]);
      [one.armedAt, one.failure] = [sentAt, null];
    } catch (error) {
      one.failure = messageOf(error);
      log.warn({ account: account.id, err: one.failure }, "dead-man switch not renewed");
    }
  };

  const tell = async (one: Switch, emit: (alert: Alert) => Promise<void>): Promise<void> => {
    const now = armed(one.account.id).is === true ? (one.failure === null ? "kept" : "failing") : "lapsed";
    if (now === one.told) return;
    await emit(failedAlert(one, now, clock.now())).then(
      () => {
        one.told = now;
      },
      (error: unknown) => log.error({ account: one.account.id, err: messageOf(error) }, "dead-man switch not heard"),
    );
  };

  return {
    armed,
    standing(id) {
      const one = switches.get(id);
      if (one === undefined) return null;
      const { is, why } = armed(id);
      const time = spanOf(one.timeoutMs);
      if (is !== true) return `not armed: ${why}`;
      return one.failure === null ? `armed, ${time}` : `armed, ${time}; not renewed: ${one.failure}`;
    },
    keep(emit) {
      const rounds = [...switches.values()].map((one) => {
        let last = Promise.resolve();
        const round = (): Promise<void> => {
          last = renew(one).then(() => tell(one, emit));
          return last;
        };
        void round();
        const stop = clock.every(one.timeoutMs / RENEWALS, round);
        return async () => {
          stop();
          await last;
        };
      });
      return async () => {
        await Promise.all(rounds.map((end) => end()));
      };
    },
  };
}
