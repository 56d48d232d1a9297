import { desc, eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ledger, orders, plans, runs } from "../../src/db/schema.ts";
import { type Clock, systemClock } from "../../src/kernel/clock.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import type { PlaceOutcome, VenueOrder } from "../../src/kernel/order.ts";
import type { Plan } from "../../src/kernel/plan.ts";
import type { Door } from "../../src/policy/perform.ts";
import { freeze, unfreeze } from "../../src/policy/freeze/trading-state.ts";
import type { Venue } from "../../src/venues/venue.ts";
import { withDatabase } from "../with-database.ts";
import { type TestDesk, beginRun, freshPlan, quotesNow, testDesk } from "./control.ts";
import { testDoor } from "./test-door.ts";
import { order } from "./make.ts";

const database = withDatabase();
let desk: TestDesk;
let door: Door;
/** Ids of the orders that reached the venue. */
const reached: string[] = [];
let answer: PlaceOutcome;
/** What the venue says when it is asked for an order. */
let word: (id: string) => VenueOrder | null;
/** Sleeping moves the desk's clock at once, the database's goes on as ever. */
let aheadMs = 0;
/** What the desk's clock jumps between two looks, as on a machine that was paused. */
let pauseMs = 0;
const clock: Clock = {
  ...systemClock,
  now: () => new Date(Date.now() + (aheadMs += pauseMs)),
  sleep: async (ms) => void (aheadMs += ms),
};
const venue = {
  reader: {
    openOrders: async () => [],
    orderByClientId: async (_account: string, _symbol: string, id: string) => word(id),
  },
  trader: {
    place: async ({ clientOrderId }: { clientOrderId: string }) => {
      reached.push(clientOrderId);
      return answer;
    },
    cancel: async () => "gone" as const,
  },
} as unknown as Venue;
const filled = (id: string): VenueOrder =>
  ({
    ...order({ clientOrderId: id }),
    venueOrderId: `v-${id}`,
    state: "filled",
    filledQuantity: "1",
    averagePrice: "50000",
    feeUsd: null,
    updatedAt: new Date(),
  }) as unknown as VenueOrder;
const LOST: PlaceOutcome = { outcome: "unknown", reason: "the connection was lost" };

beforeAll(async () => {
  desk = testDesk(database());
  await desk.publish();
  door = testDoor(database(), desk, {
    accounts: new Map([["paper-a", { id: "paper-a", venue: "paper", environment: "paper" as const }]]),
    venueOf: async () => venue,
    clock,
  });
});
beforeEach(() => {
  reached.length = 0;
  [aheadMs, pauseMs] = [0, 0];
  answer = LOST;
  word = filled;
});

async function claimed(one: Plan = freshPlan()): Promise<{ readonly hash: string; readonly ids: readonly string[] }> {
  const { hash } = await desk.ask(one);
  await desk.vote(hash, "ana");
  expect(await desk.within((tx) => door.claim(tx, hash, quotesNow()))).toEqual({ claimed: true });
  return { hash, ids: one.orders.map((leg) => leg.clientOrderId) };
}
const legs = (hash: string) => database().db.select().from(orders).where(eq(orders.planHash, hash)).orderBy(orders.leg);
const twoLegs = (over: Partial<Plan> = {}): Plan => {
  const [first] = freshPlan().orders;
  return freshPlan({ orders: [first as never, order({ clientOrderId: `${first?.clientOrderId}-b` })], ...over });
};

test("an order that the venue refuses ends there: it is not looked up, not sent again, and the result says why", async () => {
  const { hash, ids } = await claimed(twoLegs());
  answer = { outcome: "rejected", reason: "margin is insufficient" };
  word = () => {
    throw new Error("a refused order was looked up");
  };
  expect(await door.carryOut(hash)).toMatchObject({
    filled: 0,
    unknown: 0,
    summary: "0 of 2 orders filled, 2 refused by paper (margin is insufficient)",
  });
  expect(reached).toEqual(ids);
  expect(await legs(hash)).toMatchObject([
    { state: "rejected", reason: "margin is insufficient" },
    { state: "rejected", reason: "margin is insufficient" },
  ]);
  await door.carryOut(hash);
  expect(reached).toEqual(ids);
});

describe("what was claimed and has not left does not leave any more", () => {
  test("once the plan's time is over, as after a process that was down for hours", async () => {
    const { hash } = await claimed(freshPlan({ expiresAt: new Date(Date.now() + 1_500).toISOString() }));
    await database().db.execute(sql`select pg_sleep(1.6)`);
    expect(await door.carryOut(hash)).toMatchObject({ filled: 0, unknown: 0 });
    expect(reached).toEqual([]);
    expect(await legs(hash)).toMatchObject([
      { state: "not_placed", reason: expect.stringContaining("could be sent until") },
    ]);
  });

  test.each([["playbook:margin-breach"], ["person:gus"], ["account:paper-a"]])(
    "once %s is frozen, be it the playbook or the person who began it",
    async (scope) => {
      const run = `run-${scope}`;
      await desk.within((tx) => beginRun(tx, { id: run, requestedBy: "person:gus" }));
      const { hash } = await claimed(freshPlan({ run }));
      await desk.within((tx) =>
        freeze(tx, { scope, state: "halted", by: "person:bo", reason: "stop", planHash: null }),
      );
      await door.carryOut(hash);
      expect(reached).toEqual([]);
      expect(await legs(hash)).toMatchObject([{ state: "not_placed", reason: expect.stringContaining(scope) }]);
      await desk.within((tx) =>
        unfreeze(tx, { scope, state: "active", by: "person:bo", reason: "over", planHash: "x" }),
      );
    },
  );

  test("once its run was cancelled; what had left is followed to its end", async () => {
    const { hash, ids } = await claimed(twoLegs());
    const why = "the run was cancelled before the order was sent";
    const result = await door.carryOut(hash, async () => (reached.length > 0 ? why : null));
    expect(reached).toEqual([ids[0]]);
    expect(result).toMatchObject({ filled: 1, unknown: 0, summary: expect.stringContaining(`1 not placed (${why})`) });
    expect(await legs(hash)).toMatchObject([{ state: "filled" }, { state: "not_placed", reason: why }]);
  });

  test("by a sender that stood still after the mark, whose order another may have proved absent meanwhile", async () => {
    const { hash } = await claimed();
    [pauseMs, word] = [60_000, () => null];
    expect(await door.carryOut(hash)).toMatchObject({ unknown: 1 });
    expect(reached).toEqual([]);
  });
});

describe("an order whose answer was lost", () => {
  test("is not held for absent by a question that was put too early, however late its answer is read", async () => {
    const { hash, ids } = await claimed();
    let asked = 0;
    word = (id) => {
      asked += 1;
      aheadMs += 60_000;
      return asked < 2 ? null : filled(id);
    };
    expect(await door.carryOut(hash)).toMatchObject({ unknown: 1 });
    expect(await legs(hash)).toMatchObject([{ clientOrderId: ids[0], state: "unknown" }]);
    await desk.within(async (tx) => door.ended(tx, hash, await door.carryOut(hash)));
    expect(await legs(hash)).toMatchObject([{ state: "filled" }]);
  });

  test("is looked for again after an answer that makes no sense", async () => {
    const { hash } = await claimed();
    let asked = 0;
    word = (id) => {
      asked += 1;
      if (asked === 1) throw new DeskError("VENUE_ANSWER_INVALID", "two orders bear this id");
      return filled(id);
    };
    expect(await door.carryOut(hash)).toMatchObject({ filled: 1 });
  });

  test("does not make its plan a failed one", async () => {
    const { hash } = await claimed();
    word = () => null;
    const result = await door.carryOut(hash);
    await desk.within((tx) => door.ended(tx, hash, result));
    expect(await database().db.select().from(plans).where(eq(plans.hash, hash))).toMatchObject([{ state: "applied" }]);
  });

  test("is taken at the venue's word even after it was held for absent", async () => {
    const { hash, ids } = await claimed();
    word = () => null;
    answer = { outcome: "accepted", order: filled(ids[0] ?? "") };
    // Another replica proves it absent while the first one's request is under way.
    const place = venue.trader.place;
    venue.trader.place = async (asked, ...rest) => {
      await database()
        .db.update(orders)
        .set({ state: "not_placed", endedAt: sql`now()` })
        .where(eq(orders.planHash, hash));
      return place(asked, ...rest);
    };
    await door.carryOut(hash);
    venue.trader.place = place;
    expect(await legs(hash)).toMatchObject([{ state: "filled", filledQuantity: "1" }]);
  });
});

test("what a run left behind when it failed in the middle of sending is ended and looked up, and nothing of it is sent", async () => {
  await desk.within((tx) => beginRun(tx, { id: "run-that-failed" }));
  const { hash, ids } = await claimed(twoLegs({ run: "run-that-failed" }));
  await database()
    .db.update(orders)
    .set({ state: "unknown", sentAt: sql`now()` })
    .where(eq(orders.clientOrderId, ids[0] ?? ""));
  await door.settle(async () => {});
  expect(await legs(hash)).toMatchObject([{ state: "unknown" }, { state: "intent" }]);
  await database().db.update(runs).set({ state: "failed" }).where(eq(runs.id, "run-that-failed"));
  await door.settle(async () => {});
  expect(await legs(hash)).toMatchObject([{ state: "filled" }, { state: "not_placed" }]);
  expect(reached).toEqual([]);
  const [end] = await database()
    .db.select()
    .from(ledger)
    .where(eq(ledger.object, hash))
    .orderBy(desc(ledger.seq))
    .limit(1);
  expect(end).toMatchObject({ type: "plan.ended", body: expect.stringContaining("its run ended before it") });
});
