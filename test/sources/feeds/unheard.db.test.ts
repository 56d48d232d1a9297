import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { alerts, incidents } from "../../../src/db/schema.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { Intake } from "../../../src/intake/intake.ts";
import type { Asked } from "../../../src/sources/feeds/live-feeds.ts";
import { standingUnheard, watchUnheard } from "../../../src/sources/feeds/unheard.ts";
import { intakeOn } from "../../intake/desk.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const MINUTE = 60_000;
let intake: Intake;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  await database().db.delete(alerts);
  await database().db.delete(incidents);
  intake = intakeOn(database());
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await intake.close();
});

/** A desk that asks OKX for these instruments; what is in `heard` has come. */
function started(raws: readonly string[], trouble: string | null = null) {
  const clock = fakeClock(new Date("2026-11-27T06:00:00Z"));
  const heard = new Set<string>();
  const told: string[] = [];
  const away = { down: false, tried: 0 };
  const watch = watchUnheard({
    asked: raws.map((raw): Asked => ({ venue: "okx", raw, withinMs: MINUTE, trouble: () => trouble })),
    heard: ({ raw }) => heard.has(raw),
    emit: async (alert) => {
      away.tried += 1;
      if (away.down) throw new Error("the database is away");
      await intake.take([alert]);
      told.push(`${alert.status}: ${alert.title}`);
    },
    database: database(),
    clock,
    log: silentLog,
  });
  stops.push(() => watch.stop());
  return { clock, heard, told, away, watch };
}

const open = () =>
  database()
    .db.select()
    .from(incidents)
    .where(and(eq(incidents.kind, "feed.unheard"), eq(incidents.status, "open")));

describe("an instrument that is asked for and never heard", () => {
  test("raises an alert after a minute, once, with the venue's words, and ends it when something comes", async () => {
    const desk = started(["BTC-USDT-SWAP", "BTC-USDTX"], "okx said “instId:BTC-USDTX doesn't exist”");
    desk.heard.add("BTC-USDT-SWAP");
    await desk.clock.advance(MINUTE);
    expect(desk.told).toEqual([]);
    await desk.clock.advance(5 * MINUTE);
    await expect.poll(() => desk.told).toEqual(["firing: BTC-USDTX at okx is not heard"]);
    expect(desk.watch.overdue().map(({ raw }) => raw)).toEqual(["BTC-USDTX"]);
    const [row] = await database().db.select().from(alerts);
    expect(row).toMatchObject({
      severity: "high",
      labels: { venue: "okx", instrument: "BTC-USDTX" },
      summary: expect.stringContaining("okx said “instId:BTC-USDTX doesn't exist”"),
    });
    desk.heard.add("BTC-USDTX");
    await desk.clock.advance(10_000);
    await expect.poll(() => desk.told.at(-1)).toBe("resolved: BTC-USDTX at okx is heard");
    expect(desk.watch.overdue()).toEqual([]);
  });

  test("is one alert for a venue of which nothing is heard, and its own once something else of it is", async () => {
    const desk = started(["BTC-USDT-SWAP", "BTC-USDTX", "ETH-USDT-SWAP"]);
    await desk.clock.advance(2 * MINUTE);
    await expect.poll(() => desk.told).toEqual(["firing: Nothing of okx is heard"]);
    desk.heard.add("BTC-USDT-SWAP").add("ETH-USDT-SWAP");
    await desk.clock.advance(10_000);
    await expect
      .poll(() => desk.told.slice(1))
      .toEqual(["firing: BTC-USDTX at okx is not heard", "resolved: okx is heard"]);
  });

  test("is told again where it could not be stored", async () => {
    const desk = started(["BTC-USDTX"]);
    desk.away.down = true;
    await desk.clock.advance(2 * MINUTE);
    await expect.poll(() => desk.away.tried).toBeGreaterThan(0);
    desk.away.down = false;
    await desk.clock.advance(10_000);
    await expect.poll(() => desk.told).toEqual(["firing: BTC-USDTX at okx is not heard"]);
  });
});

describe("after a restart", () => {
  test("what is heard now ends what was not heard before", async () => {
    const before = started(["BTC-USDT-SWAP", "ETH-USDT-SWAP"]);
    before.heard.add("ETH-USDT-SWAP");
    await before.clock.advance(2 * MINUTE);
    await expect.poll(() => before.told).toHaveLength(1);
    await before.watch.stop();
    expect(await standingUnheard(database().db)).toMatchObject([{ venue: "okx", name: "BTC-USDT-SWAP" }]);
    const after = started(["BTC-USDT-SWAP", "ETH-USDT-SWAP"]);
    await after.clock.advance(10_000);
    expect(after.told).toEqual([]);
    after.heard.add("BTC-USDT-SWAP");
    await after.clock.advance(10_000);
    await expect.poll(() => after.told).toEqual(["resolved: BTC-USDT-SWAP at okx is heard"]);
    await expect.poll(() => standingUnheard(database().db)).toEqual([]);
  });

  test("a wrong name that was taken out of desk.yaml ends its alert", async () => {
    const before = started(["BTC-USDTX"]);
    await before.clock.advance(2 * MINUTE);
    await expect.poll(() => before.told).toHaveLength(1);
    await before.watch.stop();
    expect(await open()).toHaveLength(1);
    const after = started(["BTC-USDT"]);
    await after.clock.advance(10_000);
    await expect.poll(() => after.told).toEqual(["resolved: BTC-USDTX at okx is no longer asked for"]);
  });

  test("what is still not heard is not told twice", async () => {
    const before = started(["BTC-USDTX"]);
    await before.clock.advance(2 * MINUTE);
    await expect.poll(() => before.told).toHaveLength(1);
    await before.watch.stop();
    const after = started(["BTC-USDTX"]);
    await after.clock.advance(2 * MINUTE);
    await after.watch.stop();
    expect(after.told).toEqual([]);
    expect(await open()).toHaveLength(1);
  });
});
