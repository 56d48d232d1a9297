import type { PasskeySignIn } from "../../chat/console/passkey-sign-in.ts";
import type { Viewer } from "../../chat/console/viewer.ts";
import type { Database } from "../../db/client.ts";
import type { Log } from "../../kernel/log.ts";
import type { Control } from "../../policy/judging/gather.ts";
import { beginPasskeySignIn, readPasskeySignIn } from "../../policy/people/passkey-sign-in.ts";
import { openPasskeySession, recordRefusedPasskey } from "../../views/sessions.ts";
import { identityAt } from "./console-identity.ts";

/**
 * Opens sign-in by passkey: the key says who somebody is, desk.yaml what the person may do. A refused answer for a known
 * passkey stands in the ledger; one for a passkey of nobody only in the log, because anybody can send it.
 */
export function openPasskeySignIn(parts: {
  readonly database: Database;
  readonly control: Pick<Control, "seal">;
  /** Null for people whom desk.yaml does not name any more. */
  readonly viewerOf: (person: string) => Viewer | null;
  readonly deskName: string;
  readonly log: Log;
}): PasskeySignIn {
  const { database, control, viewerOf, deskName, log } = parts;
  return {
    begin: (origin) => database.db.transaction((tx) => beginPasskeySignIn(tx, control, identityAt(origin, deskName))),
    finish(origin, response) {
      const where = identityAt(origin, deskName);
      return database.db.transaction(async (tx) => {
        const touch = await readPasskeySignIn(tx, control, where, response);
        const viewer = touch.holds ? viewerOf(touch.person) : null;
        if (viewer) return openPasskeySession(tx, viewer);
        const why = touch.holds ? "nobody of this desk any more" : touch.why;
        log.warn({ event: "passkey.sign-in.refused", person: touch.person, why });
        if (touch.person !== null) await recordRefusedPasskey(tx, touch.person, why);
        return null;
      });
    },
  };
}
