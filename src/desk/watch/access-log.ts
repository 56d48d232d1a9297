import { and, asc, desc, eq, gt, inArray, lt, max } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { ledger } from "../../db/schema.ts";
import type { AccessAction } from "../../kernel/access.ts";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { EntryType } from "../../ledger/entries.ts";
import { type Access, CONSOLE } from "../../sources/feeds/access.ts";

const LOOK_MS = 2_000;
const BATCH = 200;
/** Earlier sign-ins of a person that are looked through for the way of this one. */
const REMEMBERED = 100;

/** What the ledger says of who may come in, by what it is to a detector. */
const ACTIONS = {
  "session.opened": "login",
  "passkey.confirmed": "key-created",
  "passkey.revoked": "key-deleted",
  "recovery.used": "key-changed",
} as const satisfies Partial<Record<EntryType, AccessAction>>;
type AccessType = keyof typeof ACTIONS;
const TYPES = Object.keys(ACTIONS) as AccessType[];

const wayOf = (body: string): string => {
  const { by } = JSON.parse(body) as { by?: unknown };
  return typeof by === "string" ? by : "";
};

/** One sign-in: by which way, and when. */
interface Entered {
  readonly way: string;
  readonly at: Date;
}

/** A person's first sign-in is how they begin; one that comes as never before is not. */
const isKnown = (way: string, earlier: readonly Entered[]): boolean =>
  earlier.length === 0 || earlier.some((one) => one.way === way);

/**
 * Follows sign-ins and changes of passkeys in the ledger, from now on, whichever replica wrote them.
 * @returns what ends it
 */
export async function followAccess(parts: {
  readonly database: Database;
  readonly onAccess: (access: Access) => void;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<() => void> {
  const { db } = parts.database;
  const [newest] = await db.select({ seq: max(ledger.seq) }).from(ledger);
  let seen = newest?.seq ?? 0;

  /** The ways of a person's sign-ins before an entry, newest first. */
  const earlierOf = async (actor: string, seq: number): Promise<readonly Entered[]> => {
    const rows = await db
      .select({ body: ledger.body, at: ledger.at })
      .from(ledger)
      .where(and(eq(ledger.type, "session.opened"), eq(ledger.actor, actor), lt(ledger.seq, seq)))
      .orderBy(desc(ledger.seq))
      .limit(REMEMBERED);
    return rows.map(({ body, at }) => ({ way: wayOf(body), at }));
  };
  const look = async (): Promise<void> => {
    const rows = await db
      .select()
      .from(ledger)
      .where(and(gt(ledger.seq, seen), inArray(ledger.type, TYPES)))
      .orderBy(asc(ledger.seq))
      .limit(BATCH);
    for (const row of rows) {
      const type = row.type as AccessType;
      const origin = type === "session.opened" ? wayOf(row.body) : "console";
      const earlier = await earlierOf(row.actor, row.seq);
      const known = type !== "session.opened" || isKnown(origin, earlier);
      const strangerAt = earlier.find(({ way }, index) => !isKnown(way, earlier.slice(index + 1)))?.at ?? null;
      seen = row.seq;
      const person = row.actor.replace("person:", "");
      const who = { venue: CONSOLE, account: person, actor: person };
      parts.onAccess({
        ...who,
        action: ACTIONS[type],
        origin,
        known,
        detail: "",
        entry: row.seq,
        at: row.at,
        strangerAt,
      });
    }
  };
  return parts.clock.every(LOOK_MS, () =>
    look().catch((error: unknown) => parts.log.warn({ why: messageOf(error) }, "sign-ins not looked at")),
  );
}
