import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { loadConfig } from "../../../src/config.ts";
import { orders } from "../../../src/db/schema.ts";
import { type Foundation, type Undo, layFoundation } from "../../../src/desk/foundation.ts";
import { openKeyDoctor } from "../../../src/desk/key-doctor.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { planHash } from "../../../src/kernel/plan.ts";
import { statesNow } from "../../../src/policy/trading-state.ts";
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

const database = withDatabase();
let fake: FakeExchange;
let home: string;
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
  home = mkdtempSync(path.join(tmpdir(), "bw-desk-"));
  writeFileSync(path.join(home, "desk.yaml"), DESK);
  const [row] = await database().sql<{ name: string }[]>`select current_database() as name`;
  const shared = {
    BREAKWATER_HOME: home,
    BREAKWATER_DESK: path.join(home, "desk.yaml"),
    BREAKWATER_SEAL_KEY: SEAL_KEY,
    BREAKWATER_LOG: "silent",
  };
  signer = await keepSigner({
    command: [process.execPath, path.join(import.meta.dirname, "signer.mjs")],
    environment: {
      ...shared,
      PATH: process.env["PATH"] ?? "",
      MAIN_API_KEY: "planted-key",
      MAIN_API_SECRET: "planted-secret",
      FAKE_VENUE: fake.url,
    },
    clock: systemClock,
    log: silentLog,
  });
  const config = loadConfig({
    ...shared,
    BREAKWATER_SIGNER: path.join(home, "signer", "signer.sock"),
    DATABASE_URL: inject("postgresUrl").replace(/\/breakwater$/, `/${row?.name}`),
  });
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
  rmSync(home, { recursive: true, force: true });
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

test("a key that turned dangerous while the desk was down halts the account before anything is sent", async () => {
  fake.state().key = { withdraws: true, addresses: [] };
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
