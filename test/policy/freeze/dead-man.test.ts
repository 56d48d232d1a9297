import { expect, test } from "vitest";
import type { Account } from "../../../src/kernel/account.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { openDeadMen } from "../../../src/policy/freeze/dead-man.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { NOON } from "../make.ts";

/** Lets a renewal that answers at once come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** One account with a switch of a minute, kept against a venue that can be told to be silent. */
function kept(venue: Account["venue"] = "okx") {
  const clock = fakeClock(NOON);
  const calls: { at: number; timeoutMs: number; symbols: readonly string[] }[] = [];
  const alerts: Alert[] = [];
  const far = { silent: false, open: ["BTC/USDT:USDT", "BTC/USDT:USDT", "ETH/USDT:USDT"], lost: 0 };
  const deadMen = openDeadMen({
    accounts: new Map([["main", { id: "main", venue, environment: "live" }]]),
    timeouts: new Map([["main", 60_000]]),
    venueOf: async () =>
      ({
        reader: { openOrders: async () => far.open.map((symbol) => ({ symbol })) },
        trader: {
          armDeadMan: async (_: string, timeoutMs: number, symbols: readonly string[]) => {
            if (far.silent) throw new Error("the venue does not answer");
            calls.push({ at: (clock.now().getTime() - NOON.getTime()) / 1_000, timeoutMs, symbols });
          },
        },
      }) as unknown as Venue,
    clock,
    log: silentLog,
  });
  const keep = () =>
    deadMen.keep(async (alert) => {
      if (far.lost > 0) {
        far.lost -= 1;
        throw new Error("not stored");
      }
      alerts.push(alert);
    });
  const told = () => alerts.map((one) => `${one.status} ${one.severity}`);
  return { clock, calls, told, far, deadMen, keep };
}

test("is not known before it was armed, then armed anew three times within its time", async () => {
  const { clock, calls, deadMen, keep } = kept();
  expect(deadMen.armed("main")).toMatchObject({ is: null });
  const stop = keep();
  await settled();
  await clock.advance(60_000);
  expect(calls.map((one) => [one.at, one.timeoutMs])).toEqual([0, 20, 40, 60].map((at) => [at, 60_000]));
  expect(deadMen.armed("main").is).toBe(true);
  expect(deadMen.standing("main")).toBe("armed, 1 min");
  await stop();
  await clock.advance(59_000);
  expect([calls.length, deadMen.armed("main").is]).toEqual([4, true]);
  await clock.advance(1_000);
  expect([calls.length, deadMen.armed("main").is]).toEqual([4, false]);
});

test("an account without a switch has none, and that is known", () => {
  const { deadMen } = kept();
  expect(deadMen.armed("other")).toEqual({ is: false, why: "desk.yaml keeps none for this account" });
  expect(deadMen.standing("other")).toBeNull();
});

test("where the venue arms by instrument, those with open orders are armed, each once", async () => {
  const [binance, okx] = [kept("binanceusdm"), kept("okx")];
  for (const one of [binance, okx]) {
    one.keep();
    await settled();
  }
  expect(binance.calls[0]?.symbols).toEqual(["BTC/USDT:USDT", "ETH/USDT:USDT"]);
  expect(okx.calls[0]?.symbols).toEqual([]);
});

test("a renewal that fails is told, a lapse is critical, and both end with the next one that succeeds", async () => {
  const { clock, told, far, deadMen, keep } = kept();
  keep();
  await clock.advance(20_000);
  far.silent = true;
  await clock.advance(20_000);
  expect(told()).toEqual(["firing high"]);
  expect(deadMen.armed("main").is).toBe(true);
  await clock.advance(20_000);
  expect(told()).toEqual(["firing high"]);
  await clock.advance(20_000);
  expect(told()).toEqual(["firing high", "firing critical"]);
  expect(deadMen.armed("main")).toEqual({ is: false, why: "the venue does not answer" });
  far.silent = false;
  await clock.advance(20_000);
  expect(told()).toEqual(["firing high", "firing critical", "resolved high"]);
  expect(deadMen.armed("main").is).toBe(true);
});

test("a switch that could never be armed is critical at once, and not known", async () => {
  const { told, far, deadMen, keep } = kept();
  far.silent = true;
  keep();
  await settled();
  expect(told()).toEqual(["firing critical"]);
  expect(deadMen.armed("main")).toEqual({ is: null, why: "the venue does not answer" });
});

test("an alert that could not be stored is told at the next renewal", async () => {
  const { clock, told, far, keep } = kept();
  [far.silent, far.lost] = [true, 1];
  keep();
  await settled();
  expect(told()).toEqual([]);
  await clock.advance(20_000);
  expect(told()).toEqual(["firing critical"]);
});
