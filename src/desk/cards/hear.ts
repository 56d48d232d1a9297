import type { Hub } from "../../chat/console/hub.ts";
import { listen } from "../../db/changes.ts";
import type { Database } from "../../db/client.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import type { Paging } from "../paging.ts";
import type { Standing } from "../standing.ts";
import type { Surfaces } from "./surfaces.ts";

/** Cards that could not be asked for are asked for again this often, until they are. */
const AGAIN_MS = 5_000;

/**
 * Brings what any replica changed to the pages, cards, pagers and standing of this one; resolves to the closer. A call
 * wakes and is not kept: what was changed while nobody listened, before the start or while the line was down, is looked
 * up.
 */
export async function hearChanges(parts: {
  readonly database: Database;
  readonly hub: Hub;
  readonly chat: Pick<Surfaces, "show" | "catchUp">;
  readonly paging: Pick<Paging, "look">;
  readonly standing: Standing;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<() => Promise<void>> {
  const { hub, chat, paging, standing } = parts;
  const warn = (what: string) => (error: unknown) => parts.log.warn({ err: error }, what);
  const refresh = (): void => void standing.refresh().catch(warn("rules not read anew"));
  let behind = true;
  const leftBehind = (error: unknown): void => {
    behind = true;
    warn("cards left as they were")(error);
  };
  const catchUp = async (): Promise<void> => {
    if (!behind) return;
    behind = false;
    await chat.catchUp().catch(leftBehind);
  };
  const unlisten = await listen(
    parts.database,
    (change) => {
      if (change.type === "incident") {
        hub.publish({ type: "card", incident: change.id, version: change.version });
        if (!change.placed) chat.show(change.id, change.version).catch(leftBehind);
        paging.look(change.id).catch(warn("page left to the sweep"));
      } else if (change.type === "account") hub.publish({ type: "account", account: change.id });
      else hub.publish({ type: "header" });
      if (change.type === "rules") refresh();
    },
    () => {
      refresh();
      hub.publish({ type: "all" });
      behind = true;
      void catchUp();
    },
  );
  const leave = parts.clock.every(AGAIN_MS, catchUp);
  await catchUp();
  return async () => {
    leave();
    await unlisten();
  };
}
