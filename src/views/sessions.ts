import { randomBytes } from "node:crypto";
import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { Session, Viewer } from "../chat/console/viewer.ts";
import type { Db, Tx } from "../db/client.ts";
import { sessions } from "../db/schema.ts";
import { sha256 } from "../kernel/canonical.ts";
import { append } from "../ledger/append.ts";

const SESSION_HOURS = 12;
const TOKEN_HOURS = 24;

/** The kinds of secrets are hashed apart, so that a sign-in token is never a cookie. */
const keyOf = (kind: "sign-in" | "session" | "sign-on", secret: string): string =>
  sha256(`breakwater:${kind}:${secret}`);

const fresh = (): string => randomBytes(32).toString("base64url");
const inHours = (hours: number) => sql`now() + make_interval(hours => ${hours})`;

/** Finds a person of the desk by id; null where the desk does not name them any more. */
export type FindViewer = (person: string) => Viewer | null;

/** Makes a one-time token for a person, good for 24 hours; only its hash is kept. */
export async function issueSignIn(db: Db, person: string): Promise<string> {
  const token = fresh();
  await db.insert(sessions).values({ tokenHash: keyOf("sign-in", token), person, expiresAt: inHours(TOKEN_HOURS) });
  return token;
}

/** Spends a one-time token on a session of twelve hours; null where it is unknown, spent or too old. */
export async function redeemSignIn(db: Db, token: string, find: FindViewer): Promise<Session | null> {
  return db.transaction(async (tx) => {
    // Deleting is the redemption: of two requests with the same token only one finds the row.
    const [spent] = await tx
      .delete(sessions)
      .where(and(eq(sessions.tokenHash, keyOf("sign-in", token)), gt(sessions.expiresAt, sql`now()`)))
      .returning({ person: sessions.person });
    const viewer = spent ? find(spent.person) : null;
    if (!viewer) return null;
    return openSession(tx, viewer, "one-time token");
  });
}

/** Opens a session and writes down how; those that are over go. */
async function openSession(tx: Tx, viewer: Viewer, by: string): Promise<Session | null> {
  await tx.delete(sessions).where(lt(sessions.expiresAt, sql`now()`));
  const cookie = fresh();
  const [opened] = await tx
    .insert(sessions)
    .values({ tokenHash: keyOf("session", cookie), person: viewer.person, expiresAt: inHours(SESSION_HOURS) })
    .returning({ expiresAt: sessions.expiresAt });
  if (!opened) return null;
  await append(tx, { actor: `person:${viewer.person}`, type: "session.opened", object: "console", body: { by } });
  return { cookie, viewer, expiresAt: opened.expiresAt };
}

/** Opens a session on a passkey that was touched for it. */
export const openPasskeySession = (tx: Tx, viewer: Viewer): Promise<Session | null> =>
  openSession(tx, viewer, "passkey");

/** Opens a session on a provider's answer; null where this sign-in, by its nonce, opened one before. */
export async function openSignOn(db: Db, nonce: string, viewer: Viewer, issuer: string): Promise<Session | null> {
  return db.transaction(async (tx) => {
    const spent = await tx
      .insert(sessions)
      .values({ tokenHash: keyOf("sign-on", nonce), person: viewer.person, expiresAt: inHours(1) })
      .onConflictDoNothing()
      .returning({ person: sessions.person });
    return spent.length === 0 ? null : openSession(tx, viewer, `single sign-on of ${issuer}`);
  });
}

/** Writes down that a provider vouched for somebody whom the desk does not know. */
export const recordRefusal = (db: Db, issuer: string, subject: string): Promise<unknown> =>
  db.transaction((tx) =>
    append(tx, { actor: "system", type: "session.refused", object: "console", body: { issuer, subject } }),
  );

/** Writes down that somebody's passkey did not sign them in, and why. */
export const recordRefusedPasskey = (tx: Tx, person: string, why: string): Promise<unknown> =>
  append(tx, { actor: "system", type: "session.refused", object: "console", body: { by: "passkey", person, why } });

/** Writes down that an address was refused at a door so often that each further try of it waits. */
export const recordLimited = (db: Db, by: string, address: string): Promise<unknown> =>
  db.transaction((tx) =>
    append(tx, {
      actor: "system",
      type: "session.refused",
      object: "console",
      body: { by, address, why: "refused again and again; each further try from this address waits" },
    }),
  );

/** The person behind a cookie; null where the session ended, or the desk no longer names the person. */
export async function viewerOf(db: Db, cookie: string, find: FindViewer): Promise<Viewer | null> {
  const [row] = await db
    .select({ person: sessions.person })
    .from(sessions)
    .where(and(eq(sessions.tokenHash, keyOf("session", cookie)), gt(sessions.expiresAt, sql`now()`)));
  return row ? find(row.person) : null;
}

/** Ends a session everywhere. */
export async function endSession(db: Db, cookie: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.tokenHash, keyOf("session", cookie)));
}
