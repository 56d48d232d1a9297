import { describe, expect, test } from "vitest";
import { planCancel } from "../../src/actions/cancel.ts";
import type { Desk } from "../../src/actions/desk.ts";
import { fakeClock } from "../../src/kernel/clock.ts";
import type { VenueOrder } from "../../src/kernel/order.ts";
import type { Venue } from "../../src/venues/venue.ts";

const BTC = "BTC/USDT:USDT";
const ETH = "ETH/USDT:USDT";
const resting = [
  { venueOrderId: "1", symbol: BTC },
  { venueOrderId: "2", symbol: ETH },
  { venueOrderId: "3", symbol: BTC },
] as unknown as readonly VenueOrder[];

const cancel = (orders: readonly VenueOrder[], symbols?: readonly string[]) => {
  const desk = {
    accounts: new Map([["paper-a", { id: "paper-a", venue: "paper", environment: "paper" }]]),
    venueOf: async () => ({ reader: { openOrders: async () => orders } }) as unknown as Venue,
    clock: fakeClock(new Date("2026-03-02T12:00:00Z")),
    collarBps: 100,
    planTtlMs: 900_000,
  } as unknown as Desk;
  return planCancel(
    desk,
    { action: "cancel", account: "paper-a", ...(symbols === undefined ? {} : { symbols }) },
    { requestedBy: "person:ana", incident: null, run: null, reason: "by hand" },
  );
};

describe("cancelling an account's resting orders", () => {
  test.each<[string, readonly string[] | undefined, readonly string[], string, string]>([
    [
      "takes all of them where nothing is named",
      undefined,
      ["1", "2", "3"],
      "cancel 3 resting orders of paper-a (by hand)",
      "0",
    ],
    [
      "takes those of the named instruments alone",
      [BTC],
      ["1", "3"],
      "cancel 2 resting orders of paper-a (by hand)",
      "1",
    ],
    ["speaks of one order as one", [ETH], ["2"], "cancel 1 resting order of paper-a (by hand)", "2"],
  ])("%s", async (_name, symbols, taken, reason, left) => {
    const plan = await cancel(resting, symbols);
    expect(plan?.cancels.map((one) => one.venueOrderId)).toEqual(taken);
    expect(plan?.orders).toEqual([]);
    expect(plan?.reason).toBe(reason);
    expect(plan?.changes).toEqual([{ label: "Resting orders", before: "3", after: left }]);
  });

  test.each<[string, readonly VenueOrder[], readonly string[] | undefined]>([
    ["none rests", [], undefined],
    ["none of the named instruments rests", resting, ["SOL/USDT:USDT"]],
  ])("has nothing to plan where %s", async (_name, orders, symbols) => {
    expect(await cancel(orders, symbols)).toBeNull();
  });
});
