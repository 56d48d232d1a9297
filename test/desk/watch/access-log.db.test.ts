import { expect, test } from "vitest";
import { followAccess } from "../../../src/desk/watch/access-log.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { append } from "../../../src/ledger/append.ts";
import type { EntryType } from "../../../src/ledger/entries.ts";
import type { Access } from "../../../src/sources/feeds/access.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();

test("sign-ins and passkeys are heard from now on; a person who comes as never before is not known", async () => {
  const write = (person: string, type: EntryType, by = ""): Promise<unknown> =>
    database().db.transaction((tx) =>
      append(tx, { actor: `person:${person}`, type, object: "console", body: by === "" ? {} : { by } }),
    );
  await write("ana", "session.opened", "single sign-on of https://id.example");
  const heard: Access[] = [];
  const clock = fakeClock(new Date("2026-11-26T12:00:00Z"));
  const stop = await followAccess({ database: database(), onAccess: (one) => heard.push(one), clock, log: silentLog });
  const next = async (): Promise<string | undefined> => {
    const before = heard.length;
    await clock.advance(2_000);
    while (heard.length === before) await new Promise((resolve) => setImmediate(resolve));
    const one = heard.at(-1);
    return one && `${one.account} ${one.action} ${one.known ? "known" : "unknown"}`;
  };
  await write("ana", "session.opened", "single sign-on of https://id.example");
  expect(await next()).toBe("ana login known");
  await write("ana", "session.opened", "one-time token");
  expect(await next()).toBe("ana login unknown");
  await write("ben", "session.opened", "one-time token");
  expect(await next()).toBe("ben login known");
  await write("ana", "command.called");
  await write("ana", "passkey.confirmed");
  expect(await next()).toBe("ana key-created known");
  expect(heard).toHaveLength(4);
  expect(heard[3]?.strangerAt).toEqual(heard[1]?.at);
  expect([heard[0], heard[1], heard[2]].map((one) => one?.strangerAt)).toEqual([null, null, null]);
  stop();
});

test("after a restart it is still known when somebody last came as never before", async () => {
  const write = (type: EntryType, by = ""): Promise<unknown> =>
    database().db.transaction((tx) =>
      append(tx, { actor: "person:eva", type, object: "console", body: by === "" ? {} : { by } }),
    );
  await write("session.opened", "passkey");
  await write("session.opened", "one-time token");
  await write("session.opened", "passkey");
  const heard: Access[] = [];
  const clock = fakeClock(new Date("2026-11-26T12:00:00Z"));
  const stop = await followAccess({ database: database(), onAccess: (one) => heard.push(one), clock, log: silentLog });
  await write("passkey.confirmed");
  await clock.advance(2_000);
  await expect.poll(() => heard).toHaveLength(1);
  expect(heard[0]?.strangerAt).toBeInstanceOf(Date);
  stop();
});
