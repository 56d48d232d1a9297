import type { Account } from "../kernel/account.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Secret } from "../kernel/secret.ts";
import type { PaperExchange } from "./paper/exchange.ts";
import type { VenueName } from "./capabilities.ts";
import type { Venue } from "./venue.ts";

/** Keys of one account, as the environment holds them. */
export interface Credentials {
  readonly apiKey: Secret;
  readonly apiSecret: Secret;
  readonly apiPassword?: Secret;
}

/** One account's way to its venue, opened at the first use and kept. */
export interface Venues {
  venueOf(account: string): Promise<Venue>;
  close(): Promise<void>;
}

/**
 * Opens venues lazily: the exchange library is large and a desk on paper never loads it.
 * @param paper the simulated exchange, where an account needs it
 */
export function openVenues(options: {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly credentials: (account: Account) => Credentials;
  readonly paper: PaperExchange | null;
  readonly clock: Clock;
  readonly log: Log;
}): Venues {
  const opened = new Map<string, Promise<Venue>>();
  const open = async (account: Account): Promise<Venue> => {
    if (account.venue === "paper") {
      if (!options.paper)
        throw new DeskError("VENUE_UNAVAILABLE", `${account.id} is on the paper exchange, which was not opened`);
      return options.paper.venue();
    }
    const { openCcxt } = await import("./ccxt/open.ts");
    return openCcxt({
      venue: account.venue as Exclude<VenueName, "paper">,
      account: account.id,
      environment: account.environment,
      credentials: options.credentials(account),
      clock: options.clock,
      log: options.log,
    });
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
