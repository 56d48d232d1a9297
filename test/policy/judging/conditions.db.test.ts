import { eq, sql } from "drizzle-orm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { accountStates, orders, plans } from "../../../src/db/schema.ts";
import { conditionsOf } from "../../../src/desk/conditions.ts";
import { settleLeftovers } from "../../../src/actions/orders/leftovers.ts";
import type { AccountState } from "../../../src/kernel/account.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import type { VenueOrder } from "../../../src/kernel/order.ts";
import type { Plan } from "../../../src/kernel/plan.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { type Rotas, rotasSettings } from "../../../src/policy/rules/rota.ts";
import type { Rule } from "../../../src/policy/rules/schema.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { deskConfig } from "../../desk/config.ts";
import { withDatabase } from "../../with-database.ts";
import { type TestDesk, beginRun, controlOf, freshPlan, testDesk } from "../control.ts";
import { order, policyOf } from "../make.ts";

const database = withDatabase();
const { file } = deskConfig("  []", {});
const turnsOf = (person: string): Rotas =>
  rotasSettings.parse({ desk: { zone: "UTC", starts: "2026-01-05T09:00", shift: "12h", people: [person] } });
let desk: TestDesk;

async function rules(when: Rule["when"], rotas: Rotas = turnsOf("ana")): Promise<void> {
  await desk.publish({ policy: policyOf([{ name: "guarded", when, says: "allow" }]), rotas });
}
const read = async (secondsAgo: number): Promise<void> => {
  const at = sql`now() - ${secondsAgo} * interval '1 second'` as unknown as Date;
  const state = {
    account: "paper-a",
    venue: "paper",
    equityUsd: "100",
    positions: [],
    openOrders: [],
  } as unknown as AccountState;
  await database()
    .db.insert(accountStates)
    .values({ account: "paper-a", state, at, receivedAt: at })
    .onConflictDoUpdate({ target: accountStates.account, set: { receivedAt: at } });
};
/** An order of an ended plan, as a venue that fell silent leaves it. */
const leaveUnknown = async (): Promise<string> => {
  const clientOrderId = `left-${Math.random()}`;
  const one = freshPlan({ orders: [order({ clientOrderId })] });
  const { hash } = await desk.propose(one);
  await database().db.update(plans).set({ state: "applied" }).where(eq(plans.hash, hash));
  await database()
    .db.insert(orders)
    .values({
      ...order({ clientOrderId }),
      planHash: hash,
      leg: 0,
      venue: "paper",
      referencePrice: "50000",
      state: "unknown",
      sentAt: new Date(Date.now() - 60_000),
    });
  return clientOrderId;
};
const outcome = async (over: Partial<Plan> = {}): Promise<string> => (await desk.propose(freshPlan(over))).outcome;

beforeAll(() => {
  desk = testDesk(database(), controlOf(conditionsOf(file, () => ({ is: false, why: "" }))));
});
beforeEach(async () => {
  await database().db.delete(orders);
  await database().db.delete(accountStates);
});

test("who is on call may, and who is not may not", async () => {
  await rules({ onCall: true });
  expect(await outcome({ requestedBy: "person:ana", run: null })).toBe("allow");
  expect(await outcome({ requestedBy: "person:bo", run: null })).toBe("deny");
  // The rules in force say who is on call, and no file beside them.
  await rules({ onCall: true }, turnsOf("bo"));
  expect(await outcome({ requestedBy: "person:ana", run: null })).toBe("deny");
  expect(await outcome({ requestedBy: "person:bo", run: null })).toBe("allow");
  await rules({ onCall: true }, {});
  expect(await outcome({ requestedBy: "person:bo", run: null })).toBe("deny");
});

test("a playbook that a person began asks as that person; one that an alert began is nobody's", async () => {
  await rules({ onCall: true });
  await desk.within((tx) => beginRun(tx, { id: "run-ana", requestedBy: "person:ana" }));
  await desk.within((tx) => beginRun(tx, { id: "run-bo", requestedBy: "person:bo" }));
  const asked = (run: string): Promise<string> => outcome({ run });
  expect([await asked("run-ana"), await asked("run-bo"), await asked("run-signed")]).toEqual(["allow", "deny", "deny"]);
});

test("only an account whose figures are fresh is reconciled, by the database's clock", async () => {
  await rules({ reconcilerHealthy: true });
  expect(await outcome()).toBe("deny");
  await read(2);
  expect(await outcome()).toBe("allow");
  await read(45);
  expect(await outcome()).toBe("deny");
});

test.each(["leverage", "openOrders"] as const)(
  "a limit on %s is not measured by figures of minutes ago: what the account holds now is not known",
  async (measure) => {
    const limits: Rule["limits"] = [{ per: "account", measure, max: "10" }];
    await desk.publish({ policy: policyOf([{ name: "limited", says: "allow", limits }]) });
    expect(await outcome()).toBe("deny");
    await read(2);
    expect(await outcome()).toBe("allow");
    await read(90);
    expect(await outcome()).toBe("deny");
  },
);

test("an unknown outcome denies until the venue tells what became of the order", async () => {
  await rules({ reconcilerHealthy: true });
  await read(1);
  const clientOrderId = await leaveUnknown();
  expect(await outcome()).toBe("deny");
  let word: VenueOrder | null = null;
  const sent: string[] = [];
  const venue = {
    reader: { orderByClientId: async () => word },
    trader: { place: async () => void sent.push("place"), cancel: async () => void sent.push("cancel") },
  } as unknown as Venue;
  const context = {
    database: database(),
    log: silentLog,
    desk: { venueOf: async () => venue, clock: systemClock } as never,
    tell: async () => {},
  };
  word = {
    ...order({ clientOrderId }),
    venueOrderId: "7",
    state: "filled",
    filledQuantity: "1",
  } as unknown as VenueOrder;
  await settleLeftovers(context);
  const [row] = await database().db.select().from(orders).where(eq(orders.clientOrderId, clientOrderId));
  expect(row).toMatchObject({ state: "filled", venueOrderId: "7" });
  expect(sent).toEqual([]);
  expect(await outcome()).toBe("allow");
});

test("an order whose plan is still being followed is left to its run", async () => {
  const clientOrderId = await leaveUnknown();
  await database().db.update(plans).set({ state: "claimed" });
  let asked = 0;
  const venueOf = async () => {
    asked += 1;
    return {} as Venue;
  };
  const looking = { venueOf, clock: systemClock } as never;
  await settleLeftovers({ database: database(), log: silentLog, desk: looking, tell: async () => {} });
  expect(asked).toBe(0);
  const [row] = await database().db.select().from(orders).where(eq(orders.clientOrderId, clientOrderId));
  expect(row?.state).toBe("unknown");
});
