import { afterEach, describe, expect, test } from "vitest";
import type { AccessAction, AccessEntry } from "../../../src/kernel/access.ts";
import type { Environment } from "../../../src/kernel/account.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { DeskError } from "../../../src/kernel/errors.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import type { Access } from "../../../src/sources/feeds/access.ts";
import { followVenueAccess } from "../../../src/sources/feeds/venue-access.ts";
import type { VenueReader } from "../../../src/venues/venue.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const MINUTE = 60_000;
const HOME = ["192.0.2.7", "Frankfurt, Germany"] as const;
const STREET = ["198.51.100.4", "Frankfurt, Germany"] as const;
const AWAY = ["203.0.113.9", "Lagos, Nigeria"] as const;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A venue's log as it grows; `null` where the venue shows none. */
function venueLog(shows = true) {
  const entries: AccessEntry[] = [];
  const told = { asked: 0, down: false };
  return {
    told,
    add(action: AccessAction, [address, place]: readonly [string, string], detail = "") {
      entries.push({ id: entries.length + 1, action, address, place, detail, at: new Date(entries.length * 1_000) });
    },
    reader: {
      accessLog: async (_: string, after: number) => {
        told.asked += 1;
        if (told.down) throw new DeskError("VENUE_UNAVAILABLE", "the venue is down for maintenance");
        return shows ? entries.filter((one) => one.id > after).toReversed() : null;
      },
    } as Partial<VenueReader> as VenueReader,
  };
}

async function followed(id: string, log: ReturnType<typeof venueLog>, environment: Environment = "live") {
  const clock = fakeClock(new Date("2026-11-26T12:00:00Z"));
  const heard: Access[] = [];
  const alerts: Alert[] = [];
  const before = log.told.asked;
  const stop = followVenueAccess({
    database: database(),
    accounts: [{ id, venue: "deribit", environment }],
    readerOf: async () => log.reader,
    onAccess: (access) => heard.push(access),
    emit: async (alert) => void alerts.push(alert),
    clock,
    log: silentLog,
  });
  stops.push(stop);
  if (environment === "live") await expect.poll(() => log.told.asked).toBe(before + 1);
  const lines = () => heard.map((one) => `${one.entry} ${one.action} ${one.known ? "known" : "unknown"}`);
  const look = async (): Promise<void> => {
    const asked = log.told.asked;
    // Time that passes while a look is under way begins none.
    await expect
      .poll(async () => {
        if (log.told.asked === asked) await clock.advance(MINUTE);
        return log.told.asked;
      })
      .toBe(asked + 1);
  };
  return { clock, heard, alerts, lines, look, stop };
}

describe("a venue's log of logins", () => {
  test("is only learnt from at first; then a login from a new place is unknown, one from a known city is not", async () => {
    const log = venueLog();
    log.add("login", HOME);
    log.add("key-created", HOME, "new api key old");
    const on = await followed("desk-logins", log);
    await on.look();
    expect(on.lines()).toEqual([]);
    log.add("login", STREET);
    log.add("login-refused", AWAY);
    log.add("login", AWAY);
    log.add("key-addresses", AWAY, "changed whitelist fake-key");
    log.add("login", AWAY);
    await on.look();
    await expect
      .poll(on.lines)
      .toEqual([
        "3 login known",
        "4 login-refused unknown",
        "5 login unknown",
        "6 key-addresses known",
        "7 login known",
      ]);
    expect(on.heard[3]).toMatchObject({
      venue: "deribit",
      account: "desk-logins",
      origin: "203.0.113.9, Lagos, Nigeria",
      detail: "changed whitelist fake-key",
    });
  });

  test("is read on where an earlier start ended, and each entry is told once, whichever of two replicas tells it", async () => {
    const log = venueLog();
    log.add("login", HOME);
    const first = await followed("desk-restart", log);
    await first.look();
    await first.stop();
    log.add("key-deleted", HOME, "removed api key old");
    log.add("login", HOME);
    const [one, other] = [await followed("desk-restart", log), await followed("desk-restart", log)];
    await one.look();
    await other.look();
    await expect
      .poll(() => [...one.lines(), ...other.lines()].toSorted())
      .toEqual(["2 key-deleted known", "3 login known"]);
  });

  test("tells after a restart, and to any replica, when a stranger last came in", async () => {
    const log = venueLog();
    log.add("login", HOME);
    const first = await followed("desk-stranger", log);
    await first.look();
    log.add("login", AWAY);
    await first.look();
    await expect.poll(first.lines).toEqual(["2 login unknown"]);
    expect(first.heard[0]?.strangerAt).toBeNull();
    await first.stop();
    log.add("key-addresses", AWAY, "changed whitelist");
    const second = await followed("desk-stranger", log);
    await second.look();
    await expect.poll(second.lines).toEqual(["3 key-addresses known"]);
    // The stranger was the log's second entry.
    expect(second.heard[0]?.strangerAt).toEqual(new Date(1_000));
  });

  test("that is not shown for ten minutes is told of, and that it is again", async () => {
    const log = venueLog();
    const on = await followed("desk-unread", log);
    await expect.poll(() => on.alerts.map((one) => `${one.kind} ${one.status}`)).toEqual(["access.unread resolved"]);
    log.told.down = true;
    for (let minute = 0; minute < 9; minute += 1) await on.look();
    expect(on.alerts).toHaveLength(1);
    await on.look();
    await expect.poll(() => on.alerts.at(-1)?.status).toBe("firing");
    log.told.down = false;
    log.add("login-refused", AWAY);
    await on.look();
    await expect.poll(() => on.alerts.at(-1)?.status).toBe("resolved");
    expect(on.lines()).toEqual(["1 login-refused unknown"]);
  });

  test("that a venue does not keep is asked for once, and of test systems never", async () => {
    const mute = venueLog(false);
    const on = await followed("desk-mute", mute);
    await on.clock.advance(5 * MINUTE);
    const paper = venueLog();
    const test_ = await followed("desk-test", paper, "paper");
    await test_.clock.advance(5 * MINUTE);
    expect([mute.told.asked, paper.told.asked, on.alerts]).toEqual([1, 0, []]);
  });
});
