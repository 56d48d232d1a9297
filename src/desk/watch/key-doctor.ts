import { eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { accessLogs, keyReadings } from "../../db/schema.ts";
import type { Account } from "../../kernel/account.ts";
import type { Alert } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { freeze, statesNow } from "../../policy/freeze/trading-state.ts";
import type { Access } from "../../sources/feeds/access.ts";
import { type KeyRights, endsSoon, keyChanges, keyProblems } from "../../venues/key-rights.ts";
import type { VenueReader } from "../../venues/venue.ts";
import { utcMinute } from "../../kernel/utc.ts";

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A key that ends within this is critical: who makes keys may be away for a weekend. */
const URGENT_MS = 3 * DAY_MS;

/** What the doctor looks at. */
export interface KeyDoctorParts {
  readonly database: Database;
  /** Those that are not live are left alone. */
  readonly accounts: readonly Account[];
  readonly readerOf: (account: string) => Promise<VenueReader>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who hears of keys. */
export interface KeyListener {
  /** Stores an alert. */
  emit(alert: Alert): Promise<void>;
  /** Hears what is otherwise than at the last reading, also at that of an earlier start. */
  onAccess(access: Access): void;
}

/** Who looks at the keys of live accounts. */
export interface KeyDoctor {
  /** Tells what was found since the opening, looks again every hour, and tells of that. Resolves to what ends it. */
  watch(listener: KeyListener): Promise<() => void>;
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
    fine: `${account.venue} was asked, and nothing that it said of the key is dangerous.`,
    dangerous: `Make a key at ${account.venue} without the right to withdraw and bound to this host's address, revoke the old one, start again; then /unfreeze account:${account.id}.`,
    unchecked: `${account.venue} was asked and did not say: ${why}. It is asked again within the hour; trading goes on.`,
  }[verdict],
  labels: { account: account.id, venue: account.venue },
  values: {},
  at,
});

/** A key that ends soon, or no longer does. */
function expiryAlert(account: Account, endsAt: Date | null, at: Date): Alert {
  const leftMs = endsAt === null ? 0 : endsAt.getTime() - at.getTime();
  const day = endsAt ? utcMinute(endsAt) : "";
  return {
    source: "key-doctor",
    trust: "internal",
    kind: "key.expiring",
    status: endsAt === null ? "resolved" : "firing",
    severity: endsAt !== null && leftMs <= URGENT_MS ? "critical" : "high",
    title:
      endsAt === null
        ? `The key of ${account.id} does not end within two weeks`
        : leftMs <= 0
          ? `The key of ${account.id} ended on ${day} UTC`
          : `The key of ${account.id} ends on ${day} UTC`,
    summary:
      endsAt === null
        ? `${account.venue} says so.`
        : `Make a new key at ${account.venue} before then and start again: without one the account is neither read nor traded.`,
    labels: { account: account.id, venue: account.venue },
    values: {},
    at,
  };
}

type Stored = typeof keyReadings.$inferSelect.rights;

const stored = ({ expiresAt, ...rights }: KeyRights): Stored => ({
  ...rights,
  expiresAt: expiresAt?.toISOString() ?? null,
});
const revived = ({ expiresAt, ...rights }: Stored): KeyRights => ({
  ...rights,
  expiresAt: expiresAt === null ? null : new Date(expiresAt),
});

/**
 * Compares a reading of an account's key with the last one and keeps it instead. It is told before it is kept: what a crash
 * comes between is told again. Of several replicas the first sees the difference.
 */
const compare = (
  { database }: KeyDoctorParts,
  account: Account,
  now: KeyRights,
  at: Date,
  onAccess: (access: Access) => void,
): Promise<void> =>
  database.db.transaction(async (tx) => {
    const [row] = await tx.select().from(keyReadings).where(eq(keyReadings.account, account.id)).for("update");
    const changes = row === undefined ? [] : keyChanges(revived(row.rights), now);
    let { changes: entry } = row ?? { changes: 0 };
    const [log] = await tx.select().from(accessLogs).where(eq(accessLogs.account, account.id));
    for (const { action, what } of changes) {
      entry += 1;
      onAccess({
        venue: account.venue,
        account: account.id,
        action,
        // The venue says what a key may do, not who changed it.
        actor: "unknown",
        origin: "",
        known: false,
        detail: what,
        entry,
        at: new Date(at.getTime() + entry - (row?.changes ?? 0)),
        strangerAt: log?.strangerAt ?? null,
      });
    }
    const reading = { rights: stored(now), changes: entry, at };
    await tx
      .insert(keyReadings)
      .values({ account: account.id, ...reading })
      .onConflictDoUpdate({ target: keyReadings.account, set: reading });
  });

/**
 * Asks every live account's venue what the account's key may do, before it resolves and every hour. A key that can
 * withdraw, or works from any address, halts the account and raises `key.rights`; a venue that does not answer raises it
 * without a freeze. A freeze that people lifted while the key is as it was comes back at the next look. A key that ends
 * within two weeks raises `key.expiring`; one that is otherwise than at the last reading is an access event. To be opened
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
  const ending = new Set<string>();
  /** Readings that were not compared with the last ones yet: until somebody listens there is nobody to tell. */
  const fresh = new Map<Account, { readonly rights: KeyRights; readonly at: Date }>();
  const note = (account: Account, verdict: Verdict, why: string): void => {
    if (verdict === "fine" && told.get(account.id) === "fine") return;
    found.push(alertOf(account, verdict, why, clock.now()));
    told.set(account.id, verdict);
  };
  const noteEnd = (account: Account, rights: KeyRights): void => {
    const endsAt = endsSoon(rights, clock.now());
    // The first reading says so too, because an alert of an earlier start may still stand.
    if (endsAt === null && told.has(account.id) && !ending.has(account.id)) return;
    if (endsAt === null) ending.delete(account.id);
    else ending.add(account.id);
    found.push(expiryAlert(account, endsAt, clock.now()));
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
    fresh.set(account, { rights, at: clock.now() });
    const why = keyProblems(rights).join(", ");
    if (why !== "") await halt(account, `the key is dangerous: ${why}`);
    noteEnd(account, rights);
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
    async watch({ emit, onAccess }) {
      const tell = async (): Promise<void> => {
        // An alert that could not be stored stays first in line.
        for (let next = found[0]; next !== undefined; next = found[0]) {
          await emit(next);
          found.shift();
        }
        for (const [account, { rights, at }] of fresh) {
          await compare(parts, account, rights, at, onAccess);
          fresh.delete(account);
        }
      };
      const quietly = (): Promise<void> =>
        tell().catch((error: unknown) => log.error({ err: messageOf(error) }, "key doctor not heard"));
      await quietly();
      return clock.every(EVERY_MS, () => round().then(quietly));
    },
  };
}
