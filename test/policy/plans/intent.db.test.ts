import { eq } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { orders } from "../../../src/db/schema.ts";
import { append } from "../../../src/ledger/append.ts";
import { intentObjection } from "../../../src/policy/plans/intent.ts";
import { withDatabase } from "../../with-database.ts";
import { type TestDesk, testDesk } from "../control.ts";

const database = withDatabase();
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
});

async function intended(claim: boolean): Promise<{ id: string; hash: string }> {
  const { hash, plan } = await desk.ask();
  await desk.vote(hash, "ana");
  if (claim) expect(await desk.claim(hash, plan)).toMatchObject({ claimed: true });
  const id = plan.orders[0]?.clientOrderId ?? "";
  await database()
    .sql`insert into breakwater.orders (client_order_id, plan_hash, leg, run_id, venue, account, symbol, side, quantity, limit_price, time_in_force, reduce_only, notional_usd, reference_price)
    values (${id}, ${hash}, 0, ${plan.run}, 'paper', 'paper-a', 'BTC/USDT:USDT', 'sell', '1', '50000', 'IOC', true, '50000', '50000')`;
  return { id, hash };
}
async function objection(id: string): Promise<string | null> {
  const [row] = await database().db.select().from(orders).where(eq(orders.clientOrderId, id));
  return row === undefined ? "gone" : intentObjection(database().db, desk.control, row);
}

test("an order of a claimed plan may leave", async () => expect(await objection((await intended(true)).id)).toBeNull());

test.each([
  "quantity = 2",
  "limit_price = 49999",
  "side = 'buy'",
  "symbol = 'ETH/USDT:USDT'",
  "account = 'paper-b'",
  "venue = 'okx'",
  "time_in_force = 'GTC'",
  "reduce_only = false",
  "leg = 1",
  "plan_hash = repeat('1', 64)",
])("an order row changed by hand (%s) does not leave", async (change) => {
  const { id } = await intended(true);
  await database().sql.unsafe(`update breakwater.orders set ${change} where client_order_id = '${id}'`);
  expect(await objection(id)).toMatch(/by hand|not the one/);
});

test("a claim written into the database by hand, with its ledger entry, sends nothing", async () => {
  const { id, hash } = await intended(false);
  await database().sql`update breakwater.plans set state = 'claimed', claimed_at = now() where hash = ${hash}`;
  expect(await objection(id)).toBe("its plan was never claimed by this desk");
  await desk.within((tx) =>
    append(tx, {
      actor: "person:eve",
      type: "plan.claimed",
      object: hash,
      body: { claimedAt: new Date().toISOString(), approvedBy: ["ana"], seal: "f".repeat(64) },
    }),
  );
  expect(await objection(id)).toBe("its plan was never claimed by this desk");
});

test("a claim's seal is good for its own plan only", async () => {
  const [real, forged] = [await intended(true), await intended(false)];
  const [entry] = await database().sql<
    { body: string }[]
  >`select body from breakwater.ledger where type = 'plan.claimed' and object = ${real.hash}`;
  await database().sql`update breakwater.plans set state = 'claimed', claimed_at = now() where hash = ${forged.hash}`;
  await desk.within((tx) =>
    append(tx, {
      actor: "person:eve",
      type: "plan.claimed",
      object: forged.hash,
      body: JSON.parse(entry?.body ?? "{}") as Record<string, string>,
    }),
  );
  expect(await objection(forged.id)).toBe("its plan was never claimed by this desk");
});
