import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { accountStates, orders } from "../../../src/db/schema.ts";
import type { AccountState } from "../../../src/kernel/account.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import { withDatabase } from "../../with-database.ts";
import { type TestDesk, freshPlan, testDesk } from "../control.ts";
import { BTC, order } from "../make.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
});
beforeEach(async () => {
  await database().db.delete(orders);
  await database().db.delete(accountStates);
});

const ago = (seconds: number) => sql`now() - ${seconds} * interval '1 second'` as unknown as Date;

/** A hedge of the account's bitcoin that could turn it round, approved. */
async function hedge(over: Partial<Plan> = {}) {
  const { hash, plan } = await desk.ask(
    freshPlan({
      orders: [order({ clientOrderId: `bw-second-${Math.random()}`, reduceOnly: false })],
      hedged: { asset: "BTC", held: "1", before: "1", after: "0" },
      ...over,
    }),
  );
  await desk.vote(hash, "ana");
  return { hash, plan };
}

/** An order of another plan in the account, some seconds after it was meant. */
const another = (over: Partial<typeof orders.$inferInsert> = {}) =>
  database()
    .db.insert(orders)
    .values({
      ...order({ clientOrderId: "bw-first", reduceOnly: false }),
      planHash: "0".repeat(64),
      leg: 0,
      venue: "paper",
      referencePrice: "50000",
      runId: "run-another",
      intendedAt: ago(3),
      state: "unknown",
      ...over,
    } as typeof orders.$inferInsert);

/** The account's figures as read some seconds ago, with the bitcoin still in them. */
const read = (seconds: number) => {
  const state = {
    account: "paper-a",
    at: new Date(Date.now() - seconds * 1_000),
    equityUsd: "100000",
    openOrders: [],
    balances: [],
    positions: [{ symbol: BTC, quantity: "1", delta: "1", notionalUsd: "50000" }],
  } as unknown as AccountState;
  return database()
    .db.insert(accountStates)
    .values({ account: "paper-a", state, at: ago(seconds), receivedAt: ago(seconds) });
};

const filled = (seconds: number) => ({ state: "filled" as const, filledQuantity: "1", endedAt: ago(seconds) });

test("two hedges of one exposure that were approved together are not both sent: the second waits for the account's figures", async () => {
  const { hash, plan } = await hedge();
  await another();
  expect(await desk.claim(hash, plan)).toMatchObject({
    claimed: false,
    code: "ACCOUNT_STALE",
    why: "order bw-first of another plan traded BTC in paper-a, and its figures may be older than that; ask again in a few seconds",
  });
});

test.each([
  ["filled a second ago, and the account was read before", filled(1), 3],
  ["filled as the account was being read", filled(1), 0],
  ["filled while the hedge was made, and the account was not read since", filled(8), 20],
])("nor where the first one %s", async (_, first, readAgo) => {
  await another(first);
  await read(readAgo);
  const { hash, plan } = await hedge();
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "ACCOUNT_STALE" });
});

test.each([
  ["filled, and the account was read since", { ...filled(6) }, 1],
  ["filled long before the hedge was made", { ...filled(60), intendedAt: ago(90) }, 120],
  ["came to nothing", { state: "cancelled" as const, endedAt: ago(1) }, 3],
  ["was refused", { state: "rejected" as const, endedAt: ago(1) }, 3],
  ["has been unknown for so long that its fills would show", { intendedAt: ago(90) }, 1],
  ["was of another coin", { symbol: "ETH/USDT:USDT" }, 1],
  ["was in another account", { account: "paper-b" }, 1],
  ["was an earlier step of the same run", { runId: "run-signed" }, 1],
])("a hedge is sent where the other order %s", async (_, first, readAgo) => {
  await another(first);
  await read(readAgo);
  const { hash, plan } = await hedge();
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
});

test("reduce-only orders alone are kept from doubling by their venue, and wait for nothing", async () => {
  await another();
  const { hash, plan } = await hedge({ orders: [order({ clientOrderId: `bw-reduce-${Math.random()}` })] });
  expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
});
