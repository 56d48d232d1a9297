import { execFile, execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { loadConfig } from "../../../src/config.ts";
import { orders } from "../../../src/db/schema.ts";
import { type Foundation, type Undo, layFoundation } from "../../../src/desk/foundation.ts";
import { openKeyDoctor } from "../../../src/desk/watch/key-doctor.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { planHash } from "../../../src/kernel/plan.ts";
import { statesNow } from "../../../src/policy/freeze/trading-state.ts";
import { type SignerChild, keepSigner } from "../../../src/signer/child.ts";
import { binanceusdm } from "../../fakes/exchanges/binanceusdm.ts";
import { type FakeExchange, type Route, openFake } from "../../fakes/exchanges/core.ts";
import { SEAL_KEY } from "../../signer/consents.ts";
import { withDatabase } from "../../with-database.ts";

const DESK = `
desk: { name: Harbour Desk }
people:
  ana: { name: Ana Ruiz, roles: [trader, operator] }
  ben: { name: Ben Okafor, roles: [risk] }
accounts:
  main: { venue: binanceusdm, environment: live, key: MAIN }
`;

/** Users without an account and without rights; desk and signer share a group, a stranger does not. Only root can be them. */
const IDS = { desk: [61_001, 61_010], signer: [61_002, 61_010], stranger: [61_003, 61_011] } as const;
type As = keyof typeof IDS;
const apart = process.getuid?.() === 0;
if (!apart)
  process.stderr.write(
    "not root: desk and signer run as one user here; what the desk's user and a stranger may not is skipped\n",
  );
const as = (who: As, command: readonly string[]): [string, ...string[]] => {
  const [uid, gid] = IDS[who];
  const user = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs"];
  const [program = "", ...more] = apart ? [...user, ...command] : command;
  return [program, ...more];
};
/** Makes a folder of this user's own. */
const folderOf = (who: As, folder: string, mode: number): string => {
  const [uid, gid] = IDS[who];
  mkdirSync(folder, { recursive: true });
  if (apart) chownSync(folder, uid, gid);
  chmodSync(folder, mode);
  return folder;
};

const database = withDatabase();
let fake: FakeExchange;
let top: string;
let home: string;
let socket: string;
/** The exchange key's two files, and the home of the signer. */
const KEYS = { MAIN_API_KEY: "planted-key", MAIN_API_SECRET: "planted-secret" } as const;
let keys: string;
let signerHome: string;
let shared: Record<string, string>;
let signer: SignerChild;
let base: Foundation;
const undo: Undo = [];
/** Whether the engine had been launched whenever the venue was asked about the key. */
const launched: Promise<boolean>[] = [];

/** A launched engine listens for its messages. */
const hasEngine = async (): Promise<boolean> => {
  const rows = await database().sql`
    select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen %dbos%'`;
  return rows.length > 0;
};

beforeAll(async () => {
  const restrictions = "GET /sapi/v1/account/apiRestrictions";
  const route = binanceusdm.routes[restrictions] as Route;
  fake = await openFake({
    ...binanceusdm,
    routes: {
      ...binanceusdm.routes,
      [restrictions]: {
        ...route,
        answer(params, state) {
          launched.push(hasEngine());
          return route.answer(params, state);
        },
      },
    },
  });
  top = mkdtempSync(path.join(tmpdir(), "bw-desk-"));
  chmodSync(top, 0o755);
  writeFileSync(path.join(top, "desk.yaml"), DESK);
  home = folderOf("desk", path.join(top, "desk"), 0o700);
  signerHome = folderOf("signer", path.join(top, "signer"), 0o700);
  // Anybody may enter the folder of the keys: their own mode must keep them.
  keys = folderOf("signer", path.join(top, "keys"), 0o755);
  for (const [name, text] of Object.entries(KEYS)) {
    writeFileSync(path.join(keys, name), text, { mode: 0o600 });
    if (apart) chownSync(path.join(keys, name), ...IDS.signer);
  }
  socket = path.join(folderOf("signer", path.join(top, "run"), 0o750), "signer.sock");
  const [row] = await database().sql<{ name: string }[]>`select current_database() as name`;
  const common = {
    BREAKWATER_DESK: path.join(top, "desk.yaml"),
    BREAKWATER_SEAL_KEY: SEAL_KEY,
    BREAKWATER_LOG: "silent",
    BREAKWATER_SIGNER: socket,
  };
  shared = {
    ...common,
    BREAKWATER_HOME: home,
    DATABASE_URL: inject("postgresUrl").replace(/\/breakwater$/, `/${row?.name}`),
  };
  signer = await keepSigner({
    command: as("signer", [process.execPath, path.join(import.meta.dirname, "signer.mjs"), "--group"]),
    environment: {
      ...common,
      BREAKWATER_HOME: signerHome,
      PATH: process.env["PATH"] ?? "",
      MAIN_API_KEY_FILE: path.join(keys, "MAIN_API_KEY"),
      MAIN_API_SECRET_FILE: path.join(keys, "MAIN_API_SECRET"),
      FAKE_VENUE: fake.url,
    },
    clock: systemClock,
    log: silentLog,
  });
  const config = loadConfig(shared);
  expect(await hasEngine()).toBe(false);
  base = await layFoundation({
    config,
    playbooks: [],
    paper: async () => null,
    onLost: () => undefined,
    paint: async () => new Uint8Array(),
    undo,
    clock: systemClock,
    log: silentLog,
  });
});
afterAll(async () => {
  for (const one of undo.toReversed()) await one();
  await signer.stop();
  await fake.close();
  rmSync(top, { recursive: true, force: true });
});

/** Plans, judges and claims a reduction, and sends it; what became of its orders. */
async function reduce(toRatio: string): Promise<readonly { state: string; reason: string | null }[]> {
  const plan = await base.door.draft(
    { action: "reduce", account: "main", toRatio: decimal<"ratio">(toRatio) },
    { requestedBy: "person:ana", incident: null, run: null, reason: "a test" },
  );
  if (plan === null) throw new Error("there was nothing to reduce");
  const prices = await base.door.pricesOf(plan);
  const hash = planHash(plan);
  const { db } = base.database;
  const judged = await db.transaction((tx) => base.door.propose(tx, plan, prices));
  if (judged.decision !== "allow") return [{ state: judged.decision, reason: judged.reasons.join("; ") }];
  expect(await db.transaction((tx) => base.door.claim(tx, hash, prices))).toEqual({ claimed: true });
  await base.door.carryOut(hash);
  return db.select({ state: orders.state, reason: orders.reason }).from(orders).where(eq(orders.planHash, hash));
}

test("the keys were looked at before the engine was launched and could take up what a crash left", async () => {
  expect(await Promise.all(launched)).toEqual([false]);
  await expect.poll(hasEngine).toBe(true);
});

test("an allowed reduction goes from the desk, which has no key, through the signer to the venue, once", async () => {
  expect(await reduce("0.145")).toMatchObject([{ state: "filled" }]);
  expect(fake.placingRequests()).toBe(1);
});

test("what somebody makes of the desk's rows to fool its sender does not leave the signer", async () => {
  const sender = await base.venues.venueOf("main");
  const consented = await reduce("0.14");
  expect(consented).toMatchObject([{ state: "filled" }]);
  expect(
    await sender.trader.place({
      account: "main",
      symbol: "BTC/USDT:USDT",
      side: "buy",
      quantity: decimal("100"),
      limitPrice: decimal("61000"),
      timeInForce: "IOC",
      reduceOnly: false,
      clientOrderId: "bw-attacker",
    }),
  ).toMatchObject({ outcome: "rejected", reason: expect.stringContaining("no consent") });
  expect(fake.taken("bw-attacker")).toBe(0);
});

describe.skipIf(!apart)("with a user of its own, the signer keeps from the desk's user", () => {
  /** What a command of this user came to: whether it worked, and what it printed. */
  const tried = (who: As, ...command: readonly string[]): { readonly worked: boolean; readonly said: string } => {
    const [program, ...more] = as(who, command);
    const done = spawnSync(program, more, { encoding: "utf8", timeout: 20_000 });
    return { worked: done.status === 0, said: `${done.stdout}${done.stderr}` };
  };
  const filesOf = (): readonly string[] =>
    readdirSync(signerHome, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => path.join(one.parentPath, one.name));
  const journal = (): string => path.join(signerHome, "signer/sent.jsonl");
  const pid = (): string => readFileSync(path.join(signerHome, "pid"), "utf8");

  test("the exchange key: its files, which the signer itself reads", () => {
    for (const [name, text] of Object.entries(KEYS)) {
      const file = path.join(keys, name);
      expect(tried("signer", "cat", file)).toEqual({ worked: true, said: text });
      for (const how of [["cat"], ["head", "-c", "1"], ["chmod", "0644"], ["rm"]])
        expect(tried("desk", ...how, file)).toEqual({ worked: false, said: expect.stringMatching(/permi/i) });
      expect(tried("desk", "ln", file, path.join(home, name)).worked).toBe(false);
    }
  });

  test("its journal of what it sent, and every other file of its home, for reading and for writing", async () => {
    const sent = await base.database.db.select({ id: orders.clientOrderId }).from(orders);
    const kept = readFileSync(journal(), "utf8");
    expect(sent.length).toBeGreaterThan(0);
    for (const { id } of sent) expect(kept).toContain(id);
    expect(tried("signer", "cat", journal())).toEqual({ worked: true, said: kept });
    expect(filesOf().length).toBeGreaterThan(1);
    for (const file of filesOf()) {
      expect(tried("desk", "cat", file).worked).toBe(false);
      expect(tried("desk", "sh", "-c", `echo '{}' >> '${file}'`).worked).toBe(false);
    }
    expect(tried("desk", "ls", signerHome).worked).toBe(false);
    expect(readFileSync(journal(), "utf8")).toBe(kept);
  });

  test("its process: environment, memory and life", () => {
    expect(tried("signer", "sh", "-c", `kill -0 ${pid()}`).worked).toBe(true);
    for (const part of ["environ", "maps", "mem", "fd/0"])
      expect(tried("desk", "head", "-c", "1", `/proc/${pid()}/${part}`).worked).toBe(false);
    expect(tried("desk", "sh", "-c", `kill -9 ${pid()}`).worked).toBe(false);
    expect(tried("desk", "rm", "-f", socket).worked).toBe(false);
    expect(statSync(socket).isSocket()).toBe(true);
  });

  test("and from what the desk's own program could say: a desk that is given the key's files starts without them", () => {
    const program = path.resolve(import.meta.dirname, "../../../bin/breakwater.js");
    const named = Object.keys(KEYS).map((name) => `${name}_FILE=${path.join(keys, name)}`);
    const given = Object.entries({ ...shared, PATH: process.env["PATH"] ?? "" }).filter(
      ([name]) => name !== "BREAKWATER_SIGNER",
    );
    const { worked, said } = tried(
      "desk",
      "env",
      "-i",
      ...given.map((one) => one.join("=")),
      ...named,
      process.execPath,
      program,
      "doctor",
    );
    expect(worked).toBe(false);
    expect(said).toMatch(/MAIN_API_KEY_FILE.*cannot be read/);
    expect(said).not.toContain("planted");
  });
});

test("a key that turned dangerous while the desk was down halts the account before anything is sent", async () => {
  fake.state().key = { withdraws: true, addresses: [], endsAt: null };
  await openKeyDoctor({
    database: base.database,
    accounts: [{ id: "main", venue: "binanceusdm", environment: "live" }],
    readerOf: async (id) => (await base.venues.venueOf(id)).reader,
    clock: systemClock,
    log: silentLog,
  });
  expect((await base.database.db.transaction((tx) => statesNow(tx)))["account:main"]).toBe("halted");
  const before = fake.placingRequests();
  expect(await reduce("0.12")).toMatchObject([{ state: "deny" }]);
  expect(fake.placingRequests()).toBe(before);
});

/** `breakwater ledger verify --venues` as this user, who has no exchange key, from a home of theirs. */
async function verifyAs(who: As, from = home): Promise<{ readonly code: number; readonly said: string }> {
  if (apart) execFileSync("chown", ["-R", IDS[who].join(":"), from]);
  const program = path.resolve(import.meta.dirname, "../../../bin/breakwater.js");
  const [command, ...more] = as(who, [process.execPath, program, "ledger", "verify", "--venues", "--json"]);
  return new Promise((resolve) => {
    const env = { ...shared, BREAKWATER_HOME: from, PATH: process.env["PATH"] ?? "" };
    execFile(command, more, { env, cwd: top }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), said: `${stdout}${stderr}` }),
    );
  });
}

describe("ledger verify --venues, without a key of its own,", () => {
  test("asks the venue through the signer, and every order is there", async () => {
    const { mode, uid } = statSync(socket);
    expect([mode & 0o777, uid]).toEqual([0o660, apart ? IDS.signer[0] : process.getuid?.()]);
    const placed = fake.placingRequests();
    expect(await verifyAs("desk")).toEqual({ code: 0, said: expect.stringMatching(/2 orders/) });
    expect(fake.placingRequests()).toBe(placed);
  }, 60_000);

  test("names an order that the venue tells of otherwise", async () => {
    const { sql } = database();
    const [row] = await sql<{ id: string; filled: string }[]>`
      select client_order_id as id, filled_quantity::text as filled from breakwater.orders limit 1`;
    await sql`update breakwater.orders set filled_quantity = 0.5 where client_order_id = ${row?.id ?? ""}`;
    const { code, said } = await verifyAs("desk");
    await sql`update breakwater.orders set filled_quantity = ${row?.filled ?? ""} where client_order_id = ${row?.id ?? ""}`;
    expect([code, said]).toEqual([1, expect.stringContaining("0.5 was filled by its row")]);
  }, 60_000);

  test.skipIf(!apart)(
    "a user outside the socket's group reaches no venue, and is told why",
    async () => {
      const own = folderOf("stranger", path.join(top, "stranger"), 0o700);
      expect(await verifyAs("stranger", own)).toEqual({
        code: 1,
        said: expect.stringContaining(`this user may not open ${socket}`),
      });
      expect((await verifyAs("desk")).code).toBe(0);
    },
    90_000,
  );

  test("where no signer answers it says so, and asks nobody", async () => {
    await signer.stop();
    expect(await verifyAs("desk")).toEqual({ code: 1, said: expect.stringContaining("no signer answers at") });
  }, 60_000);
});
