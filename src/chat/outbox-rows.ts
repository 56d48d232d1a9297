import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, notInArray, sql } from "drizzle-orm";
import type { Db, Tx } from "../db/client.ts";
import { messages, notes } from "../db/schema.ts";
import type { MessageRef, SurfaceName } from "./surface.ts";

/** What goes first; a row keeps the most urgent reason until it was sent. */
export const PRIORITY = { decision: 0, critical: 1, update: 2, digest: 3 } as const;
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY];

/** Heard by every process with an outbox: something is due. */
export const OUTBOX_CHANNEL = "breakwater_outbox";

/** A process that died while sending holds its row for this long. */
const CLAIM_MS = 30_000;

export type MessageRow = typeof messages.$inferSelect;
export type NoteRow = typeof notes.$inferSelect;

const wake = (tx: Db | Tx) => tx.execute(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
const inMs = (ms: number) => sql`now() + ${Math.round(ms)} * interval '1 ms'`;

/** A card that should stand somewhere. */
export interface Showing {
  readonly incidentId: string;
  readonly version: number;
  readonly surface: SurfaceName;
  readonly channel: string;
  readonly priority: Priority;
}

/** Asks for a card in a channel, in the transaction of the deed; asking again only raises version and urgency. */
export async function showCard(tx: Db | Tx, want: Showing): Promise<void> {
  await tx
    .insert(messages)
    .values({
      incidentId: want.incidentId,
      surface: want.surface,
      channel: want.channel,
      postKey: `${want.incidentId}/${want.surface}/${want.channel}`,
      wantedVersion: want.version,
      priority: want.priority,
    })
    .onConflictDoUpdate({
      target: [messages.incidentId, messages.surface, messages.channel],
      set: {
        wantedVersion: sql`greatest(${messages.wantedVersion}, excluded.wanted_version)`,
        priority: sql`least(${messages.priority}, excluded.priority)`,
      },
    });
  await wake(tx);
}

/** Says that an incident's card changed, wherever it stands; only the newest version will be sent. */
export async function touchCards(tx: Db | Tx, incidentId: string, version: number, priority: Priority): Promise<void> {
  await tx
    .update(messages)
    .set({
      wantedVersion: sql`greatest(${messages.wantedVersion}, ${version})`,
      priority: sql`least(${messages.priority}, ${priority})`,
    })
    .where(eq(messages.incidentId, incidentId));
  await wake(tx);
}

/** A line, with a picture where given, into the thread of every card of the incident. */
export async function addNote(
  tx: Db | Tx,
  incidentId: string,
  text: string,
  picture?: { readonly name: string; readonly alt: string; readonly png: Uint8Array },
): Promise<void> {
  const cards = await tx
    .select({ surface: messages.surface, channel: messages.channel })
    .from(messages)
    .where(and(eq(messages.incidentId, incidentId), eq(messages.state, "open")));
  if (cards.length === 0) return;
  const shown = picture && { name: picture.name, alt: picture.alt, png: Buffer.from(picture.png).toString("base64") };
  await tx.insert(notes).values(cards.map((card) => ({ incidentId, text, picture: shown ?? null, ...card })));
  await wake(tx);
}

/** Cards of a surface that are due, most urgent first. */
export function dueCards(
  db: Db,
  surface: SurfaceName,
  lane: "post" | "update",
  urgentOnly: boolean,
  without: readonly string[],
  limit: number,
): Promise<MessageRow[]> {
  return db
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.surface, surface),
        eq(messages.state, "open"),
        gt(messages.wantedVersion, messages.shownVersion),
        lte(messages.nextAt, sql`now()`),
        lane === "post" ? isNull(messages.message) : isNotNull(messages.message),
        ...(urgentOnly ? [lte(messages.priority, PRIORITY.critical)] : []),
        ...(without.length > 0 ? [notInArray(messages.channel, [...without])] : []),
      ),
    )
    .orderBy(asc(messages.priority), asc(messages.nextAt))
    .limit(limit);
}

const same = (row: Pick<MessageRow, "incidentId" | "surface" | "channel">) =>
  and(eq(messages.incidentId, row.incidentId), eq(messages.surface, row.surface), eq(messages.channel, row.channel));

/**
 * Takes a row for sending, and marks a post as begun before it leaves; null where another process was faster.
 * The row comes back as it was before the mark: `postingAt` set means that an earlier post's outcome is not known.
 */
export async function claimCard(db: Db, row: MessageRow): Promise<MessageRow | null> {
  const [claimed] = await db
    .update(messages)
    .set({ nextAt: inMs(CLAIM_MS), ...(row.message === null ? { postingAt: sql`now()` } : {}) })
    .where(
      and(
        same(row),
        lte(messages.nextAt, sql`now()`),
        eq(messages.state, "open"),
        row.message === null ? isNull(messages.message) : eq(messages.message, row.message),
      ),
    )
    .returning();
  return claimed === undefined ? null : { ...claimed, postingAt: row.postingAt };
}

/** The card stands as this version; urgency is over unless a newer one is wanted. */
export async function cardShown(db: Db, row: MessageRow, ref: MessageRef, version: number): Promise<void> {
  await db
    .update(messages)
    .set({
      message: ref.message,
      shownVersion: sql`greatest(${messages.shownVersion}, ${version})`,
      priority: sql`case when ${messages.wantedVersion} > ${version} then ${messages.priority} else ${PRIORITY.digest} end`,
      // Where the card could only be drawn older than it is wanted, what is wanted will never come: the newest stands.
      wantedVersion: sql`case when ${messages.wantedVersion} <= ${row.wantedVersion} then least(${messages.wantedVersion}, ${version}) else ${messages.wantedVersion} end`,
      postingAt: null,
      attempts: 0,
      lastError: null,
      nextAt: sql`now()`,
    })
    .where(same(row));
}

/** An earlier post was found: it stands, in which version is not known. */
export async function cardFound(db: Db, row: MessageRow, ref: MessageRef): Promise<void> {
  await db
    .update(messages)
    .set({ message: ref.message, postingAt: null, attempts: 0, nextAt: sql`now()` })
    .where(same(row));
}

/** Tried again after `ms`; `sent` says whether a post may stand already. */
export async function cardLater(db: Db, row: MessageRow, ms: number, inDoubt: boolean, why: string): Promise<void> {
  await db
    .update(messages)
    .set({
      nextAt: inMs(ms),
      attempts: sql`${messages.attempts} + 1`,
      lastError: why,
      ...(inDoubt ? {} : { postingAt: null }),
    })
    .where(same(row));
}

/** Somebody deleted the card: the next one is posted under a key of its own. */
export async function cardGone(db: Db, row: MessageRow): Promise<void> {
  await db
    .update(messages)
    .set({
      message: null,
      shownVersion: 0,
      postingAt: null,
      reposts: row.reposts + 1,
      postKey: `${row.postKey}/${row.reposts + 1}`,
      lastError: "the card was deleted; posted anew",
      nextAt: sql`now()`,
    })
    .where(same(row));
}

/** This channel takes nothing from us. */
export async function cardRefused(db: Db, row: MessageRow, why: string): Promise<void> {
  await db.update(messages).set({ state: "refused", postingAt: null, lastError: why }).where(same(row));
}

/** Lines that are due in threads of cards that stand, oldest first. */
export function dueNotes(db: Db, surface: SurfaceName, without: readonly string[], limit: number) {
  return db
    .select({ note: notes, message: messages.message })
    .from(notes)
    .innerJoin(
      messages,
      and(
        eq(messages.incidentId, notes.incidentId),
        eq(messages.surface, notes.surface),
        eq(messages.channel, notes.channel),
        isNotNull(messages.message),
      ),
    )
    .where(
      and(
        eq(notes.surface, surface),
        isNull(notes.sentAt),
        lte(notes.nextAt, sql`now()`),
        ...(without.length > 0 ? [notInArray(notes.channel, [...without])] : []),
      ),
    )
    .orderBy(asc(notes.id))
    .limit(limit);
}

/** Takes a line for sending; false where another process was faster. */
export async function claimNote(db: Db, id: number): Promise<boolean> {
  const claimed = await db
    .update(notes)
    .set({ nextAt: inMs(CLAIM_MS), attempts: sql`${notes.attempts} + 1` })
    .where(and(eq(notes.id, id), isNull(notes.sentAt), lte(notes.nextAt, sql`now()`)))
    .returning({ id: notes.id });
  return claimed.length === 1;
}

/** The line is done with: sent, or given up with a reason. */
export async function noteDone(db: Db, ids: readonly number[], why: string | null): Promise<void> {
  await db
    .update(notes)
    .set({ sentAt: sql`now()`, lastError: why })
    .where(inArray(notes.id, [...ids]));
}

/** The line is tried again after `ms`. */
export async function noteLater(db: Db, id: number, ms: number): Promise<void> {
  await db
    .update(notes)
    .set({ nextAt: inMs(ms) })
    .where(eq(notes.id, id));
}
