import type { Finding } from "../chat/finding.ts";
import type { Account } from "../kernel/account.ts";
import { messageOf } from "../kernel/errors.ts";
import { endsSoon, keyProblems } from "../venues/key-rights.ts";
import type { VenueReader } from "../venues/venue.ts";

/** What `breakwater doctor` says of an account's key: bad where a running desk would halt the account for it. */
export async function keyFinding(
  account: Account,
  reader: Pick<VenueReader, "keyRights">,
  now: Date,
): Promise<Finding> {
  const what = `key of ${account.id}`;
  try {
    const rights = (await reader.keyRights?.(account.id)) ?? null;
    if (rights === null)
      return account.environment === "live"
        ? { what, state: "warn", detail: `${account.venue} cannot tell what it may do; look at the venue's own page` }
        : { what, state: "good", detail: "of a test system" };
    const why = keyProblems(rights).join(", ");
    if (why !== "")
      return { what, state: "bad", detail: `${why}; a desk that runs halts the account: make another key` };
    const endsAt = endsSoon(rights, now);
    if (endsAt !== null)
      return { what, state: "warn", detail: `it ends on ${endsAt.toISOString().slice(0, 10)}: make another key` };
    if (rights.withdraws === null)
      return { what, state: "warn", detail: `${account.venue} did not say whether it can withdraw` };
    if (rights.addressBound === null)
      return { what, state: "warn", detail: `${account.venue} did not say whether it is bound to an address` };
    return { what, state: "good", detail: "cannot withdraw, bound to addresses" };
  } catch (error) {
    return { what, state: "warn", detail: `${account.venue} did not say what it may do: ${messageOf(error)}` };
  }
}
