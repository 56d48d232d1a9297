import { type AddressInfo, createServer } from "node:net";
import { desc } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ChatUser } from "../../../src/chat/surface.ts";
import { ledger, linkCodes, links } from "../../../src/db/schema.ts";
import { openPasskeys } from "../../../src/desk/people/passkeys.ts";
import { type PeopleBook, openPeople } from "../../../src/desk/people/people.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { networksOf } from "../../../src/kernel/networks.ts";
import { makeRecoveryCodes } from "../../../src/policy/people/passkeys.ts";
import { recordLimited } from "../../../src/views/sessions.ts";
import { type TestConsole, openTestConsole } from "../../e2e/console-desk.ts";
import { testDesk } from "../../policy/control.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
const entries = async (): Promise<readonly string[]> =>
  (await database().db.select().from(ledger).orderBy(desc(ledger.seq)).limit(30)).map(
    (one) => `${one.actor} ${one.type}`,
  );

describe("guesses at a one-time token", () => {
  let desk: TestConsole;
  let proxied: TestConsole;
  // It stands still between the tries, however long the machine takes for them.
  const clock = fakeClock(new Date());
  beforeAll(async () => {
    const { db } = database();
    const onLimited = (door: string, address: string) => void recordLimited(db, door, address);
    desk = await openTestConsole(db, { clock, onLimited });
    const port = await freePort();
    proxied = await openTestConsole(db, {
      clock,
      onLimited,
      port,
      publicOrigin: `http://localhost:${port}`,
      proxies: networksOf(["127.0.0.1"]),
    });
  });
  afterAll(async () => {
    await desk.console.close();
    await proxied.console.close();
  });
  beforeEach(() => clock.advance(7_200_000));

  test("twenty wrong ones from an address, then it waits, whatever it sends; the ledger says so once", async () => {
    const guess = (token: string) => fetch(`${desk.console.url}/sign-in/${token}`);
    for (let tries = 0; tries < 20; tries += 1) expect((await guess(`wrong-${tries}`)).status).toBe(401);
    const good = await desk.signIn("ana");
    for (let tries = 0; tries < 5; tries += 1) {
      const waits = await fetch(good);
      expect([waits.status, waits.headers.get("retry-after"), waits.headers.get("set-cookie")]).toEqual([
        429,
        "5",
        null,
      ]);
    }
    const posted = await fetch(`${desk.console.url}/sign-in`, {
      method: "POST",
      headers: { origin: desk.console.url, "content-type": "application/x-www-form-urlencoded", accept: "text/html" },
      body: "token=wrong",
    });
    expect([posted.status, await posted.text()]).toEqual([429, expect.stringContaining("another way")]);
    await expect.poll(entries).toContain("system session.refused");
    expect((await entries()).filter((one) => one === "system session.refused")).toHaveLength(1);
    await clock.advance(5_000);
    expect((await fetch(good)).status).toBe(200);
  });

  test("behind a proxy a stranger at three in the morning shuts out nobody but himself", async () => {
    const from = (address: string, token: string) =>
      fetch(`${proxied.console.url}/sign-in/${token}`, {
        headers: { "x-forwarded-for": `10.9.8.7, ${address}` },
      });
    for (let tries = 0; tries < 40; tries += 1) await from("198.51.100.66", "wrong");
    expect((await from("198.51.100.66", "wrong")).status).toBe(429);
    const token = new URL(await proxied.signIn("ana")).searchParams.get("token") ?? "";
    expect((await from("198.51.100.7", token)).status).toBe(200);
  });
});

describe("guesses at a code", () => {
  const clock = fakeClock(new Date("2026-03-12T03:00:00Z"));
  const user: ChatUser = { surface: "slack", space: "T1", user: "U0NEW" };
  const person = (id: string) => ({ id, name: id, roles: ["trader" as const], surface: "console" });
  let asked: number;
  let book: PeopleBook;
  beforeEach(async () => {
    asked = 0;
    await database().db.delete(linkCodes);
    book = openPeople({
      people: { ana: { name: "Ana", roles: [] }, bo: { name: "Bo", roles: [] } },
      rolesOf: () => ["trader"],
      database: database(),
      standing: async () => {
        asked += 1;
        return "member";
      },
      clock,
    });
  });
  const codeOf = async (who: ChatUser): Promise<string> => /\d{8}/.exec((await book.offer(who)).text)?.[0] ?? "";

  test("of recovery: five a person, then one a minute, each in the ledger; another person is not hurt", async () => {
    const { control, wake } = testDesk(database());
    const nameOf = (id: string) => id;
    const keys = openPasskeys({ database: database(), control, wake, deskName: "Desk", nameOf, clock });
    const [code = ""] = await database().db.transaction((tx) => makeRecoveryCodes(tx, "ana"));
    const before = await entries();
    for (let tries = 0; tries < 5; tries += 1) expect((await keys.recover("ana", `aaaa-${tries}`)).ok).toBe(false);
    await expect(keys.recover("ana", code)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect((await entries()).filter((one) => one === "person:ana recovery.refused")).toHaveLength(5);
    expect(before).not.toContain("person:ana recovery.refused");
    expect((await keys.recover("bo", "bbbb")).ok).toBe(false);
    await clock.advance(60_000);
    expect((await keys.recover("ana", code)).ok).toBe(true);
  });

  test("of a link: five a person, then one a minute, each in the ledger, and the right one still counts after the wait", async () => {
    const code = await codeOf(user);
    for (let tries = 0; tries < 5; tries += 1)
      await expect(book.confirm(person("ana"), String(tries).padStart(8, "0"))).rejects.toMatchObject({
        code: "INPUT_INVALID",
      });
    await expect(book.confirm(person("ana"), code)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect((await entries()).filter((one) => one === "person:ana identity.refused")).toHaveLength(5);
    expect(await database().db.$count(links)).toBe(0);
    await clock.advance(60_000);
    expect(await book.confirm(person("ana"), code)).toBe(
      "The slack account U0NEW is linked to you; what it presses there counts as yours.",
    );
  });

  test("a chat account has one code at a time, so that a thousand of a stranger's meet nobody's typing error", async () => {
    const first = await codeOf(user);
    const second = await codeOf(user);
    await codeOf({ ...user, user: "U0OTHER" });
    expect(await database().db.$count(linkCodes)).toBe(2);
    await expect(book.confirm(person("bo"), first)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(await book.confirm(person("bo"), second)).toContain("U0NEW");
  });

  test("an account that asks for codes again and again waits, and the platform is not asked about it", async () => {
    const flood: ChatUser = { ...user, user: "U0FLOOD" };
    for (let tries = 0; tries < 5; tries += 1) expect((await book.offer(flood)).ok).toBe(true);
    await expect(book.offer(flood)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect(asked).toBe(5);
    expect((await book.offer({ ...user, user: "U0CALM" })).ok).toBe(true);
  });
});
