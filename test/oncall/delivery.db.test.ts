import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pages } from "../../src/db/schema.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { type Delivery, openDelivery } from "../../src/oncall/delivery.ts";
import { openNtfy } from "../../src/oncall/ntfy.ts";
import { openPagerDuty } from "../../src/oncall/pagerduty.ts";
import { acknowledgePages, resolvePages, schedulePage } from "../../src/oncall/pages.ts";
import { type FakePager, openFakePager } from "../fakes/pager/server.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const KEY = "INC-7/pagerduty";

describe("a page", () => {
  let pager: FakePager;
  let failed: string[];
  const open = (): Delivery => {
    const pagers = [
      openPagerDuty({ routingKey: new Secret("R0UTE"), url: pager.url }),
      openNtfy({ topic: new Secret("t0pic"), url: pager.url }),
    ];
    return openDelivery({
      database: database(),
      pagerOf: (target) => pagers.find((one) => one.name === target),
      onFailed: (_row, why) => void failed.push(why),
      clock: systemClock,
      log: silentLog,
    });
  };
  const schedule = (target = "pagerduty", dueAt = new Date(Date.now() - 1_000)): Promise<boolean> =>
    schedulePage(database().db, {
      dedupeKey: `INC-7/${target}`,
      incidentId: "INC-7",
      target,
      summary: "CRITICAL INC-7: margin ratio of paper-a was 0.83",
      severity: "critical",
      link: "https://desk.example/incidents/INC-7",
      dueAt,
    });
  const row = async () => (await database().db.select().from(pages).where(eq(pages.dedupeKey, KEY)))[0];
  // A moment before now: times are kept in whole milliseconds, and this one may be rounded into the future.
  const hurry = () =>
    database()
      .db.update(pages)
      .set({ nextAt: sql`now() - interval '1 second'` });

  beforeEach(async () => {
    await database().db.delete(pages);
    pager = await openFakePager();
    failed = [];
  });
  afterEach(() => pager.close());

  test("is sent when it is due, once, with a stable key and a severity PagerDuty knows", async () => {
    expect([await schedule(), await schedule()]).toEqual([true, false]);
    await open().sweep();
    await open().sweep();
    expect(pager.calls).toHaveLength(1);
    expect(pager.calls[0]?.body).toMatchObject({
      routing_key: "R0UTE",
      event_action: "trigger",
      dedup_key: KEY,
      payload: { severity: "critical", source: "breakwater" },
    });
    expect(await row()).toMatchObject({ state: "triggered", told: "triggered" });
  });

  test("is never sent where somebody acknowledged in time", async () => {
    await schedule("pagerduty", new Date(Date.now() + 60_000));
    await open().sweep();
    await acknowledgePages(database().db, "INC-7");
    await database()
      .db.update(pages)
      .set({ dueAt: new Date(0) });
    await open().sweep();
    expect(pager.calls).toEqual([]);
  });

  test("is acknowledged and resolved at the pager as in chat", async () => {
    await schedule();
    await open().sweep();
    await acknowledgePages(database().db, "INC-7");
    await open().sweep();
    expect(pager.incidents.get(KEY)).toBe("acknowledge");
    await resolvePages(database().db, "INC-7");
    await open().sweep();
    expect(pager.incidents.get(KEY)).toBe("resolve");
    expect(await open().sweep()).toBe(0);
  });

  test("resolved before it was sent wakes nobody", async () => {
    await schedule();
    await resolvePages(database().db, "INC-7");
    await open().sweep();
    expect(pager.calls).toEqual([]);
  });

  test("limited first, comes through with the same key after the wait that was asked for", async () => {
    pager.faults.add("*", { status: 429, headers: { "retry-after": "120" } });
    await schedule();
    await open().sweep();
    expect((await row())?.nextAt.getTime()).toBeGreaterThan(Date.now() + 100_000);
    await hurry();
    await open().sweep();
    expect(pager.incidents.get(KEY)).toBe("trigger");
  });

  test("that the pager refuses is not repeated, and becomes an alert", async () => {
    pager.faults.add("*", { status: 400, body: { message: "invalid routing key" }, times: 5 });
    await schedule();
    await open().sweep();
    await hurry();
    await open().sweep();
    expect(failed).toHaveLength(1);
    expect(failed[0]).toContain("invalid routing key");
    expect((await row())?.state).toBe("failed");
  });

  test("survives an outage with a restart in between, and a lost answer", async () => {
    pager.faults.add("*", { cut: "before", times: 3 });
    pager.faults.add("*", { cut: "after" });
    await schedule();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await open().sweep();
      await hurry();
    }
    expect([...pager.incidents]).toEqual([[KEY, "trigger"]]);
    expect(await row()).toMatchObject({ state: "triggered", lastError: null });
  });

  test("acknowledged while it was being sent is acknowledged at the pager next", async () => {
    pager.faults.add("*", { delayMs: 200 });
    await schedule();
    const sending = open().sweep();
    await new Promise((resolve) => setTimeout(resolve, 80));
    await acknowledgePages(database().db, "INC-7");
    await sending;
    await open().sweep();
    expect(pager.incidents.get(KEY)).toBe("acknowledge");
  });

  test("reaches ntfy with the priority that rings, and with a link", async () => {
    await schedule("ntfy");
    await open().sweep();
    expect(pager.calls[0]?.body).toMatchObject({ topic: "t0pic", priority: 5, click: expect.any(String) as string });
  });

  test("to a target nobody answers for fails aloud", async () => {
    await schedule("rota:night");
    await open().sweep();
    expect(failed).toEqual(["there is no pager named rota:night"]);
  });

  test("is delivered once by two processes", async () => {
    await schedule();
    const [a, b] = [open(), open()];
    await Promise.all([a.sweep(), b.sweep()]);
    expect(pager.calls).toHaveLength(1);
  });
});
