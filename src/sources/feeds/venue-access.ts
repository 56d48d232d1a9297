import { eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { accessLogs } from "../../db/schema.ts";
import type { AccessEntry } from "../../kernel/access.ts";
import type { Account } from "../../kernel/account.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { VenueReader } from "../../venues/venue.ts";
import type { Access } from "./access.ts";

const LOOK_MS = 60_000;
/** A log that was not read this many times on end is told of: a watch that sees nothing must not look like peace. */
const MOST_MISSED = 10;
/** Places remembered of an account, the latest; somebody who comes from an older one is a stranger again. */
const MOST_PLACES = 500;

/** Whose logs are followed, and who hears of what is new in them. */
export interface VenueAccessParts {
  readonly database: Database;
  /** Those that are not live are left alone. */
  readonly accounts: readonly Account[];
  readonly readerOf: (account: string) => Promise<VenueReader>;
  readonly onAccess: (access: Access) => void;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

const unreadAlert = (account: Account, why: string | null, at: Date): Alert => ({
  source: "venue-access",
  trust: "internal",
  kind: "access.unread",
  status: why === null ? "resolved" : "firing",
  severity: "medium",
  title: why === null ? `Logins of ${account.id} are read again` : `Logins of ${account.id} are not seen`,
  summary:
    why === null
      ? `${account.venue} shows its log again; nothing in it was left out.`
      : `${account.venue} did not show its log of logins: ${why}. Look whether the key may read the account.`,
  labels: { account: account.id, venue: account.venue },
  values: {},
  at,
});

/** Where a login came from, as later ones are compared with it: the address, or where the venue takes it to be. */
const placesOf = ({ address, place }: AccessEntry): readonly string[] => [address, place].filter((one) => one !== "");

/** Remembers where logins came from, the latest last. */
function remembered(places: readonly string[], entries: readonly AccessEntry[]): string[] {
  const all = new Set(places);
  for (const one of entries.filter(({ action }) => action === "login").flatMap(placesOf)) {
    all.delete(one);
    all.add(one);
  }
  return [...all].slice(-MOST_PLACES);
}

/**
 * Takes what is new in an account's log. The first reading only learns who came from where. Entries are told before the
 * log's place is kept: those that a crash comes between are told again. Of several replicas the first tells.
 */
const take = (
  { database, onAccess }: VenueAccessParts,
  account: Account,
  read: readonly AccessEntry[],
): Promise<void> =>
  database.db.transaction(async (tx) => {
    const [row] = await tx.select().from(accessLogs).where(eq(accessLogs.account, account.id)).for("update");
    const entries = read.filter((one) => one.id > (row?.lastEntry ?? 0)).toSorted((a, b) => a.id - b.id);
    let places: readonly string[] = row?.places ?? [];
    let strangerAt = row?.strangerAt ?? null;
    if (row === undefined) places = remembered([], entries);
    else
      for (const one of entries) {
        const known = placesOf(one).some((place) => places.includes(place));
        onAccess({
          venue: account.venue,
          account: account.id,
          action: one.action,
          actor: account.id,
          origin: [one.address, one.place].filter((part) => part !== "").join(", "),
          known,
          detail: one.detail,
          entry: one.id,
          at: one.at,
          strangerAt,
        });
        if (one.action === "login" && !known) strangerAt = one.at;
        places = remembered(places, [one]);
      }
    const lastEntry = entries.at(-1)?.id ?? row?.lastEntry ?? 0;
    await tx
      .insert(accessLogs)
      .values({ account: account.id, lastEntry, places: [...places], strangerAt })
      .onConflictDoUpdate({ target: accessLogs.account, set: { lastEntry, places: [...places], strangerAt } });
  });

/**
 * Follows the logs that venues keep of logins and of changes of keys and credentials, for live accounts, once a minute.
 * Accounts whose venue shows none are asked once; one that was not read for ten minutes raises `access.unread`.
 * @returns what ends it, once the look that is under way is over
 */
export function followVenueAccess(parts: VenueAccessParts): () => Promise<void> {
  const { database, clock, log, emit } = parts;
  const silent = new Set<string>();
  /** How often each account's log was not read on end. */
  const missed = new Map<string, number>();

  const look = async (account: Account): Promise<void> => {
    const { id } = account;
    try {
      const [row] = await database.db.select().from(accessLogs).where(eq(accessLogs.account, id));
      const reader = await parts.readerOf(id);
      const read = (await reader.accessLog?.(id, row?.lastEntry ?? 0)) ?? null;
      if (read === null) silent.add(id);
      else await take(parts, account, read);
      // The first reading says so too, because an alert of an earlier start may still stand.
      const before = missed.get(id);
      if (read !== null && (before === undefined || before >= MOST_MISSED))
        await emit(unreadAlert(account, null, clock.now()));
      missed.set(id, 0);
    } catch (error) {
      const times = (missed.get(id) ?? 0) + 1;
      missed.set(id, times);
      log.warn({ account: id, times, why: messageOf(error) }, "venue's log of logins not read");
      if (times === MOST_MISSED) await emit(unreadAlert(account, messageOf(error), clock.now()));
    }
  };
  const round = async (): Promise<void> => {
    const asked = parts.accounts.filter((one) => one.environment === "live" && !silent.has(one.id));
    await Promise.all(
      asked.map((account) =>
        look(account).catch((error: unknown) =>
          log.error({ account: account.id, err: error }, "log of logins not told"),
        ),
      ),
    );
  };
  let looking = round();
  const stop = clock.every(LOOK_MS, () => (looking = looking.then(round)));
  return async () => {
    stop();
    await looking;
  };
}
