import { and, asc, eq, gt, isNotNull, isNull, lte, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Db, Tx } from "../db/client.ts";
import { preparedFor } from "../db/prepared.ts";
import { rows } from "../db/rows.ts";
import { messages, notes } from "../db/schema.ts";
import type { Method } from "./outbox-budget.ts";
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

// The statements of the outbox keep their text, and are prepared: planned once, each is one message to the server.
const NAME = "outbox";
const wake = (tx: Db | Tx) => tx.execute(sql`select pg_notify(${OUTBOX_CHANNEL}, '')`);
const inMs = (ms: number) => sql`now() + ${Math.round(ms)} * interval '1 ms'`;

/** Where a card should stand. */
export interface Place {
  readonly surface: SurfaceName;
  readonly channel: string;
}

/** A card in its newest version. */
export interface Showing {
  readonly incidentId: string;
  readonly version: number;
  readonly priority: Priority;
  /** Where it should stand, beside where it stands already. */
  readonly places: readonly Place[];
}

const raised = (version: string, priority: string): string =>
  `wanted_version = greatest(m.wanted_version, ${version}), priority = least(m.priority, ${priority})`;
/** Something that the place does not show yet, newer or more urgent than what it is asked for already. */
const isNews = (version: string, priority: string): string =>
  `m.shown_version < ${version} and (m.wanted_version < ${version} or m.priority > ${priority})`;

const SHOW = `
  with asked as (
    select r->>0 as incident_id, (r->>1)::int as version, (r->>2)::int as priority, r->3 as places
    from json_array_elements($1::json) r),
  placed as (
    insert into breakwater.messages as m (incident_id, surface, channel, post_key, wanted_version, priority)
    select a.incident_id, p->>0, p->>1, concat_ws('/', a.incident_id, p->>0, p->>1), a.version, a.priority
    from asked a, json_array_elements(a.places) p
    on conflict (incident_id, surface, channel) do update
      set ${raised("excluded.wanted_version", "excluded.priority")}
      where ${isNews("excluded.wanted_version", "excluded.priority")}
    returning 1),
  raised as (
    update breakwater.messages m set ${raised("a.version", "a.priority")}
    from asked a
    where m.incident_id = a.incident_id and ${isNews("a.version", "a.priority")} and not exists (
      select from json_array_elements(a.places) p where p->>0 = m.surface and p->>1 = m.channel)
    returning 1)
  select pg_notify('${OUTBOX_CHANNEL}', '') from (select from placed union all select from raised limit 1) changed`;

/**
 * Asks for cards in the given places and says that they changed wherever they stand, in one statement; only the newest
 * version will be sent. Asking again only raises version and urgency. An incident may be asked for once.
 */
export async function showCards(tx: Db | Tx, cards: readonly Showing[]): Promise<void> {
  const asked = cards.map(({ incidentId, version, priority, places }) => [
    incidentId,
    version,
    priority,
    places.map(({ surface, channel }) => [surface, channel]),
  ]);
  await rows(tx, SHOW, [JSON.stringify(asked)]);
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

const SURFACE = sql.placeholder("surface");
const LIMIT = sql.placeholder("limit");
const elsewhere = (channel: AnyPgColumn) =>
  sql`${channel} not in (select json_array_elements_text(${sql.placeholder("without")}::json))`;

const asked = preparedFor((db) => {
  const cards = (method: Method) =>
    db
      .select()
      .from(messages)
      .where(
        and(
          eq(messages.surface, SURFACE),
          // In the text, because a plan for any state could not use the index of open ones.
          sql`${messages.state} = 'open'`,
          gt(messages.wantedVersion, messages.shownVersion),
          lte(messages.nextAt, sql`now()`),
          method === "post" ? isNull(messages.message) : isNotNull(messages.message),
          lte(messages.priority, sql.placeholder("least")),
          elsewhere(messages.channel),
        ),
      )
      .orderBy(asc(messages.priority), asc(messages.nextAt))
      .limit(LIMIT)
      .prepare(NAME);
  return {
    post: cards("post"),
    update: cards("update"),
    notes: db
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
        and(eq(notes.surface, SURFACE), isNull(notes.sentAt), lte(notes.nextAt, sql`now()`), elsewhere(notes.channel)),
      )
      .orderBy(asc(notes.id))
      .limit(LIMIT)
      .prepare(NAME),
  };
});

/** What is asked for: rows of a surface, except in channels that cannot take any now. */
interface Wanted {
  readonly surface: SurfaceName;
  readonly without: readonly string[];
  readonly limit: number;
}

const said = ({ surface, without, limit }: Wanted) => ({ surface, without: JSON.stringify(without), limit });

/** Cards that are due, most urgent first; only decisions and criticals where `urgentOnly`. */
export const dueCards = (db: Db, method: Method, urgentOnly: boolean, wanted: Wanted): Promise<MessageRow[]> =>
  asked(db)[method].execute({ ...said(wanted), least: urgentOnly ? PRIORITY.critical : PRIORITY.digest });

/** Lines that are due in threads of cards that stand, oldest first. */
export const dueNotes = (db: Db, wanted: Wanted) => asked(db).notes.execute(said(wanted));

const same = (row: Pick<MessageRow, "incidentId" | "surface" | "channel">) =>
  and(eq(messages.incidentId, row.incidentId), eq(messages.surface, row.surface), eq(messages.channel, row.channel));

/**
 * Takes a row for sending, and marks a post as begun before it leaves; null where another process was faster.
 * The row comes back as it was before the mark: `postingAt` set means that an earlier post's outcome is not known. Its
 * `wantedVersion` is the one that was read when it fell due: the card, drawn meanwhile, is no older than that.
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
    .returning()
    .prepare(NAME)
    .execute();
  return claimed === undefined ? null : { ...claimed, postingAt: row.postingAt, wantedVersion: row.wantedVersion };
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
    .where(same(row))
    .prepare(NAME)
    .execute();
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

/** Takes a line for sending; false where another process was faster. */
export async function claimNote(db: Db, id: number): Promise<boolean> {
  const claimed = await db
    .update(notes)
    .set({ nextAt: inMs(CLAIM_MS), attempts: sql`${notes.attempts} + 1` })
    .where(and(eq(notes.id, id), isNull(notes.sentAt), lte(notes.nextAt, sql`now()`)))
    .returning({ id: notes.id })
    .prepare(NAME)
    .execute();
  return claimed.length === 1;
}

/** The line is done with: sent, or given up with a reason. */
export async function noteDone(db: Db, id: number, why: string | null): Promise<void> {
  await db
    .update(notes)
    .set({ sentAt: sql`now()`, lastError: why })
    .where(eq(notes.id, id))
    .prepare(NAME)
    .execute();
}

/** The line is tried again after `ms`. */
export async function noteLater(db: Db, id: number, ms: number): Promise<void> {
  await db
    .update(notes)
    .set({ nextAt: inMs(ms) })
    .where(eq(notes.id, id));
}
