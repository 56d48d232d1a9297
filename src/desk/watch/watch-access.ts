import type { Database } from "../../db/client.ts";
import type { Account } from "../../kernel/account.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import type { Access } from "../../sources/feeds/access.ts";
import { followVenueAccess } from "../../sources/feeds/venue-access.ts";
import type { VenueReader } from "../../venues/venue.ts";
import { followAccess } from "./access-log.ts";
import type { KeyDoctor } from "./key-doctor.ts";

/**
 * Tells of everybody who comes in and of what lets people in: at the console, by the keys of exchange accounts, and by the
 * venues' own logs.
 * @returns what ends it
 */
export async function watchAccess(parts: {
  readonly database: Database;
  readonly accounts: readonly Account[];
  readonly readerOf: (account: string) => Promise<VenueReader>;
  readonly keyDoctor: KeyDoctor;
  readonly onAccess: (access: Access) => void;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<() => Promise<void>> {
  const leaveConsole = await followAccess(parts);
  const leaveKeys = await parts.keyDoctor.watch(parts);
  const leaveVenues = followVenueAccess(parts);
  return async () => {
    leaveConsole();
    leaveKeys();
    await leaveVenues();
  };
}
