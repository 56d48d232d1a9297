import type { Account } from "../kernel/account.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Hedger } from "../exposure/hedger.ts";
import type { Venue, VenueReader } from "../venues/venue.ts";

/** What actions work on: the desk's accounts and the venue behind each. */
export interface Desk {
  readonly accounts: ReadonlyMap<string, Account>;
  /** The venue of an account, opened once, lazily. */
  venueOf(account: string): Promise<Venue>;
  readonly clock: Clock;
  /** How far from the reference price an order may go, in basis points. */
  readonly collarBps: number;
  /** Finds the cheapest hedge, and the cheapest closes; loads its solver at the first one. */
  readonly hedger: Hedger;
  /** How long a plan may be sent after it was made. */
  readonly planTtlMs: number;
}

/**
 * The account and the reading half of its venue.
 * @throws DeskError UNKNOWN_ACCOUNT
 */
export async function readerOf(desk: Desk, account: string): Promise<{ account: Account; reader: VenueReader }> {
  const found = desk.accounts.get(account);
  if (!found)
    throw new DeskError(
      "UNKNOWN_ACCOUNT",
      `there is no account ${account}; known are ${[...desk.accounts.keys()].join(", ")}`,
    );
  return { account: found, reader: (await desk.venueOf(account)).reader };
}
