import { eq } from "drizzle-orm";
import { noteIncident } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import { incidents } from "../../db/schema.ts";
import type { Alert } from "../../kernel/alert.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";

/** Something that people asked for and did not get: a card that a channel refused, a page that reaches nobody. */
export interface Trouble {
  /** "card.refused" or "page.failed": the timeline's word and the alert's kind. */
  readonly kind: "card.refused" | "page.failed";
  /** The incident it concerns, where there is one. */
  readonly incident: string | null;
  /** One sentence for that incident's timeline. */
  readonly text: string;
  /** The condition itself: one for a channel or a pager, however many cards or pages it costs. */
  readonly alert: Omit<Alert, "source" | "trust" | "kind" | "status">;
}

/** Tells people of a trouble; returns at once and never throws. */
export type Tell = (trouble: Trouble) => void;

/**
 * Opens what makes trouble visible: a line in the timeline of the incident it concerns, and an alert of its own. What
 * went wrong while telling of such an alert only adds a line to it: trouble breeds no trouble.
 */
export function openTrouble(parts: {
  readonly database: Database;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly log: Log;
}): Tell {
  const { database, emit, log } = parts;
  const { db } = database;

  const tell = async (trouble: Trouble): Promise<void> => {
    const { kind, incident, text } = trouble;
    const [concerned] = incident === null ? [] : await db.select().from(incidents).where(eq(incidents.id, incident));
    if (concerned !== undefined)
      await db.transaction((tx) => noteIncident(tx, { incident: concerned.id, type: kind, actor: "system", text }));
    if (concerned?.kind === kind) return;
    await emit({ source: "supervisor", trust: "internal", kind, status: "firing", ...trouble.alert });
  };
  return (trouble) => {
    tell(trouble).catch((error: unknown) =>
      log.error({ kind: trouble.kind, incident: trouble.incident, err: messageOf(error) }, "trouble not told"),
    );
  };
}
