import type { Db } from "../db/client.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Card } from "./card.ts";
import type { Gate } from "./outbox-budget.ts";
import type { Draw } from "./outbox-drawing.ts";
import {
  type MessageRow,
  type NoteRow,
  type Priority,
  cardFound,
  cardGone,
  cardLater,
  cardRefused,
  cardShown,
  claimCard,
  noteDone,
  noteLater,
  showCards,
} from "./outbox-rows.ts";
import type { MessageRef, Sent, Surface, SurfaceName } from "./surface.ts";

/** What happened to rows since the start. */
export interface Tally {
  sent: number;
  later: number;
  refused: number;
  ambiguous: number;
  found: number;
  reposted: number;
}

export interface SendOptions {
  readonly db: Db;
  readonly log: Log;
  readonly gate: Gate;
  readonly tally: Tally;
  readonly draw: Draw;
  /** Where a card goes when its channel refuses it; null where there is no other place. */
  readonly fallback: (surface: SurfaceName, channel: string) => { surface: SurfaceName; channel: string } | null;
  /** Hears what people should know: a refused channel, a card deleted twice. */
  readonly onTrouble: (row: MessageRow, why: string) => void;
}

/** An ambiguous post is looked up after the platform had time to show it. */
const LOOK_UP_AFTER_MS = 1_500;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_LAST_MS = 60_000;
const REPOSTS_MAX = 1;

const backoff = (attempts: number): number => Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempts, 10));

/**
 * Takes a due row, sends its card and writes down what became of it; never throws for what a platform does. The card is
 * drawn while the row is taken, for neither waits for the other.
 */
export async function sendCard(options: SendOptions, surface: Surface, due: MessageRow): Promise<void> {
  const { db, log } = options;
  const [taken, drawn] = await Promise.allSettled([
    claimCard(db, due),
    options.draw(due.incidentId, due.wantedVersion),
  ]);
  if (taken.status === "rejected") throw taken.reason;
  const row = taken.value;
  if (row === null) return;
  try {
    // The mark of an earlier post: its outcome was never learned, so it may stand.
    if (row.message === null && row.postingAt !== null && (await foundAgain(options, surface, row))) return;
    if (drawn.status === "rejected") throw drawn.reason;
    const card = drawn.value;
    if (card === null) {
      await cardRefused(db, row, "the incident is not known");
      return;
    }
    if (row.message === null) await settlePost(options, row, card, await surface.post(row.channel, card, row.postKey));
    else await settleUpdate(options, row, card, await surface.update(refOf(surface, row, row.message), card));
  } catch (error) {
    const why = messageOf(error);
    log.warn({ incident: row.incidentId, channel: row.channel, err: why }, "card not sent");
    options.tally.later += 1;
    await cardLater(db, row, backoff(row.attempts), row.message === null, why);
  }
}

const refOf = (surface: Surface, row: { channel: string }, message: string): MessageRef => ({
  surface: surface.name,
  channel: row.channel,
  message,
});

async function foundAgain(options: SendOptions, surface: Surface, row: MessageRow): Promise<boolean> {
  const ref = await surface.find(row.channel, row.postKey);
  if (ref === null) return false;
  options.tally.found += 1;
  await cardFound(options.db, row, ref);
  return true;
}

async function settlePost(options: SendOptions, row: MessageRow, card: Card, sent: Sent): Promise<void> {
  const { db, tally } = options;
  switch (sent.outcome) {
    case "sent":
      tally.sent += 1;
      await cardShown(db, row, sent.ref, card.version);
      return;
    case "ambiguous":
      tally.ambiguous += 1;
      await cardLater(db, row, Math.max(LOOK_UP_AFTER_MS, backoff(row.attempts)), true, sent.why);
      return;
    case "later":
      tally.later += 1;
      options.gate.pause("post", row.channel, sent.afterMs);
      await cardLater(db, row, sent.afterMs, false, "asked to wait");
      return;
    case "gone":
      await refuse(options, row, card, "the channel is gone");
      return;
    case "refused":
      await refuse(options, row, card, sent.why);
  }
}

async function settleUpdate(options: SendOptions, row: MessageRow, card: Card, sent: Sent): Promise<void> {
  const { db, tally } = options;
  switch (sent.outcome) {
    case "sent":
      tally.sent += 1;
      await cardShown(db, row, sent.ref, card.version);
      return;
    case "later":
      tally.later += 1;
      options.gate.pause("update", row.channel, sent.afterMs);
      await cardLater(db, row, sent.afterMs, false, "asked to wait");
      return;
    case "ambiguous":
      // Changing to the same state twice changes nothing.
      tally.ambiguous += 1;
      await cardLater(db, row, backoff(row.attempts), false, sent.why);
      return;
    case "gone":
      if (row.reposts >= REPOSTS_MAX) {
        await refuse(options, row, card, "the card was deleted again");
        return;
      }
      tally.reposted += 1;
      await cardGone(db, row);
      return;
    case "refused":
      await refuse(options, row, card, sent.why);
  }
}

async function refuse(options: SendOptions, row: MessageRow, card: Card, why: string): Promise<void> {
  options.tally.refused += 1;
  options.log.error({ incident: row.incidentId, surface: row.surface, channel: row.channel, why }, "card refused");
  await cardRefused(options.db, row, why);
  options.onTrouble(row, why);
  const other = options.fallback(row.surface as SurfaceName, row.channel);
  if (other === null) return;
  await showCards(options.db, [
    { incidentId: row.incidentId, version: card.version, priority: row.priority as Priority, places: [other] },
  ]);
}

/** Sends one claimed line; a line whose outcome is not known is never repeated: a gap beats a double in a thread. */
export async function sendNote(options: SendOptions, surface: Surface, note: NoteRow, message: string): Promise<void> {
  const { db } = options;
  const { picture } = note;
  const shown = picture && { name: picture.name, alt: picture.alt, png: Buffer.from(picture.png, "base64") };
  try {
    const ref = refOf(surface, note, message);
    const sent = await (shown ? surface.note(ref, note.text, shown) : surface.note(ref, note.text));
    if (sent.outcome === "later") {
      options.gate.pause("post", note.channel, sent.afterMs);
      await noteLater(db, note.id, sent.afterMs);
    } else await noteDone(db, note.id, sent.outcome === "sent" ? null : "why" in sent ? sent.why : sent.outcome);
  } catch (error) {
    options.log.warn({ note: note.id, err: messageOf(error) }, "note not sent");
    await noteLater(db, note.id, backoff(note.attempts));
  }
}
