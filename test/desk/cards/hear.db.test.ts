import { expect, test, vi } from "vitest";
import { openHub } from "../../../src/chat/console/hub.ts";
import { announce } from "../../../src/db/changes.ts";
import { hearChanges } from "../../../src/desk/cards/hear.ts";
import { fakeClock, systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();

test("a changed incident is shown in the chats, unless its cards were asked for when it changed", async () => {
  const shown: string[] = [];
  const looked: string[] = [];
  const close = await hearChanges({
    database: database(),
    hub: openHub(systemClock),
    chat: { show: async (id, version) => void shown.push(`${id} v${version}`), catchUp: async () => {} },
    paging: { look: async (id) => void looked.push(id) },
    standing: { rolesOf: () => [], isOn: () => true, rotas: () => ({}), refresh: async () => {} },
    clock: systemClock,
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

test("cards that could not be asked for are asked for again until they are, and not once more", async () => {
  const clock = fakeClock(new Date("2026-11-26T10:00:00Z"));
  let fails = 1;
  let caughtUp = 0;
  let missed = 0;
  const close = await hearChanges({
    database: database(),
    hub: openHub(clock),
    chat: {
      show: async () => {
        missed += 1;
        throw new Error("the database was away");
      },
      catchUp: async () => {
        caughtUp += 1;
        if (caughtUp > 1 && fails > 0) {
          fails -= 1;
          throw new Error("still away");
        }
      },
    },
    paging: { look: async () => {} },
    standing: { rolesOf: () => [], isOn: () => true, rotas: () => ({}), refresh: async () => {} },
    clock,
    log: silentLog,
  });
  expect(caughtUp).toBe(1);
  await clock.advance(60_000);
  expect(caughtUp).toBe(1);
  await database().db.transaction((tx) => announce(tx, { type: "incident", id: "INC-1", version: 2, placed: false }));
  await vi.waitFor(() => expect(missed).toBe(1));
  await clock.advance(60_000);
  expect(caughtUp).toBe(3);
  await close();
});
