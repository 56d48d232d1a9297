import type { Hub } from "../chat/console/hub.ts";
import { listen } from "../db/changes.ts";
import type { Database } from "../db/client.ts";
import type { Log } from "../kernel/log.ts";
import type { Paging } from "./paging.ts";
import type { Standing } from "./standing.ts";
import type { Surfaces } from "./surfaces.ts";

/** Brings what any replica changed to the pages, cards, pagers and standing of this one; resolves to the closer. */
export function hearChanges(parts: {
  readonly database: Database;
  readonly hub: Hub;
  readonly chat: Pick<Surfaces, "show">;
  readonly paging: Pick<Paging, "look">;
  readonly standing: Standing;
  readonly log: Log;
}): Promise<() => Promise<void>> {
  const { hub, chat, paging, standing } = parts;
  const warn = (what: string) => (error: unknown) => parts.log.warn({ err: error }, what);
  const refresh = (): void => void standing.refresh().catch(warn("rules not read anew"));
  return listen(
    parts.database,
    (change) => {
      if (change.type === "incident") {
        hub.publish({ type: "card", incident: change.id, version: change.version });
        if (!change.placed) chat.show(change.id, change.version).catch(warn("card left as it was"));
        paging.look(change.id).catch(warn("page left to the sweep"));
      } else if (change.type === "account") hub.publish({ type: "account", account: change.id });
      else hub.publish({ type: "header" });
      if (change.type === "rules") refresh();
    },
    () => {
      refresh();
      hub.publish({ type: "all" });
    },
  );
}
