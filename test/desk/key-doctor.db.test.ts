import { describe, expect, test } from "vitest";
import { keyFinding } from "../../src/commandline/key-finding.ts";
import { openKeyDoctor } from "../../src/desk/key-doctor.ts";
import type { Account, Environment } from "../../src/kernel/account.ts";
import type { Alert } from "../../src/kernel/alert.ts";
import { fakeClock } from "../../src/kernel/clock.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { statesNow, unfreeze } from "../../src/policy/trading-state.ts";
import type { KeyRights } from "../../src/venues/key-rights.ts";
import type { VenueReader } from "../../src/venues/venue.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const HOUR = 3_600_000;
const GOOD: KeyRights = { withdraws: false, addressBound: true };

/** One account whose venue says of its key what the test tells it to. */
async function watched(id: string, first: KeyRights | null | "down", environment: Environment = "live") {
  const told = { rights: first, asked: 0 };
  const reader = {
    keyRights: async () => {
      told.asked += 1;
      if (told.rights === "down") throw new DeskError("VENUE_UNAVAILABLE", "the venue is down for maintenance");
      return told.rights;
    },
  } as Partial<VenueReader> as VenueReader;
  const account: Account = { id, venue: "okx", environment };
  const clock = fakeClock(new Date("2026-11-20T10:00:00Z"));
  const alerts: Alert[] = [];
  const doctor = await openKeyDoctor({
    database: database(),
    accounts: [account],
    readerOf: async () => reader,
    clock,
    log: silentLog,
  });
  const stop = await doctor.watch(async (alert) => void alerts.push(alert));
  const state = async () => (await database().db.transaction((tx) => statesNow(tx)))[`account:${id}`] ?? "active";
  const entries = async () =>
    (await database().sql`select 1 from breakwater.ledger where type = 'trading.state' and object = ${`account:${id}`}`)
      .length;
  return { told, alerts, clock, stop, state, entries, account, reader };
}

describe("the key doctor", () => {
  test.each([
    ["can withdraw", { withdraws: true, addressBound: true }, "it can withdraw"],
    ["works from anywhere", { withdraws: false, addressBound: false }, "it works from any network address"],
  ])("at the start, a key that %s halts its account and is a critical alert", async (name, rights, why) => {
    const on = await watched(`desk-${name.length}`, rights);
    expect(await on.state()).toBe("halted");
    expect(on.alerts).toMatchObject([{ kind: "key.rights", status: "firing", severity: "critical" }]);
    expect(on.alerts[0]?.title).toContain(why);
    expect(await keyFinding(on.account, on.reader)).toMatchObject({
      state: "bad",
      detail: expect.stringContaining(why),
    });
    on.stop();
  });

  test("a key that grows the right to withdraw is found within the hour, and the halt is written once", async () => {
    const on = await watched("desk-grows", GOOD);
    expect([await on.state(), on.alerts.map((one) => one.status)]).toEqual(["active", ["resolved"]]);
    on.told.rights = { withdraws: true, addressBound: true };
    await on.clock.advance(HOUR);
    await expect.poll(() => on.alerts.at(-1)?.status).toBe("firing");
    expect(await on.state()).toBe("halted");
    await on.clock.advance(HOUR);
    await expect.poll(() => on.alerts.length).toBe(3);
    expect(await on.entries()).toBe(1);
    on.stop();
  });

  test("a freeze that was lifted while the key is as it was comes back; with a good key it stays lifted", async () => {
    const on = await watched("desk-lifted", { withdraws: true, addressBound: true });
    const lift = () =>
      database().db.transaction((tx) =>
        unfreeze(tx, { scope: "account:desk-lifted", state: "active", by: "person:bo", reason: "over", planHash: "x" }),
      );
    await lift();
    await on.clock.advance(HOUR);
    await expect.poll(on.state).toBe("halted");
    await expect.poll(() => on.alerts.length).toBe(2);
    await lift();
    on.told.rights = GOOD;
    await on.clock.advance(HOUR);
    await expect.poll(() => on.alerts.at(-1)?.status).toBe("resolved");
    expect(await on.state()).toBe("active");
    on.stop();
  });

  test("a venue that does not answer is told of and freezes nothing; one that cannot tell is left alone", async () => {
    const down = await watched("desk-down", "down");
    expect(down.alerts).toMatchObject([{ status: "firing", severity: "medium" }]);
    expect(await down.state()).toBe("active");
    expect(await keyFinding(down.account, down.reader)).toMatchObject({ state: "warn" });
    const mute = await watched("desk-mute", null);
    expect([mute.alerts, await mute.state()]).toEqual([[], "active"]);
    expect(await keyFinding(mute.account, mute.reader)).toMatchObject({ state: "warn" });
    for (const one of [down, mute]) one.stop();
  });

  test("the account is halted once the doctor is open, before anybody can be told; who is told later hears all of it", async () => {
    const account: Account = { id: "desk-early", venue: "okx", environment: "live" };
    const clock = fakeClock(new Date("2026-11-20T10:00:00Z"));
    const doctor = await openKeyDoctor({
      database: database(),
      accounts: [account],
      readerOf: async () =>
        ({ keyRights: async () => ({ withdraws: true, addressBound: true }) }) as Partial<VenueReader> as VenueReader,
      clock,
      log: silentLog,
    });
    expect((await database().db.transaction((tx) => statesNow(tx)))["account:desk-early"]).toBe("halted");
    const alerts: Alert[] = [];
    const refusing = await doctor.watch(async () => Promise.reject(new Error("the database is away")));
    refusing();
    const stop = await doctor.watch(async (alert) => void alerts.push(alert));
    expect(alerts).toMatchObject([{ kind: "key.rights", status: "firing", labels: { account: "desk-early" } }]);
    stop();
  });

  test("accounts that are not live are never asked", async () => {
    const on = await watched("desk-paper", { withdraws: true, addressBound: false }, "paper");
    expect([on.told.asked, on.alerts, await on.state()]).toEqual([0, [], "active"]);
    on.stop();
  });
});
