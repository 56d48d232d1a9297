import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { desc, eq } from "drizzle-orm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { checkpoints, ledger, orders } from "../../src/db/schema.ts";
import type { Account } from "../../src/kernel/account.ts";
import { type Clock, systemClock } from "../../src/kernel/clock.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Plan } from "../../src/kernel/plan.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { startCheckpoints } from "../../src/ledger/checkpoint.ts";
import { fileSink, readCopies } from "../../src/ledger/copies.ts";
import { makeNoteKey, openNoteKey } from "../../src/ledger/note.ts";
import type { Door } from "../../src/policy/perform.ts";
import type { Venue } from "../../src/venues/venue.ts";
import { type TestDesk, freshPlan, quotesNow, testDesk } from "./control.ts";
import { testDoor } from "./test-door.ts";
import { order } from "./make.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const home = mkdtempSync(path.join(tmpdir(), "breakwater-signed-"));
/** How many entries were signed, and copied outside, at the moment each order reached the venue. */
const reached: { signed: number; copied: number }[] = [];
let desk: TestDesk;
let door: Door;
let broken: DeskError | null = null;
/** What desk.yaml says of the account now. */
const accounts = new Map<string, Account>();

async function signed(): Promise<number> {
  const [row] = await database().db.select().from(checkpoints).orderBy(desc(checkpoints.size)).limit(1);
  return row?.size ?? 0;
}
async function entryOf(type: "plan.claimed" | "approval.decided", hash: string): Promise<number> {
  const rows = await database().db.select().from(ledger).where(eq(ledger.object, hash));
  return rows.find((row) => row.type === type)?.seq ?? 0;
}

/** A venue that refuses every order and writes down what was signed by then. */
const venue = {
  reader: { openOrders: async () => [], orderByClientId: async () => null },
  trader: {
    place: async () => {
      reached.push({ signed: await signed(), copied: readCopies(home).at(-1)?.size ?? 0 });
      return { outcome: "rejected", reason: "a test" } as const;
    },
    cancel: async () => "gone" as const,
  },
} as unknown as Venue;

beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
  // It stands still: nothing is signed but by the door.
  const still: Clock = { ...systemClock, every: () => () => {} };
  const made = startCheckpoints({
    db: database().db,
    key: openNoteKey("breakwater", new Secret(makeNoteKey())),
    sinks: [fileSink(home)],
    clock: still,
    log: silentLog,
  });
  door = testDoor(database(), desk, {
    accounts,
    venueOf: async () => venue,
    sign: async () => {
      if (broken !== null) throw broken;
      return made.now();
    },
  });
});
beforeEach(() => {
  reached.length = 0;
  broken = null;
  accounts.set("paper-a", { id: "paper-a", venue: "paper", environment: "paper" });
});

let serial = 0;
const large = (): Plan => {
  serial += 1;
  return freshPlan({
    orders: [order({ clientOrderId: `large-${serial}`, quantity: "25", notionalUsd: "1250000" })],
  });
};
const unfreeze = (): Plan =>
  freshPlan({
    action: "unfreeze",
    requestedBy: "person:cy",
    run: null,
    orders: [],
    collars: [],
    notionalUsd: "0",
    trading: { scope: "account:paper-a", state: "active" },
  });

async function approved(one: Plan, stepUp: boolean): Promise<string> {
  const { hash } = await desk.ask(one);
  for (const person of ["ana", "bo"])
    expect(await desk.vote(hash, person, "approve", { stepUp })).toMatchObject({ outcome: "recorded" });
  return hash;
}
const claim = (hash: string): ReturnType<Door["claim"]> => desk.within((tx) => door.claim(tx, hash, quotesNow()));

test("before an order of a plan above a million leaves, its approval and its claim are signed and copied outside", async () => {
  const hash = await approved(large(), true);
  expect(await claim(hash)).toEqual({ claimed: true });
  expect(await signed()).toBeLessThan(await entryOf("plan.claimed", hash));
  await door.carryOut(hash);
  const claimed = await entryOf("plan.claimed", hash);
  expect(claimed).toBeGreaterThan(0);
  expect(reached).toHaveLength(1);
  expect(reached[0]?.signed).toBeGreaterThanOrEqual(claimed);
  expect(reached[0]?.copied).toBe(reached[0]?.signed);
});

const LIVE: Account = { id: "paper-a", venue: "binanceusdm", environment: "live" };

test("a plan for an account on paper is not claimed once desk.yaml makes the account live", async () => {
  const { hash } = await desk.ask();
  await desk.vote(hash, "ana");
  accounts.set("paper-a", LIVE);
  const why =
    "the plan was made for paper-a at paper, paper, and the account is binanceusdm, live here; make a new plan";
  expect(await claim(hash)).toEqual({ claimed: false, why });
  const entries = await database().db.select().from(ledger).where(eq(ledger.object, hash));
  expect(entries.at(-1)).toMatchObject({ type: "plan.refused", body: expect.stringContaining("binanceusdm, live") });
});

test("nor is what was claimed sent, where it becomes so in between, or the account is gone", async () => {
  for (const change of [() => accounts.set("paper-a", LIVE), () => accounts.delete("paper-a")]) {
    accounts.set("paper-a", { id: "paper-a", venue: "paper", environment: "paper" });
    const { hash } = await desk.ask();
    await desk.vote(hash, "ana");
    expect(await claim(hash)).toEqual({ claimed: true });
    change();
    await door.carryOut(hash);
    const [row] = await database().db.select().from(orders).where(eq(orders.planHash, hash));
    expect(row?.reason).toMatch(/the account is (binanceusdm, live|none of this desk's) here/);
  }
  expect(reached).toEqual([]);
});

test("a small hedge waits for no signature", async () => {
  const { hash } = await desk.ask();
  await desk.vote(hash, "ana");
  const before = await signed();
  expect(await claim(hash)).toEqual({ claimed: true });
  await door.carryOut(hash);
  expect(reached).toEqual([{ signed: before, copied: before }]);
});

test("where the ledger cannot be signed, no order of a large plan leaves, and the orders say why", async () => {
  const hash = await approved(large(), true);
  expect(await claim(hash)).toEqual({ claimed: true });
  broken = new DeskError("LEDGER_BROKEN", "an entry after 3 is missing");
  expect(await door.carryOut(hash)).toMatchObject({ filled: 0, unknown: 0 });
  expect(reached).toEqual([]);
  const [row] = await database().db.select().from(orders).where(eq(orders.planHash, hash));
  expect(row).toMatchObject({ state: "not_placed" });
  const said = await database()
    .db.select()
    .from(ledger)
    .where(eq(ledger.object, row?.clientOrderId ?? ""));
  expect(said.map((one) => one.body).join("\n")).toMatch(/could not be signed before: an entry after 3 is missing/);
});

test("before a freeze is lifted, who agreed to that is signed; where it cannot be, the freeze stays", async () => {
  const hash = await approved(unfreeze(), false);
  broken = new DeskError("LEDGER_BROKEN", "an entry after 3 is missing");
  await expect(door.prices(hash)).rejects.toMatchObject({ code: "LEDGER_BROKEN" });
  broken = null;
  await door.prices(hash);
  const decided = await entryOf("approval.decided", hash);
  expect(decided).toBeGreaterThan(0);
  expect(await signed()).toBeGreaterThanOrEqual(decided);
  expect(await claim(hash)).toEqual({ claimed: true });
});
