import { asc, eq } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import {
  type OrderRow,
  markSent,
  noteLookUp,
  recordEnd,
  recordUnknown,
  recordVenueOrder,
} from "../../src/actions/orders/record.ts";
import { incidentEvents, incidents, ledger, orders } from "../../src/db/schema.ts";
import { openIncident } from "../../src/incidents/lifecycle.ts";
import type { VenueOrder } from "../../src/kernel/order.ts";
import { withDatabase } from "../with-database.ts";
import { SEAL } from "../policy/control.ts";
import { BTC } from "../policy/make.ts";

const database = withDatabase();

let serial = 0;
const version = async (incident: string | null): Promise<number> => {
  const [row] = await database()
    .db.select()
    .from(incidents)
    .where(eq(incidents.id, incident ?? ""));
  return row?.version ?? 0;
};
/** The version of each order's card before anything was written of it. */
const before = new Map<string, number>();
/** The row of an order on an incident's card, as an intent unless told otherwise. */
async function orderRow(over: Partial<OrderRow> = {}): Promise<OrderRow> {
  const id = `bw-record-${(serial += 1)}`;
  const row = await database().db.transaction(async (tx) => {
    const incidentId = await openIncident(
      tx,
      SEAL,
      { actor: "person:ana", surface: "test" },
      { kind: "test", severity: "low", title: "a test" },
    );
    const [written] = await tx
      .insert(orders)
      .values({
        clientOrderId: id,
        planHash: id,
        leg: 0,
        incidentId,
        venue: "paper",
        account: "paper-a",
        symbol: BTC,
        side: "sell",
        quantity: "2",
        limitPrice: "50000",
        timeInForce: "IOC",
        reduceOnly: true,
        notionalUsd: "100000",
        referencePrice: "50000",
        ...over,
      })
      .returning();
    if (!written) throw new Error("no row was written");
    return written;
  });
  before.set(id, await version(row.incidentId));
  return row;
}
const word = (over: Partial<Record<keyof VenueOrder, unknown>> = {}): VenueOrder =>
  ({
    state: "working",
    venueOrderId: "v-1",
    filledQuantity: "0",
    averagePrice: null,
    feeUsd: null,
    ...over,
  }) as VenueOrder;

/** The order as it stands, what the ledger tells of it, and how often its card was drawn anew since it was opened. */
async function standing({ clientOrderId, incidentId }: OrderRow) {
  const { db } = database();
  const [row] = await db.select().from(orders).where(eq(orders.clientOrderId, clientOrderId));
  const told = await db.select().from(ledger).where(eq(ledger.object, clientOrderId)).orderBy(asc(ledger.seq));
  return {
    state: row?.state,
    filled: row?.filledQuantity,
    ended: row?.endedAt !== null,
    told: told.map((one) =>
      `${one.actor} ${one.type} ${(JSON.parse(one.body) as { state?: string }).state ?? ""}`.trim(),
    ),
    drawn: (await version(incidentId)) - (before.get(clientOrderId) ?? 0),
  };
}
/** The row as it stands now: each call is given what was read before it. */
const again = async (row: OrderRow): Promise<OrderRow> => {
  const [now] = await database().db.select().from(orders).where(eq(orders.clientOrderId, row.clientOrderId));
  if (!now) throw new Error("the row is gone");
  return now;
};

describe("an order that leaves", () => {
  test("is marked once: whoever comes second does not send it", async () => {
    const row = await orderRow();
    expect(await markSent(database().db, row)).toBe(true);
    expect(await markSent(database().db, row)).toBe(false);
    expect(await standing(row)).toMatchObject({ state: "unknown", ended: false, told: ["service:orders order.sent"] });
  });

  test("is not marked where its end was written meanwhile", async () => {
    const row = await orderRow({ state: "not_placed" });
    expect(await markSent(database().db, row)).toBe(false);
    expect(await standing(row)).toMatchObject({ state: "not_placed", told: [] });
  });
});

describe("the venue's word", () => {
  test("is written, told and shown once, however often it is heard", async () => {
    const row = await orderRow({ state: "unknown" });
    await recordVenueOrder(database().db, row, word());
    await recordVenueOrder(database().db, await again(row), word());
    expect(await standing(row)).toMatchObject({
      state: "working",
      told: ["venue:paper order.outcome working"],
      drawn: 1,
    });
  });

  test.each<[string, Partial<VenueOrder>]>([
    ["a further fill", { filledQuantity: "1" as never }],
    ["the venue's own id", { venueOrderId: "v-2" }],
    ["another state", { state: "filled", filledQuantity: "0" as never }],
  ])("that brings %s is news", async (_name, over) => {
    const row = await orderRow({ state: "working", venueOrderId: "v-1" });
    await recordVenueOrder(database().db, row, word(over));
    expect((await standing(row)).told).toHaveLength(1);
  });

  test("ends the order where it says so, and a later word changes nothing", async () => {
    const row = await orderRow({ state: "working", venueOrderId: "v-1" });
    await recordVenueOrder(database().db, row, word({ state: "filled", filledQuantity: "2" }));
    await recordVenueOrder(database().db, row, word({ state: "working", filledQuantity: "1" }));
    await recordVenueOrder(database().db, await again(row), word({ state: "cancelled", filledQuantity: "1" }));
    expect(await standing(row)).toEqual({
      state: "filled",
      filled: "2",
      ended: true,
      told: ["venue:paper order.outcome filled"],
      drawn: 1,
    });
  });

  test("outweighs the desk's own proof that the order was not placed, as where it was late", async () => {
    const row = await orderRow({ state: "unknown" });
    await recordEnd(database().db, row, "not_placed", "the venue knows no such order");
    await recordVenueOrder(database().db, row, word({ state: "filled", filledQuantity: "2" }));
    expect(await standing(row)).toMatchObject({
      state: "filled",
      told: ["service:orders order.outcome not_placed", "venue:paper order.outcome filled"],
    });
  });

  test("outweighs what people declared of it", async () => {
    const row = await orderRow({ state: "not_placed", settledBy: "f".repeat(64), lookUps: 20 });
    await recordVenueOrder(database().db, row, word({ state: "filled", filledQuantity: "2" }));
    expect(await standing(row)).toMatchObject({ state: "filled", told: ["venue:paper order.outcome filled"] });
  });
});

describe("an end that is no order of the venue", () => {
  test.each(["rejected", "not_placed"] as const)("%s is written, told and shown once", async (state) => {
    const row = await orderRow({ state: "unknown" });
    await recordEnd(database().db, row, state, "margin is insufficient");
    await recordEnd(database().db, row, state, "margin is insufficient");
    expect(await standing(row)).toMatchObject({
      state,
      ended: true,
      told: [`service:orders order.outcome ${state}`],
      drawn: 1,
    });
  });

  test("does not undo a fill that was heard of meanwhile", async () => {
    const row = await orderRow({ state: "unknown" });
    await recordVenueOrder(database().db, row, word({ state: "filled", filledQuantity: "2" }));
    await recordEnd(database().db, row, "not_placed", "the venue knows no such order");
    expect(await standing(row)).toMatchObject({ state: "filled", told: ["venue:paper order.outcome filled"] });
  });
});

describe("silence", () => {
  test("leaves the order unknown, and says on the card that it is looked up and not sent again", async () => {
    const row = await orderRow({ state: "unknown" });
    await recordUnknown(database().db, row, { outcome: "unknown", reason: "the connection was lost" });
    expect(await standing(row)).toMatchObject({
      state: "unknown",
      ended: false,
      told: ["service:orders order.outcome unknown"],
    });
    const lines = await database()
      .db.select()
      .from(incidentEvents)
      .where(eq(incidentEvents.incidentId, row.incidentId ?? ""));
    expect(lines.map((line) => line.text)).toContain(
      `paper did not say whether order ${row.clientOrderId} was taken (the connection was lost); it is looked up by its id and not sent again.`,
    );
  });

  test("is counted, look-up by look-up", async () => {
    const row = await orderRow({ state: "unknown" });
    expect([await noteLookUp(database().db, row), await noteLookUp(database().db, row)]).toEqual([1, 2]);
    expect((await again(row)).lookedUpAt).toBeInstanceOf(Date);
  });
});
