import type { Database } from "../db/client.ts";
import type { Account } from "../kernel/account.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { freeze, statesNow } from "../policy/trading-state.ts";
import { keyProblems } from "../venues/key-rights.ts";
import type { VenueReader } from "../venues/venue.ts";

const EVERY_MS = 3_600_000;

/** What the doctor looks at. */
export interface KeyDoctorParts {
  readonly database: Database;
  /** Those that are not live are left alone. */
  readonly accounts: readonly Account[];
  readonly readerOf: (account: string) => Promise<VenueReader>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who looks at the keys of live accounts. */
export interface KeyDoctor {
  /** Tells what was found since the opening, looks again every hour, and tells of that. Resolves to what ends it. */
  watch(emit: (alert: Alert) => Promise<void>): Promise<() => void>;
}

type Verdict = "fine" | "dangerous" | "unchecked";

const alertOf = (account: Account, verdict: Verdict, why: string, at: Date): Alert => ({
  source: "key-doctor",
  trust: "internal",
  kind: "key.rights",
  status: verdict === "fine" ? "resolved" : "firing",
  severity: verdict === "unchecked" ? "medium" : "critical",
  title: {
    fine: `The key of ${account.id} may do what it should and no more`,
    dangerous: `The key of ${account.id} is dangerous: ${why}; nothing is sent for the account`,
    unchecked: `What the key of ${account.id} may do is not known`,
  }[verdict],
  summary: {
    fine: `${account.venue} says that it cannot withdraw and where it works from.`,
    dangerous: `Make a key at ${account.venue} without the right to withdraw and bound to this host's address, revoke the old one, start again; then /unfreeze account:${account.id}.`,
    unchecked: `${account.venue} was asked and did not say: ${why}. It is asked again within the hour; trading goes on.`,
  }[verdict],
  labels: { account: account.id, venue: account.venue },
  values: {},
  at,
});

/**
 * Asks every live account's venue what the account's key may do, before it resolves and every hour. A key that can
 * withdraw, or works from any address, halts the account and raises `key.rights`; a venue that does not answer raises it
 * without a freeze. A freeze that people lifted while the key is as it was comes back at the next look. To be opened
 * before anything can send: an order of a run that goes on after a crash must meet the halt.
 */
export async function openKeyDoctor(parts: KeyDoctorParts): Promise<KeyDoctor> {
  const { database, clock, log } = parts;
  const live = parts.accounts.filter((one) => one.environment === "live");

  const halt = (account: Account, reason: string): Promise<void> =>
    database.db.transaction(async (tx) => {
      const scope = `account:${account.id}`;
      if ((await statesNow(tx))[scope] === "halted") return;
      await freeze(tx, { scope, state: "halted", by: "service:key-doctor", reason, planHash: null });
    });

  const found: Alert[] = [];
  const told = new Map<string, Verdict>();
  const note = (account: Account, verdict: Verdict, why: string): void => {
    if (verdict === "fine" && told.get(account.id) === "fine") return;
    found.push(alertOf(account, verdict, why, clock.now()));
    told.set(account.id, verdict);
  };

  const look = async (account: Account): Promise<void> => {
    const rights = await parts
      .readerOf(account.id)
      .then((reader) => reader.keyRights?.(account.id) ?? null)
      .catch(messageOf);
    if (rights === null) return;
    if (typeof rights === "string") {
      note(account, "unchecked", rights);
      return;
    }
    const why = keyProblems(rights).join(", ");
    if (why !== "") await halt(account, `the key is dangerous: ${why}`);
    note(account, why === "" ? "fine" : "dangerous", why);
  };

  const round = async (): Promise<void> => {
    await Promise.all(
      live.map((account) =>
        look(account).catch((error: unknown) =>
          log.error({ account: account.id, err: messageOf(error) }, "key doctor failed"),
        ),
      ),
    );
  };
  await round();
  return {
    async watch(emit) {
      const tell = async (): Promise<void> => {
        // An alert that could not be stored stays first in line.
        for (let next = found[0]; next !== undefined; next = found[0]) {
          await emit(next);
          found.shift();
        }
      };
      const quietly = (): Promise<void> =>
        tell().catch((error: unknown) => log.error({ err: messageOf(error) }, "key doctor not heard"));
      await quietly();
      return clock.every(EVERY_MS, () => round().then(quietly));
    },
  };
}
