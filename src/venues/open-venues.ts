import type { Account } from "../kernel/account.ts";
import { DeskError } from "../kernel/errors.ts";
import type { PaperExchange } from "./paper/exchange.ts";
import type { Venue } from "./venue.ts";

/** One account's way to its venue, opened at the first use and kept. */
export interface Venues {
  venueOf(account: string): Promise<Venue>;
  close(): Promise<void>;
}

/**
 * Opens venues lazily: the exchange library is large and a desk on paper never loads it.
 * @param paper the simulated exchange, where an account needs it
 * @param keyed opens an account that a key is needed for
 */
export function openVenues(options: {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly paper: PaperExchange | null;
  readonly keyed: (account: Account) => Promise<Venue>;
}): Venues {
  const opened = new Map<string, Promise<Venue>>();
  const open = async (account: Account): Promise<Venue> => {
    if (account.venue === "paper") {
      if (!options.paper)
        throw new DeskError("VENUE_UNAVAILABLE", `${account.id} is on the paper exchange, which was not opened`);
      return options.paper.venue();
    }
    return options.keyed(account);
  };
  return {
    async venueOf(id) {
      const account = options.accounts.get(id);
      if (!account)
        throw new DeskError(
          "UNKNOWN_ACCOUNT",
          `there is no account ${id}; known are ${[...options.accounts.keys()].join(", ")}`,
        );
      const known = opened.get(id);
      if (known) return known;
      const opening = open(account);
      opened.set(id, opening);
      // A failed opening is tried again at the next use instead of being remembered.
      opening.catch(() => opened.delete(id));
      return opening;
    },
    async close() {
      const venues = await Promise.allSettled(opened.values());
      await Promise.all(venues.flatMap((one) => (one.status === "fulfilled" ? [one.value.reader.close()] : [])));
    },
  };
}
