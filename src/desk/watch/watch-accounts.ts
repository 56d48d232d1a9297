import { type Config, monitorSettings } from "../../config.ts";
import type { Database } from "../../db/client.ts";
import type { AccountState } from "../../kernel/account.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import type { Wake } from "../../policy/people/approvals.ts";
import { withdrawPointless } from "../../policy/plans/pointless.ts";
import { monitorAccount } from "../../sources/feeds/account-monitor.ts";
import type { VenueReader } from "../../venues/venue.ts";

/**
 * Watches every account's margin and figures. Each fresh state also takes back the plans that it makes pointless, and is the own
 * flow that detectors see.
 * @returns what ends it
 */
export async function watchAccounts(parts: {
  readonly config: Config;
  readonly database: Database;
  readonly readerOf: (account: string) => Promise<VenueReader>;
  readonly own: (state: AccountState, reader: VenueReader) => Promise<void>;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly wake: Wake;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<() => Promise<void>> {
  const { config, database, readerOf, own, emit, wake, clock, log } = parts;
  const settings = monitorSettings(config.file);
  const leave: (() => Promise<void>)[] = [];
  for (const account of config.accounts.values()) {
    leave.push(
      await monitorAccount({
        database,
        account,
        reader: () => readerOf(account.id),
        settings,
        emit,
        onState: async (state, reader) => {
          await withdrawPointless(database, state, wake);
          await own(state, reader);
        },
        clock,
        log,
      }),
    );
  }
  return async () => void (await Promise.all(leave.map((stop) => stop())));
}
