import { expect, test, vi } from "vitest";
import { openHub } from "../../src/chat/console/hub.ts";
import { announce } from "../../src/db/changes.ts";
import { hearChanges } from "../../src/desk/hear.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();

test("a changed incident is shown in the chats, unless its cards were asked for when it changed", async () => {
  const shown: string[] = [];
  const looked: string[] = [];
  const close = await hearChanges({
    database: database(),
    hub: openHub(systemClock),
    chat: { show: async (id, version) => void shown.push(`${id} v${version}`) },
    paging: { look: async (id) => void looked.push(id) },
    standing: { rolesOf: () => [], isOn: () => true, refresh: async () => {} },
    log: silentLog,
  });
  await database().db.transaction(async (tx) => {
    await announce(tx, { type: "incident", id: "INC-1", version: 1, placed: true });
    await announce(tx, { type: "incident", id: "INC-2", version: 5, placed: false });
  });
  await vi.waitFor(() => expect(looked).toEqual(["INC-1", "INC-2"]));
  expect(shown).toEqual(["INC-2 v5"]);
  await close();
});
