import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../../src/db/client.ts";
import { type Clock, systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { VenueOrder } from "../../../src/kernel/order.ts";
import { type HaltContext, haltEverything } from "../../../src/policy/freeze/halt.ts";
import { readMarker, writeMarker } from "../../../src/policy/freeze/halt-marker.ts";
import { settleMarker } from "../../../src/policy/freeze/halt-record.ts";
import { statesNow, unfreeze } from "../../../src/policy/freeze/trading-state.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { withDatabase } from "../../with-database.ts";
import { type TestDesk, controlOf, freshPlan, testDesk } from "../control.ts";
import { BTC } from "../make.ts";

const database = withDatabase();
let home: string;
let desk: TestDesk;
beforeAll(async () => {
  desk = testDesk(database(), controlOf({ halted: () => readMarker(home)?.state ?? null }));
  await desk.publish();
});
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "breakwater-halt-"));
});

/** A clock whose waits take no time, except those of hung venues, which nobody waits for. */
const quickClock: Clock = { ...systemClock, sleep: (ms) => systemClock.sleep(Math.min(ms, 400)) };

function venueWith(
  count: number,
  how: "fine" | "hung" | "deaf" | "slow to believe" = "fine",
): { venue: Venue; open: Map<string, VenueOrder> } {
  const open = new Map<string, VenueOrder>(
    Array.from(
      { length: count },
      (_, at) => [`o${at}`, { venueOrderId: `o${at}`, symbol: BTC, reduceOnly: at % 2 === 0 } as VenueOrder] as const,
    ),
  );
  const never = new Promise<never>(() => {});
  const venue = {
    reader: { openOrders: () => (how === "hung" ? never : Promise.resolve([...open.values()])) },
    trader: {
      cancel: (_account: string, _symbol: string, id: string) => {
        if (how === "deaf") return Promise.resolve("unknown" as const);
        if (how === "slow to believe") return Promise.resolve("accepted" as const);
        return Promise.resolve(open.delete(id) ? ("accepted" as const) : ("gone" as const));
      },
    },
  } as unknown as Venue;
  return { venue, open };
}

function context(venues: Readonly<Record<string, Venue>>, over: Partial<HaltContext> = {}): HaltContext {
  return {
    database: database(),
    home,
    accounts: Object.keys(venues).map((id) => ({ id, venue: "paper", environment: "paper" as const })),
    venueOf: async (id) => venues[id] as Venue,
    clock: quickClock,
    log: silentLog,
    ...over,
  };
}

describe("the kill switch", () => {
  test("leaves no time limit running once all is cancelled: the command ends when its work does", async () => {
    let waiting = 0;
    const clock: Clock = {
      ...systemClock,
      sleep: (ms, signal) => {
        waiting += 1;
        return systemClock.sleep(ms, signal).finally(() => (waiting -= 1));
      },
    };
    const halted = await haltEverything(
      context({ a: venueWith(5).venue }, { clock, database: null }),
      "person:ana",
      "odd fills",
    );
    expect(halted).toMatchObject({ accounts: [{ cancelled: 5, open: 0, problem: null }], state: "halted" });
    await Promise.resolve();
    expect(waiting).toBe(0);
  });

  test("cancels every order of every account, freezes the firm and stops every claim", async () => {
    const [a, b] = [venueWith(50), venueWith(7)];
    const { hash, plan } = await desk.ask();
    await desk.vote(hash, "ana");
    const { text: said } = await haltEverything(
      context({ "paper-a": a.venue, "paper-b": b.venue }),
      "person:bo",
      "fills we cannot explain",
    );
    expect(said).toBe("Trading is halted; 57 orders were cancelled in 2 accounts.");
    expect([a.open.size, b.open.size]).toEqual([0, 0]);
    expect(await desk.within((tx) => statesNow(tx))).toMatchObject({ firm: "halted" });
    expect(await desk.claim(hash, plan)).toMatchObject({ claimed: false, code: "FROZEN" });
  });

  test("a hung venue holds up nobody and is named", async () => {
    const [a, b] = [venueWith(0, "hung"), venueWith(5)];
    const { text: said } = await haltEverything(
      context({ "paper-a": a.venue, "paper-b": b.venue }),
      "person:bo",
      "test",
    );
    expect(b.open.size).toBe(0);
    expect(said).toContain("paper-a: the venue has not answered yet");
  });

  test("a venue that does not say whether it cancelled is asked again and named", async () => {
    const a = venueWith(3, "deaf");
    const { text, accounts } = await haltEverything(context({ "paper-a": a.venue }), "person:bo", "test");
    expect(text).toMatch(/paper-a: (orders are still open|the venue has not answered yet)/);
    expect(accounts).toMatchObject([{ account: "paper-a", problem: expect.any(String) }]);
  });

  test("reduce-only leaves what takes risk away, cancel leaves trading as it is", async () => {
    const a = venueWith(10);
    await haltEverything(context({ "paper-a": a.venue }), "person:bo", "test", "reduce-only");
    expect([...a.open.values()].every((order) => order.reduceOnly)).toBe(true);
    expect(readMarker(home)?.state).toBe("reducing");
    const b = venueWith(4);
    home = mkdtempSync(path.join(tmpdir(), "breakwater-halt-"));
    const { text } = await haltEverything(context({ "paper-a": b.venue }), "person:bo", "test", "cancel");
    expect(text).toContain("Trading goes on");
    expect([b.open.size, readMarker(home)]).toEqual([0, null]);
  });

  test("a milder pull after a stricter one lifts nothing, also where the database never heard of the first", async () => {
    home = mkdtempSync(path.join(tmpdir(), "breakwater-halt-"));
    await haltEverything(context({}, { database: null }), "person:bo", "everything is wrong");
    const later = await haltEverything(context({}), "person:ana", "only some of it", "reduce-only");
    expect(later).toMatchObject({ state: "halted", text: expect.stringContaining("Trading is halted") });
    expect(readMarker(home)).toMatchObject({ state: "halted", reason: "everything is wrong" });
    await desk.within((tx) => settleMarker(tx, home));
    expect(await desk.within((tx) => statesNow(tx))).toMatchObject({ firm: "halted" });
    const pulled = await database()
      .sql`select actor from breakwater.ledger where type = 'halt.pulled' and object = ${readMarker(home)?.id ?? ""}`;
    expect(pulled.map((row) => row["actor"])).toEqual(["person:bo"]);
  });

  test("works with Postgres away: the marker stops claims, and the ledger hears of it later", async () => {
    const gone = openDatabase("postgres://nobody@127.0.0.1:9/none", { max: 1 });
    const a = venueWith(5);
    for (const base of [gone, null]) {
      const { text: said } = await haltEverything(
        context({ "paper-a": a.venue }, { database: base }),
        "person:bo",
        "database fire",
      );
      expect(said).toContain("The ledger does not have it yet");
    }
    await gone.close();
    expect(a.open.size).toBe(0);
    await desk.within((tx) =>
      unfreeze(tx, { scope: "firm", state: "active", by: "person:bo", reason: "before", planHash: "none" }),
    );
    const plan = freshPlan();
    expect(await desk.propose(plan)).toMatchObject({ outcome: "deny" });
    expect(await desk.within((tx) => settleMarker(tx, home))).toMatchObject({ reason: "database fire" });
    expect(await desk.within((tx) => statesNow(tx))).toMatchObject({ firm: "halted" });
  });

  test("the marker goes once the freeze was lifted, not before, and an unreadable one halts", async () => {
    await haltEverything(context({}), "person:bo", "test");
    expect(await desk.within((tx) => settleMarker(tx, home))).not.toBeNull();
    await desk.within((tx) =>
      unfreeze(tx, { scope: "firm", state: "active", by: "person:bo", reason: "over", planHash: "none" }),
    );
    expect(await desk.within((tx) => settleMarker(tx, home))).toBeNull();
    expect(readMarker(home)).toBeNull();
    // A second one that cannot be read is not taken for the first, whose halt was lifted.
    for (const text of ["{", "{", "null", '{"state":"active"}']) {
      writeFileSync(path.join(home, "halt.json"), text);
      expect(readMarker(home)?.state).toBe("halted");
      expect(await desk.within((tx) => settleMarker(tx, home))).not.toBeNull();
      expect(await desk.within((tx) => statesNow(tx))).toMatchObject({ firm: "halted" });
      await desk.within((tx) =>
        unfreeze(tx, { scope: "firm", state: "active", by: "person:bo", reason: "over", planHash: "none" }),
      );
      expect(await desk.within((tx) => settleMarker(tx, home))).toBeNull();
    }
  });

  test("a switch that is pulled again while the last halt is being cleared away stays pulled", async () => {
    await haltEverything(context({}), "person:bo", "the first time");
    await desk.within((tx) =>
      unfreeze(tx, { scope: "firm", state: "active", by: "person:bo", reason: "over", planHash: "none" }),
    );
    await desk.within(async (tx) => {
      const clearing = settleMarker(tx, home);
      writeMarker(home, { state: "halted", by: "person:ana", reason: "the second time", at: "" });
      await clearing;
    });
    expect(readMarker(home)).toMatchObject({ state: "halted", reason: "the second time" });
  });

  test("a venue that accepts a cancel and keeps the order is asked again and named", async () => {
    const a = venueWith(2, "slow to believe");
    const { accounts, text } = await haltEverything(context({ "paper-a": a.venue }), "person:bo", "test");
    expect(accounts).toMatchObject([{ cancelled: 2, open: 2, problem: expect.any(String) }]);
    expect(text).toMatch(/paper-a: (orders are still open|the venue has not answered yet)/);
  });
});
