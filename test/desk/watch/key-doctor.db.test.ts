import { describe, expect, test } from "vitest";
import { keyFinding } from "../../../src/commandline/key-finding.ts";
import { openKeyDoctor } from "../../../src/desk/watch/key-doctor.ts";
import type { Account, Environment } from "../../../src/kernel/account.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { DeskError } from "../../../src/kernel/errors.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { statesNow, unfreeze } from "../../../src/policy/freeze/trading-state.ts";
import type { Access } from "../../../src/sources/feeds/access.ts";
import type { KeyRights } from "../../../src/venues/key-rights.ts";
import type { VenueReader } from "../../../src/venues/venue.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const HOUR = 3_600_000;
const START = new Date("2026-11-20T10:00:00Z");
const GOOD: KeyRights = {
  withdraws: false,
  addressBound: true,
  rights: ["read", "trade"],
  addresses: ["192.0.2.7"],
  expiresAt: null,
  others: null,
};

/** One account whose venue says of its key what the test tells it to. */
async function watched(
  id: string,
  first: KeyRights | null | "down",
  environment: Environment = "live",
  at: Date = START,
) {
  const told = { rights: first, asked: 0 };
  const reader = {
    keyRights: async () => {
      told.asked += 1;
      if (told.rights === "down") throw new DeskError("VENUE_UNAVAILABLE", "the venue is down for maintenance");
      return told.rights;
    },
  } as Partial<VenueReader> as VenueReader;
  const account: Account = { id, venue: "okx", environment };
  const clock = fakeClock(at);
  const alerts: Alert[] = [];
  const heard: Access[] = [];
  const doctor = await openKeyDoctor({
    database: database(),
    accounts: [account],
    readerOf: async () => reader,
    clock,
    log: silentLog,
  });
  const stop = await doctor.watch({
    emit: async (alert) => void alerts.push(alert),
    onAccess: (access) => heard.push(access),
  });
  const state = async () => (await database().db.transaction((tx) => statesNow(tx)))[`account:${id}`] ?? "active";
  const entries = async () =>
    (await database().sql`select 1 from breakwater.ledger where type = 'trading.state' and object = ${`account:${id}`}`)
      .length;
  /** Passes the hour until the next look; time that passes while one is under way begins none. */
  const hour = async (): Promise<void> => {
    const asked = told.asked;
    await expect
      .poll(async () => {
        if (told.asked === asked) await clock.advance(HOUR);
        return told.asked;
      })
      .toBe(asked + 1);
  };
  const rightsAlerts = () => alerts.filter((one) => one.kind === "key.rights");
  const changes = () => heard.map((one) => `${one.action}: ${one.detail}`);
  return { told, alerts, rightsAlerts, heard, changes, clock, hour, stop, state, entries, account, reader };
}

describe("the key doctor", () => {
  test.each([
    ["can withdraw", { ...GOOD, withdraws: true }, "it can withdraw"],
    ["works from anywhere", { ...GOOD, addressBound: false }, "it works from any network address"],
  ])("at the start, a key that %s halts its account and is a critical alert", async (name, rights, why) => {
    const on = await watched(`desk-${name.length}`, rights);
    expect(await on.state()).toBe("halted");
    expect(on.rightsAlerts()).toMatchObject([{ status: "firing", severity: "critical" }]);
    expect(on.rightsAlerts()[0]?.title).toContain(why);
    expect(await keyFinding(on.account, on.reader, START)).toMatchObject({
      state: "bad",
      detail: expect.stringContaining(why),
    });
    on.stop();
  });

  test("a key that grows the right to withdraw is found within the hour, and the halt is written once", async () => {
    const on = await watched("desk-grows", GOOD);
    expect([await on.state(), on.rightsAlerts().map((one) => one.status)]).toEqual(["active", ["resolved"]]);
    on.told.rights = { ...GOOD, withdraws: true };
    await on.hour();
    await expect.poll(() => on.rightsAlerts().at(-1)?.status).toBe("firing");
    expect(await on.state()).toBe("halted");
    await on.hour();
    await expect.poll(() => on.rightsAlerts().length).toBe(3);
    expect(await on.entries()).toBe(1);
    on.stop();
  });

  test("a freeze that was lifted while the key is as it was comes back; with a good key it stays lifted", async () => {
    const on = await watched("desk-lifted", { ...GOOD, withdraws: true });
    const lift = () =>
      database().db.transaction((tx) =>
        unfreeze(tx, { scope: "account:desk-lifted", state: "active", by: "person:bo", reason: "over", planHash: "x" }),
      );
    await lift();
    await on.hour();
    await expect.poll(on.state).toBe("halted");
    await expect.poll(() => on.rightsAlerts().length).toBe(2);
    await lift();
    on.told.rights = GOOD;
    await on.hour();
    await expect.poll(() => on.rightsAlerts().at(-1)?.status).toBe("resolved");
    expect(await on.state()).toBe("active");
    on.stop();
  });

  test("a venue that does not answer is told of and freezes nothing; one that cannot tell is left alone", async () => {
    const down = await watched("desk-down", "down");
    expect(down.alerts).toMatchObject([{ status: "firing", severity: "medium" }]);
    expect(await down.state()).toBe("active");
    expect(await keyFinding(down.account, down.reader, START)).toMatchObject({ state: "warn" });
    const mute = await watched("desk-mute", null);
    expect([mute.alerts, await mute.state()]).toEqual([[], "active"]);
    expect(await keyFinding(mute.account, mute.reader, START)).toMatchObject({ state: "warn" });
    for (const one of [down, mute]) one.stop();
  });

  test("the account is halted once the doctor is open, before anybody can be told; who is told later hears all of it", async () => {
    const account: Account = { id: "desk-early", venue: "okx", environment: "live" };
    const clock = fakeClock(new Date("2026-11-20T10:00:00Z"));
    const doctor = await openKeyDoctor({
      database: database(),
      accounts: [account],
      readerOf: async () =>
        ({ keyRights: async () => ({ ...GOOD, withdraws: true }) }) as Partial<VenueReader> as VenueReader,
      clock,
      log: silentLog,
    });
    expect((await database().db.transaction((tx) => statesNow(tx)))["account:desk-early"]).toBe("halted");
    const alerts: Alert[] = [];
    const onAccess = () => undefined;
    const refusing = await doctor.watch({
      emit: async () => Promise.reject(new Error("the database is away")),
      onAccess,
    });
    refusing();
    const stop = await doctor.watch({ emit: async (alert) => void alerts.push(alert), onAccess });
    expect(alerts).toMatchObject([
      { kind: "key.expiring", status: "resolved" },
      { kind: "key.rights", status: "firing", labels: { account: "desk-early" } },
    ]);
    stop();
  });

  test("what changed between two starts is told at the second, once; the first reading of all is no change", async () => {
    const first = await watched("desk-kept", GOOD);
    expect(first.changes()).toEqual([]);
    first.stop();
    const wider: KeyRights = {
      ...GOOD,
      rights: ["read", "trade", "transfer"],
      addresses: ["192.0.2.7", "203.0.113.9"],
    };
    const second = await watched("desk-kept", wider);
    expect(second.changes()).toEqual([
      "key-addresses: addresses: added 203.0.113.9",
      "key-changed: rights: added transfer",
    ]);
    expect(second.heard).toMatchObject([
      { venue: "okx", account: "desk-kept", known: false, entry: 1 },
      { entry: 2, at: new Date(START.getTime() + 2) },
    ]);
    second.stop();
    const third = await watched("desk-kept", wider);
    expect(third.changes()).toEqual([]);
    await third.hour();
    third.told.rights = { ...wider, rights: ["read", "trade"] };
    await third.hour();
    await expect.poll(third.changes).toEqual(["key-changed: rights: taken away transfer"]);
    expect(third.heard[0]).toMatchObject({ entry: 3 });
    third.stop();
  });

  test("a venue that is down for a while hides no change", async () => {
    const on = await watched("desk-blind", GOOD);
    on.told.rights = "down";
    await on.hour();
    await expect.poll(() => on.rightsAlerts().at(-1)?.status).toBe("firing");
    on.told.rights = { ...GOOD, rights: ["read"] };
    await on.hour();
    await expect.poll(on.changes).toEqual(["key-changed: rights: taken away trade"]);
    on.stop();
  });

  test("a key that ends is told of from two weeks before, louder from three days, until another is in its place", async () => {
    const ends = new Date("2026-12-04T12:00:00Z");
    const said = (on: { readonly alerts: readonly Alert[] }) =>
      on.alerts.filter((one) => one.kind === "key.expiring").map((one) => `${one.status} ${one.severity}`);
    const early = await watched("desk-ends", { ...GOOD, expiresAt: ends });
    expect(said(early).at(-1)).toBe("resolved high");
    for (let hours = 0; hours < 3; hours += 1) await early.hour();
    await expect.poll(() => said(early).at(-1)).toBe("firing high");
    expect(await keyFinding(early.account, early.reader, early.clock.now())).toMatchObject({
      state: "warn",
      detail: "it ends on 2026-12-04: make another key",
    });
    early.stop();
    const late = await watched("desk-ends", { ...GOOD, expiresAt: ends }, "live", new Date("2026-12-02T10:00:00Z"));
    expect(said(late).at(-1)).toBe("firing critical");
    expect(late.alerts.find((one) => one.kind === "key.expiring")?.title).toBe(
      "The key of desk-ends ends on 2026-12-04 12:00 UTC",
    );
    late.told.rights = GOOD;
    await late.hour();
    await expect.poll(() => said(late).at(-1)).toContain("resolved");
    await expect.poll(late.changes).toEqual(["key-changed: ends never, before 2026-12-04 12:00"]);
    late.stop();
  });

  test("accounts that are not live are never asked", async () => {
    const on = await watched("desk-paper", { ...GOOD, withdraws: true }, "paper");
    expect([on.told.asked, on.alerts, await on.state()]).toEqual([0, [], "active"]);
    on.stop();
  });
});
