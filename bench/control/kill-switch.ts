import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { VenueOrder } from "../../src/kernel/order.ts";
import type { Venue } from "../../src/venues/venue.ts";
import type { Workload } from "../workload.ts";

const ACCOUNTS = 10;
const ORDERS = 50;
/** What a venue takes to answer one request. */
const LATENCY_MS = 60;

/** From the switch to the last cancel accepted: 10 accounts with 50 orders each, one venue hung; at most 2,000 ms. */
export const workload: Workload = {
  name: "kill switch, 10 accounts of 50 orders, one venue hung",
  unit: "ms",
  better: "lower",
  n: (ACCOUNTS - 1) * ORDERS,
  measuresItself: true,
  rounds: 3,
  own: async () => {
    const { haltEverything } = await import("../../src/policy/freeze/halt.ts");
    const { systemClock } = await import("../../src/kernel/clock.ts");
    const { silentLog } = await import("../../src/kernel/log.ts");
    return async () => {
      let last = 0;
      const begun = performance.now();
      const venues = new Map(
        Array.from({ length: ACCOUNTS }, (_, at) => [
          `account-${at}`,
          at === 0 ? hung() : answering(() => (last = performance.now() - begun)),
        ]),
      );
      void haltEverything(
        {
          database: null,
          home: mkdtempSync(path.join(tmpdir(), "breakwater-bench-")),
          accounts: [...venues.keys()].map((id) => ({ id, venue: "paper", environment: "paper" as const })),
          venueOf: async (id) => venues.get(id) as Venue,
          clock: systemClock,
          log: silentLog,
        },
        "person:bench",
        "bench",
      );
      await systemClock.sleep(3_000);
      return last;
    };
  },
};

const later = <T>(value: () => T): Promise<T> =>
  new Promise((resolve) => setTimeout(() => resolve(value()), LATENCY_MS));
const hung = (): Venue => ({ reader: { openOrders: () => new Promise(() => {}) } }) as unknown as Venue;

function answering(onCancel: () => void): Venue {
  const open = new Map<string, VenueOrder>(
    Array.from(
      { length: ORDERS },
      (_, at) => [`o${at}`, { venueOrderId: `o${at}`, symbol: "BTC/USDT:USDT" } as VenueOrder] as const,
    ),
  );
  return {
    reader: { openOrders: () => later(() => [...open.values()]) },
    trader: {
      cancel: (_account: string, _symbol: string, id: string) =>
        later(() => {
          open.delete(id);
          onCancel();
          return "accepted" as const;
        }),
    },
  } as unknown as Venue;
}
