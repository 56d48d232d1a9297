import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { demoDesk } from "../../../src/commandline/demo-desk.ts";
import { loadConfig } from "../../../src/config.ts";
import { incidents } from "../../../src/db/schema.ts";
import { hashBuild, lastBuild } from "../../../src/desk/watch/build.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { type Program, startProgram } from "../../../src/main.ts";
import { append } from "../../../src/ledger/append.ts";
import { fileSink } from "../../../src/ledger/copies.ts";
import { writeMarker } from "../../../src/policy/freeze/halt-marker.ts";
import { freeze } from "../../../src/policy/freeze/trading-state.ts";
import { demoAccounts } from "../../../src/venues/paper/demo-accounts.ts";
import { openPaper } from "../../../src/venues/paper/exchange.ts";
import { buildPage } from "../../e2e/built-page.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const home = mkdtempSync(path.join(tmpdir(), "breakwater-restored-"));
const token = "other-programs-token-0123456789abcdef";
let program: Program;

const begin = (): Promise<Program> => {
  const { database: name } = database().sql.options;
  const config = loadConfig(
    {
      DATABASE_URL: inject("postgresUrl").replace(/\/breakwater$/, `/${name}`),
      BREAKWATER_HOME: home,
      BREAKWATER_HTTP: "127.0.0.1:0",
      BREAKWATER_API_TOKEN: token,
    },
    { text: demoDesk("calm", 1, 1), name: "test desk" },
  );
  return startProgram(config, {
    clock: systemClock,
    log: silentLog,
    operator: "ana",
    onLost: () => {},
    paper: async (folder) => {
      const paper = await openPaper({
        clock: systemClock,
        log: silentLog,
        seed: 1,
        storm: "calm",
        journalPath: path.join(folder, "paper-exchange.jsonl"),
      });
      await paper.seedAccounts(demoAccounts("calm", systemClock.now()));
      return paper;
    },
  });
};

const ask = (query: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }) =>
  fetch(`${program.url}/api/frozen${query}`, { headers });
const answer = async (scope: string) => (await ask(`?scope=${encodeURIComponent(scope)}`)).json();

beforeAll(async () => {
  buildPage();
  // The last start was of this version, and of other files.
  const { version, files } = await hashBuild();
  const build = { version, digest: "0".repeat(64), files };
  await database().db.transaction((tx) =>
    append(tx, { actor: "system", type: "program.hashed", object: "before", body: build }),
  );
  // Entries were signed and copied out that the database does not have: an older backup stands in its place.
  await fileSink(home).take([{ size: 5_000, root: "r", note: "n" }]);
  program = await begin();
}, 60_000);
afterAll(() => program?.stop());

describe("a desk on a restored backup", () => {
  test("starts halted and calls people with an alert of its own", async () => {
    const [found] = (await database().db.select().from(incidents)).filter((one) => one.kind === "ledger.restored");
    expect(found).toMatchObject({ severity: "critical", status: "open" });
    expect(found?.summary).toMatch(/5000 entries was signed.*\/unfreeze firm/);
    expect(await answer("firm")).toMatchObject({ scope: "firm", state: "halted", by: "system" });
  });

  test("answers for an account what holds for the whole firm", async () => {
    expect(await answer("account:paper-a")).toMatchObject({
      scope: "account:paper-a",
      state: "halted",
      reason: expect.stringMatching(/older copy was restored/),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
  });
});

test("a desk whose files are others than at its last start says so, and writes down which they are", async () => {
  const changed = async () =>
    (await database().db.select().from(incidents)).filter((one) => one.kind === "program.changed");
  await expect.poll(changed, { timeout: 10_000 }).toHaveLength(1);
  const [found] = await changed();
  // All on paper, and in a clone: whoever develops it builds it.
  expect(found).toMatchObject({ severity: "low", status: "open" });
  expect(found?.summary).toContain("They had the digest 0000000000000000");
  expect(await lastBuild(database().db)).toEqual(await hashBuild());
});

describe("another program that asks whether it may trade", () => {
  const write = (scope: string, state: "active" | "reducing", by: string) =>
    database().sql`insert into breakwater.trading_states (scope, state, set_by, reason, set_at)
      values (${scope}, ${state}, ${by}, 'odd fills', now())
      on conflict (scope) do update set state = excluded.state, set_by = excluded.set_by`;

  test("is refused without the token, whatever it shows instead", async () => {
    for (const headers of [
      {},
      { authorization: "Bearer" },
      { authorization: `Bearer ${token}x` },
      { authorization: `Basic ${token}` },
      { authorization: token },
      { cookie: `breakwater=${token}` },
    ])
      for (const query of ["?scope=firm", "", `?scope=firm&token=${token}`])
        expect((await ask(query, headers as Record<string, string>)).status).toBe(401);
    expect((await ask("?scope=firm", { authorization: "Bearer wrong" })).headers.get("www-authenticate")).toBe(
      "Bearer",
    );
    for (const suffix of ["/", "/x", ".json", "%2e"])
      expect((await fetch(`${program.url}/api/frozen${suffix}?scope=firm`)).status).not.toBe(200);
  });

  test("hears the strictest of firm, venue and account, and who set it", async () => {
    await write("firm", "active", "person:bo");
    expect(await answer("account:paper-a")).toEqual({
      scope: "account:paper-a",
      state: "active",
      by: null,
      reason: null,
      since: null,
    });
    await write("venue:paper", "reducing", "person:cy");
    expect(await answer("account:paper-a")).toMatchObject({ state: "reducing", by: "person:cy", reason: "odd fills" });
    expect(await answer("firm")).toMatchObject({ state: "active" });
    await database().db.transaction((tx) =>
      freeze(tx, { scope: "account:paper-a", state: "halted", by: "person:di", reason: "mine", planHash: null }),
    );
    expect(await answer("account:paper-a")).toMatchObject({ state: "halted", by: "person:di", reason: "mine" });
    expect(await answer("venue:paper")).toMatchObject({ state: "reducing" });
  });

  test("hears of the kill switch before the database does", async () => {
    writeMarker(home, { state: "halted", by: "person:ana", reason: "pulled", at: new Date().toISOString() });
    expect(await answer("account:paper-a")).toMatchObject({ state: "halted" });
    expect(await answer("venue:paper")).toMatchObject({ state: "halted", reason: "pulled" });
  });

  test.each([
    ["", 400],
    ["?scope=", 400],
    ["?scope=firm:x", 400],
    ["?scope=account:", 400],
    ["?scope=desk:x", 400],
    [`?scope=venue:${"x".repeat(500)}`, 400],
    ["?scope=account:nobody", 404],
  ])("gets a plain refusal for %s", async (query, status) => {
    expect((await ask(query)).status).toBe(status);
  });
});
