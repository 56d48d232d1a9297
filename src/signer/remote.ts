import type { AccessEntry } from "../kernel/access.ts";
import type { Account, AccountState, Transfer } from "../kernel/account.ts";
import type { Alert } from "../kernel/alert.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { Fill, PlaceOutcome, VenueOrder } from "../kernel/order.ts";
import type { VenueName } from "../venues/capabilities.ts";
import type { KeyRights } from "../venues/key-rights.ts";
import type { BookTop, Venue } from "../venues/venue.ts";
import type { SignerLink } from "./link.ts";

/** Longer than the venue's own time limits, queues included, so that the signer's word comes first. */
const READ_MS = 45_000;
const PLACE_MS = 60_000;
/** Short, because the next try must come before the switch lapses. */
const ARM_MS = 10_000;
/** A listing is megabytes, and changes daily. */
const LISTING_MS = 60_000;

/**
 * One account's venue as the signer shows it: the same port, without the key. An order that may have left and was not
 * answered for is `unknown`; one that cannot have left is rejected.
 * @param onRefused hears why the signer did not send an order
 */
export function remoteVenue(
  link: SignerLink,
  account: Account,
  clock: Clock,
  onRefused: (account: Account, clientOrderId: string, why: string) => void,
): Venue {
  const read = async <T>(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<T> =>
    (await link.ask({ method, ...params }, READ_MS)) as T;
  let listing: { readonly at: number; readonly known: Promise<ReadonlyMap<string, Instrument>> } | undefined;

  return {
    reader: {
      venue: account.venue as VenueName,
      environment: account.environment,
      instruments() {
        const now = clock.now().getTime();
        if (listing && now - listing.at < LISTING_MS) return listing.known;
        const known = read<ReadonlyMap<string, Instrument>>("instruments", { account: account.id });
        const kept = { at: now, known };
        listing = kept;
        known.catch(() => {
          if (listing === kept) listing = undefined;
        });
        return known;
      },
      book: (symbol, depth) => read<BookTop>("book", { account: account.id, symbol, depth }),
      account: (id) => read<AccountState>("account", { account: id }),
      openOrders: (id) => read<readonly VenueOrder[]>("openOrders", { account: id }),
      orderByClientId: (id, symbol, clientOrderId) =>
        read<VenueOrder | null>("orderByClientId", { account: id, symbol, clientOrderId }),
      fills: (id, since) => read<readonly Fill[]>("fills", { account: id, since }),
      transfers: (id, since) => read<readonly Transfer[]>("transfers", { account: id, since }),
      keyRights: (id) => read<KeyRights | null>("keyRights", { account: id }),
      accessLog: (id, after) => read<readonly AccessEntry[] | null>("accessLog", { account: id, after }),
      watchAccount: (id, listener) =>
        link.watch(id, (heard) => {
          if (heard === undefined) listener.onGone("the signer's connection ended");
          else if (heard.heard === "gone") listener.onGone(heard.why);
          else if (heard.heard === "alert") listener.onAlert(heard.alert as Alert);
          else listener.onChange();
        }),
      // The connection is shared by all accounts and closed with the signer.
      close: async () => {},
    },
    trader: {
      async place(order, consent, notAfter): Promise<PlaceOutcome> {
        let sent = false;
        try {
          const said = (await link.ask(
            { method: "place", order, consent: consent ?? null, notAfter: notAfter ?? null },
            PLACE_MS,
            () => {
              sent = true;
            },
          )) as PlaceOutcome & { readonly refused?: string };
          const { refused, ...outcome } = said;
          if (refused !== undefined) onRefused(account, order.clientOrderId, refused);
          return outcome;
        } catch (error) {
          // A request that the signer does not take was looked at no further.
          const taken = sent && !(error instanceof DeskError && error.code === "INPUT_INVALID");
          return taken
            ? { outcome: "unknown", reason: messageOf(error) }
            : { outcome: "rejected", reason: `not sent: ${messageOf(error)}` };
        }
      },
      async cancel(id, symbol, venueOrderId) {
        const asked = link.ask({ method: "cancel", account: id, symbol, venueOrderId }, READ_MS);
        // Whoever cancels reads the open orders again, which tells what became of it and why nothing did.
        return (await asked.catch(() => "unknown")) as "accepted" | "gone" | "unknown";
      },
      async armDeadMan(id, timeoutMs, symbols) {
        await link.ask({ method: "armDeadMan", account: id, timeoutMs, symbols }, ARM_MS);
      },
    },
  };
}
