import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eq } from "drizzle-orm";
import { accountStates, orders } from "../../../src/db/schema.ts";
import type { AccountState } from "../../../src/kernel/account.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { type Clock, systemClock } from "../../../src/kernel/clock.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import type { Fill, VenueOrder } from "../../../src/kernel/order.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import type { ActionRequest } from "../../../src/kernel/request.ts";
import { append } from "../../../src/ledger/append.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import type { Door } from "../../../src/policy/perform.ts";
import { usageOf } from "../../../src/policy/judging/usage.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { withDatabase } from "../../with-database.ts";
import settleOrderPlaybook from "../../../playbooks/settle-order.ts";
import { WAKE } from "../../../src/engine/steps.ts";
import { begin, launch, over } from "../../engine/harness.ts";
import { SEAL, type TestDesk, beginRun, freshPlan, quotesNow, testDesk } from "../control.ts";
import { testDoor } from "../test-door.ts";
import { BTC, order } from "../make.ts";

const database = withDatabase();
const ACCOUNT = "deribit-main";
let desk: TestDesk;
let door: Door;
let engine: Awaited<ReturnType<typeof launch>> | undefined;
const told: Alert[] = [];

/** Deribit as the desk sees it: it loses the answer to every order, and shows only what a test puts there. */
const shown = new Map<string, VenueOrder>();
const fills: Fill[] = [];
let held = "5";
const venue = {
  reader: {
    orderByClientId: async (_account: string, _symbol: string, id: string) => shown.get(id) ?? null,
    account: async () => ({ positions: [{ symbol: BTC, quantity: held }] }),
    fills: async (_account: string, since: Date) => fills.filter((one) => one.at >= since),
  },
  trader: { place: async () => ({ outcome: "unknown", reason: "the connection was lost" }) as const },
} as unknown as Venue;

/** Sleeping moves it at once, so that an order is followed to its end without waiting. */
let aheadMs = 0;
const clock: Clock = {
  ...systemClock,
  now: () => new Date(Date.now() + aheadMs),
  sleep: async (ms) => void (aheadMs += ms),
};

beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
  await desk.within((tx) =>
    beginRun(tx, { id: "run-settle", playbook: "settle-order", requestedBy: "person:ana", incidentId: "INC-2" }),
  );
  await database()
    .db.insert(accountStates)
    .values({
      account: ACCOUNT,
      at: new Date(),
      state: {
        equityUsd: "1000000",
        positions: [{ symbol: BTC, quantity: "5", notionalUsd: "250000" }],
        openOrders: [],
      } as unknown as AccountState,
    });
  door = testDoor(database(), desk, {
    accounts: new Map([[ACCOUNT, { id: ACCOUNT, venue: "deribit", environment: "paper" }]]),
    venueOf: async () => venue,
    clock,
    wake: async (tx, run, id) => engine?.durable.wake(tx, run, WAKE, id),
  });
});
afterAll(() => engine?.durable.stop());
beforeEach(() => {
  told.length = 0;
  fills.length = 0;
  held = "5";
});

/** Sends a sell of two contracts whose answer is lost, and ends its plan; resolves to the order's id. */
async function lostOrder(): Promise<string> {
  aheadMs = 0;
  const id = `lost-${process.pid}-${shown.size}-${Math.random().toString(36).slice(2, 8)}`;
  const leg = order({ account: ACCOUNT, clientOrderId: id, quantity: "2", notionalUsd: "100000" });
  const { hash } = await desk.ask(freshPlan({ account: ACCOUNT, venue: "deribit", orders: [leg] }));
  await desk.vote(hash, "cy");
  expect(await desk.within((tx) => door.claim(tx, hash, quotesNow()))).toEqual({ claimed: true });
  const result = await door.carryOut(hash);
  expect(result).toMatchObject({ orders: 1, unknown: 1 });
  await desk.within((tx) => door.ended(tx, hash, result));
  return id;
}

const rowOf = async (id: string) =>
  (await database().db.select().from(orders).where(eq(orders.clientOrderId, id)))[0] as typeof orders.$inferSelect;
const spentUsd = async (): Promise<number> =>
  Number((await desk.within((tx) => usageOf(tx, ["firm"])))["firm"]?.["24h"].notionalUsd);
const verify = () => verifyLedger(database().sql, { seal: SEAL });
const look = () => door.settle(async (alert) => void told.push(alert));

type Declared = Partial<Extract<ActionRequest, { action: "settle" }>>;
const draft = (id: string, over: Declared = {}): Promise<Plan | null> =>
  door.draft(
    {
      action: "settle",
      order: id,
      outcome: "not-sent",
      reason: "Deribit's own page shows neither order nor fill",
      ...over,
    },
    { requestedBy: "playbook:settle-order@1", incident: null, run: "run-settle", reason: "playbook settle-order" },
  );

/** Plans and asks; resolves to the plan's hash. */
async function asked(id: string, over: Declared = {}): Promise<{ readonly hash: string; readonly plan: Plan }> {
  const plan = (await draft(id, over)) as Plan;
  const { hash } = await desk.ask(plan);
  return { hash, plan };
}
async function settled(id: string, over: Declared = {}): Promise<Plan> {
  const { hash, plan } = await asked(id, over);
  expect(await desk.vote(hash, "bo")).toMatchObject({ outcome: "recorded" });
  expect(await desk.within((tx) => door.claim(tx, hash, {}))).toEqual({ claimed: true });
  const result = await door.carryOut(hash);
  await desk.within((tx) => door.ended(tx, hash, result));
  return plan;
}

describe("an order that Deribit neither takes nor refuses, and shows nowhere,", () => {
  test("counts as filled until two people say that it was not sent, and then no more", async () => {
    const before = await spentUsd();
    const id = await lostOrder();
    expect(await rowOf(id)).toMatchObject({ state: "unknown", positionBefore: "5" });
    expect((await rowOf(id)).lookUps).toBeGreaterThan(5);
    expect(await spentUsd()).toBe(before + 100_000);
    const plan = await settled(id);
    expect(plan.changes.map((one) => `${one.label}: ${one.before} -> ${one.after}`)).toEqual([
      expect.stringMatching(/^Order .*: unknown, sent .* UTC -> not placed$/),
      expect.stringMatching(/^Look-ups that found nothing: none -> \d+, the last at .* UTC$/),
      `Position in ${BTC}, contracts: 5 when it was sent -> 5 now; a whole fill alone would make 3`,
      `Fills in ${BTC} on this side since it was sent: none -> none`,
    ]);
    expect(await rowOf(id)).toMatchObject({ state: "not_placed", settledBy: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await spentUsd()).toBe(before);
    expect(await verify()).toMatchObject({ ok: true, findings: [] });
  });

  test("or that it was filled, in part, at a price that they read at the venue", async () => {
    const before = await spentUsd();
    const id = await lostOrder();
    held = "4";
    const plan = await settled(id, { outcome: "filled", quantity: "1", price: "50010" });
    expect(plan.changes[0]?.after).toBe("filled 1 of 2 at 50010");
    expect(await rowOf(id)).toMatchObject({ state: "cancelled", filledQuantity: "1", averagePrice: "50010" });
    expect(await spentUsd()).toBe(before + 50_000);
    expect(await verify()).toMatchObject({ ok: true, findings: [] });
  });

  test("is settled by nobody alone: neither by who asks, nor by a trader, nor without an answer", async () => {
    const id = await lostOrder();
    const { hash } = await asked(id);
    expect(await desk.vote(hash, "ana")).toMatchObject({ outcome: "not-allowed" });
    const claimed = () => desk.within((tx) => door.claim(tx, hash, {}));
    expect(await claimed()).toMatchObject({ claimed: false });
    await desk.vote(hash, "cy");
    expect(await claimed()).toMatchObject({ claimed: false });
    expect((await rowOf(id)).state).toBe("unknown");
    await desk.vote(hash, "bo");
    expect(await claimed()).toEqual({ claimed: true });
  });

  test("is settled while the firm is frozen too: nothing is sent by it", async () => {
    const id = await lostOrder();
    await database()
      .sql`insert into breakwater.trading_states (scope, state, set_by, reason) values ('firm', 'halted', 'x', 'y')`;
    const plan = (await draft(id)) as Plan;
    expect(await desk.propose(plan)).toMatchObject({ outcome: "quorum" });
    await database().sql`delete from breakwater.trading_states`;
  });

  test("is not settled once the venue told of it while people decided", async () => {
    const id = await lostOrder();
    const { hash } = await asked(id);
    await desk.vote(hash, "bo");
    shown.set(id, venueOrder(id, { state: "filled", filledQuantity: "2", averagePrice: "50000" }));
    await look();
    expect(await desk.within((tx) => door.claim(tx, hash, {}))).toEqual({
      claimed: false,
      why: `order ${id} is filled by now: the venue told of it, or others settled it`,
    });
    expect(await rowOf(id)).toMatchObject({ state: "filled", settledBy: null });
  });

  test("calls people after twenty look-ups, and says what they can do", async () => {
    const id = await lostOrder();
    await database().db.update(orders).set({ lookUps: 19 }).where(eq(orders.clientOrderId, id));
    await look();
    await look();
    expect(told.filter((one) => one.labels["order"] === id)).toMatchObject([
      { kind: "order.unknown", severity: "high", summary: expect.stringContaining(`/settle ${id}`) },
    ]);
  });
});

const venueOrder = (id: string, over: Partial<Record<keyof VenueOrder, unknown>> = {}): VenueOrder =>
  ({
    venueOrderId: `v-${id}`,
    clientOrderId: id,
    symbol: BTC,
    side: "sell",
    quantity: "2",
    limitPrice: "50000",
    reduceOnly: true,
    state: "working",
    filledQuantity: "0",
    averagePrice: null,
    feeUsd: null,
    updatedAt: new Date(),
    ...over,
  }) as VenueOrder;

describe("what nobody may declare", () => {
  test.each<[string, Declared, RegExp]>([
    ["more than was asked for", { outcome: "filled", quantity: "2.5" }, /for 2 contracts and cannot have filled 2.5/],
    ["nothing filled", { outcome: "filled", quantity: "0" }, /plain decimal above 0/],
    ["a fill of what was not sent", { quantity: "1" }, /neither quantity nor price/],
    ["anything without a reason", { reason: "so" }, /say why/],
    ["an order that there is not", { order: "bw-none" }, /there is no order bw-none/],
  ])("%s", async (_, over, why) => {
    const id = await lostOrder();
    await expect(draft(id, over)).rejects.toThrow(why);
  });

  test("an order that the venue may still show, one that it shows, and one whose end is known", async () => {
    const id = await lostOrder();
    const ahead = aheadMs;
    aheadMs = 0;
    await expect(draft(id)).rejects.toThrow(/may still show/);
    aheadMs = ahead;
    shown.set(id, venueOrder(id));
    await expect(draft(id)).rejects.toThrow(/knows order .* after all \(working\)/);
    shown.set(id, venueOrder(id, { state: "cancelled" }));
    await look();
    await expect(draft(id)).rejects.toThrow(/is cancelled; only an order/);
  });
});

describe("an order that turns up after people settled it", () => {
  const later = (id: string) =>
    database()
      .sql`update breakwater.orders set looked_up_at = now() - interval '6 minutes' where client_order_id = ${id}`;

  test("is an incident, and the venue's word stands and counts from then on", async () => {
    const before = await spentUsd();
    const id = await lostOrder();
    await settled(id);
    await later(id);
    shown.set(id, venueOrder(id, { state: "filled", filledQuantity: "2", averagePrice: "50000" }));
    await look();
    expect(told.filter((one) => one.labels["order"] === id)).toMatchObject([
      { kind: "order.contradicted", severity: "critical", title: expect.stringContaining("settled as not placed") },
    ]);
    expect(await rowOf(id)).toMatchObject({ state: "filled", venueOrderId: `v-${id}` });
    expect(await spentUsd()).toBe(before + 100_000);
    expect(await verify()).toMatchObject({ ok: true, findings: [] });
    await later(id);
    await look();
    expect(told.filter((one) => one.labels["order"] === id)).toHaveLength(1);
  });

  test("is none where it says what people said", async () => {
    const id = await lostOrder();
    await settled(id, { outcome: "filled" });
    await later(id);
    shown.set(id, venueOrder(id, { state: "filled", filledQuantity: "2", averagePrice: "50001" }));
    await look();
    expect(told.filter((one) => one.labels["order"] === id)).toEqual([]);
    expect(await rowOf(id)).toMatchObject({ state: "filled", averagePrice: "50001", venueOrderId: `v-${id}` });
  });
});

describe("ledger verify names a settlement that people did not make:", () => {
  /** Writes what an owner of the database can: the row, and an entry with the right hash. */
  async function forge(id: string, body: Record<string, string | null | string[]>): Promise<readonly string[]> {
    const settledBy = typeof body["settledBy"] === "string" ? body["settledBy"] : null;
    const kept = await rowOf(id);
    await desk.within(async (tx) => {
      await tx
        .update(orders)
        .set({ state: "not_placed", settledBy, reason: "forged" })
        .where(eq(orders.clientOrderId, id));
      await append(tx, { actor: "service:orders", type: "order.outcome", object: id, body });
    });
    const { findings } = await verify();
    // The forged entry stays in the chain; what is asked here is only whether this one order is named.
    expect(kept.state).not.toBe("not_placed");
    return findings.filter((one) => one.where === `orders ${id}`).map((one) => one.why);
  }
  const BODY = { state: "not_placed", filledQuantity: "0", averagePrice: null, reason: "forged", approvedBy: ["bo"] };

  test("one that names no plan, at a venue whose silence proves nothing", async () => {
    const id = await lostOrder();
    expect(await forge(id, { state: "not_placed", reason: "deribit knows no order with this id" })).toEqual([
      expect.stringContaining("whose silence proves nothing"),
    ]);
  });
  test("one that names a plan which does not exist", async () => {
    const id = await lostOrder();
    expect(await forge(id, { ...BODY, settledBy: "0".repeat(64) })).toEqual([expect.stringContaining("people's word")]);
  });
  test("one that names the plan by which another order was settled", async () => {
    const other = await lostOrder();
    await settled(other);
    const id = await lostOrder();
    expect(await forge(id, { ...BODY, settledBy: (await rowOf(other)).settledBy ?? "" })).toEqual([
      expect.stringContaining("people's word"),
    ]);
  });
  test("one that names its own plan before anybody approved it", async () => {
    const id = await lostOrder();
    const { hash } = await asked(id);
    expect(await forge(id, { ...BODY, settledBy: hash })).toEqual([expect.stringContaining("people's word")]);
  });
  test("and figures of the position that somebody changed to mislead who approves", async () => {
    const id = await lostOrder();
    await database().sql`update breakwater.orders set position_before = 3 where client_order_id = ${id}`;
    expect((await verify()).findings).toContainEqual({
      where: `orders ${id}`,
      why: expect.stringContaining("held when the order was sent"),
    });
    await database().sql`update breakwater.orders set position_before = 5 where client_order_id = ${id}`;
  });
});

test("what /settle starts asks on its card, waits, and ends with what was written down", async () => {
  const id = await lostOrder();
  engine = await launch(database(), [settleOrderPlaybook as never], door);
  const input = { order: id, outcome: "not-sent", reason: "neither order nor fill on Deribit's page" };
  const { run } = await begin(database(), engine.runs, "settle-order", input);
  const waiting = () =>
    database().sql<{ hash: string }[]>`
      select p.hash from breakwater.plans p join breakwater.approvals a on a.plan_hash = p.hash
      where p.run_id = ${run} and a.state = 'pending'`;
  await expect.poll(async () => (await waiting()).length, { timeout: 20_000 }).toBe(1);
  const [{ hash } = { hash: "" }] = await waiting();
  await door.vote({ person: { id: "bo", surface: "console" }, plan: hash, decision: "approve", reason: null });
  expect(await over(database(), run)).toMatchObject({ state: "done", outcome: `order ${id} is not placed` });
  expect(await rowOf(id)).toMatchObject({ state: "not_placed", settledBy: hash });
}, 30_000);

test("amounts are decimals of the plan, never floats", async () => {
  const id = await lostOrder();
  const plan = (await draft(id, { outcome: "filled", quantity: "1.50", price: "50000.10" })) as Plan;
  expect(plan.settlement).toEqual({
    clientOrderId: id,
    state: "cancelled",
    filledQuantity: decimal("1.5"),
    averagePrice: decimal("50000.1"),
  });
});
