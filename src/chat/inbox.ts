import { eq, isNull, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { inbox } from "../db/schema.ts";
import type { Json } from "../kernel/canonical.ts";
import type { Log } from "../kernel/log.ts";
import type { Click, CommandCall, Inbound, Reply } from "./surface.ts";

type Event = Click | CommandCall;

/** Reads a stored event back; its instant was kept as text. */
const revive = (stored: Record<string, Json>): Event =>
  ({ ...stored, at: new Date(String(stored["at"])) }) as unknown as Event;

/**
 * Keeps every click and command before it is acknowledged, by delivery id: a redelivery gets the first one's answer and
 * has no effect of its own, and what a crash left half-judged is judged at the next start.
 */
export async function openInbox(options: {
  readonly db: Db;
  readonly handle: (event: Event) => Promise<Reply>;
  readonly complete: Inbound["complete"];
  readonly log: Log;
}): Promise<Inbound> {
  const { db, handle, log } = options;
  const running = new Map<string, Promise<Reply>>();

  const judge = (event: Event): Promise<Reply> => {
    const known = running.get(event.deliveryId);
    if (known) return known;
    const reply = handle(event)
      .then(async (answer) => {
        await db
          .update(inbox)
          .set({ reply: answer as unknown as Record<string, Json>, doneAt: sql`now()` })
          .where(eq(inbox.deliveryId, event.deliveryId));
        return answer;
      })
      .finally(() => running.delete(event.deliveryId));
    running.set(event.deliveryId, reply);
    return reply;
  };

  const left = await db.select().from(inbox).where(isNull(inbox.doneAt)).orderBy(inbox.receivedAt);
  for (const row of left) {
    log.info({ delivery: row.deliveryId }, "unfinished delivery judged again");
    await judge(revive(row.event));
  }

  return {
    complete: options.complete,
    async receive(event) {
      const inserted = await db
        .insert(inbox)
        .values({
          deliveryId: event.deliveryId,
          surface: event.user.surface,
          event: JSON.parse(JSON.stringify(event)) as Record<string, Json>,
        })
        .onConflictDoNothing()
        .returning({ id: inbox.deliveryId });
      if (inserted.length > 0) return { reply: judge(event) };
      const [row] = await db.select().from(inbox).where(eq(inbox.deliveryId, event.deliveryId));
      return { reply: row?.reply ? Promise.resolve(row.reply as unknown as Reply) : judge(event) };
    },
  };
}
