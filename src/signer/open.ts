import type { Account } from "../kernel/account.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { Venue } from "../venues/venue.ts";
import { type ChildOptions, type SignerChild, keepSigner } from "./child.ts";
import { type SignerHealth, openLink } from "./link.ts";
import { remoteVenue } from "./remote.ts";

/** An order that the signer did not let go. */
export interface RefusedOrder {
  readonly account: Account;
  readonly clientOrderId: string;
  readonly why: string;
}

/** The desk's side of the boundary: venues without keys. */
export interface Signer {
  venueOf(account: Account): Venue;
  health(): SignerHealth;
  onHealth(changed: (health: SignerHealth) => void): void;
  onRefused(refused: (order: RefusedOrder) => void): void;
  close(): Promise<void>;
}

/**
 * Reaches the signer at its socket; with `child` starts it and keeps it running.
 * @throws DeskError CONFIG_INVALID or SIGNER_UNAVAILABLE where a child could not be started
 */
export async function openSigner(options: {
  readonly socket: string;
  readonly child: Omit<ChildOptions, "clock" | "log"> | null;
  readonly hungMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Signer> {
  const { socket, hungMs, clock, log } = options;
  const child: SignerChild | null = options.child && (await keepSigner({ ...options.child, clock, log }));
  const link = openLink({
    socket,
    onHung: () => child?.kill(),
    ...(hungMs === undefined ? {} : { hungMs }),
    clock,
    log,
  });
  const heard: ((order: RefusedOrder) => void)[] = [];
  return {
    venueOf: (account) =>
      remoteVenue(link, account, clock, (of, clientOrderId, why) => {
        for (const one of heard) one({ account: of, clientOrderId, why });
      }),
    health: link.health,
    onHealth: link.onHealth,
    onRefused: (refused) => void heard.push(refused),
    async close() {
      link.close();
      await child?.stop();
    },
  };
}
