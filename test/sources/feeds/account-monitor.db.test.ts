import { desc } from "drizzle-orm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { accountPoints, accountStates } from "../../../src/db/schema.ts";
import type { AccountState } from "../../../src/kernel/account.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { fakeClock } from "../../../src/kernel/clock.ts";
import { decimal } from "../../../src/kernel/decimal.ts";
import { DeskError } from "../../../src/kernel/errors.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { levelOf, marginAlert, monitorAccount } from "../../../src/sources/feeds/account-monitor.ts";
import { liquidationPace } from "../../../src/sources/feeds/liquidation-pace.ts";
import type { AccountListener, VenueReader } from "../../../src/venues/venue.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const START = new Date("2026-11-20T10:00:00Z");
const SETTINGS = {
  pollMs: 1_000,
  staleAfterMs: 10_000,
  highRatio: decimal("0.60"),
  criticalRatio: decimal("0.80"),
};
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await database().db.delete(accountStates);
});

/** An account whose venue says what the test tells it to. */
async function watched(options: { readonly streams?: boolean; readonly ratio?: string; readonly from?: Date } = {}) {
  const clock = fakeClock(options.from ?? START);
  const alerts: Alert[] = [];
  const told: {
    ratio: string | null;
    down: boolean;
    /** The venue takes the question and never answers. */
    mute: boolean;
    /** Alerts cannot be stored. */
    lost: boolean;
    reads: number;
    listener: AccountListener | null;
    positions: readonly { symbol: string }[];
    margin: string;
  } = {
    ratio: options.ratio ?? "0.30",
    down: false,
    mute: false,
    lost: false,
    reads: 0,
    listener: null,
    positions: [{ symbol: "BTC/USDT:USDT" }],
    margin: "30000",
  };
  const reader = {
    account: async (id: string): Promise<AccountState> => {
      told.reads += 1;
      if (told.mute) await new Promise(() => undefined);
      if (told.down) throw new DeskError("VENUE_UNAVAILABLE", "the venue is down for maintenance");
      return {
        account: id,
        venue: "paper",
        equityUsd: decimal("100000"),
        maintenanceMarginUsd: decimal(told.margin),
        marginRatio: told.ratio === null ? null : decimal(told.ratio),
        balances: [],
        positions: told.positions as AccountState["positions"],
        openOrders: [],
        at: clock.now(),
      };
    },
    watchAccount: options.streams
      ? async (_: string, listener: AccountListener) => {
          told.listener = listener;
          return async () => {};
        }
      : null,
  } as Partial<VenueReader> as VenueReader;
  stops.push(
    await monitorAccount({
      database: database(),
      account: { id: "desk-1", venue: "paper", environment: "paper" },
      reader: async () => reader,
      settings: SETTINGS,
      emit: async (alert) => {
        if (told.lost) throw new Error("the database is away");
        alerts.push(alert);
      },
      clock,
      log: silentLog,
    }),
  );
  /** Waits for the look that is under way: its figures are stored with the time of the look. */
  const looked = async (): Promise<void> => {
    await vi.waitFor(async () => {
      const [row] = await database().db.select().from(accountStates);
      if (!told.down) expect(row?.receivedAt).toEqual(clock.now());
    });
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1_000);
      await looked();
    }
  };
  await looked();
  const kinds = () => alerts.map((one) => `${one.kind} ${one.status} ${one.severity}`);
  return { told, alerts, kinds, pass, clock };
}

test.each([
  [[], "paper-a holds no position any more"],
  [[{ symbol: "BTC/USDT:USDT" }], "paper-a is back at a margin ratio of 0.0 %"],
])("an account that was liquidated is not said to be back: %j", (positions, title) => {
  const state = {
    account: "paper-a",
    venue: "paper",
    marginRatio: decimal("0"),
    equityUsd: decimal("684"),
    maintenanceMarginUsd: decimal("0"),
    positions,
  } as unknown as AccountState;
  expect(marginAlert(state, "calm", START)).toMatchObject({ status: "resolved", title });
});

test("a storm that goes on tells its new ratio within seconds, and how long it takes at this pace", async () => {
  const { told, alerts, pass } = await watched({ ratio: "0.80" });
  await pass(14);
  for (const ratio of ["0.81", "0.82", "0.83", "0.84", "0.85"]) {
    told.ratio = ratio;
    await pass(1);
  }
  await pass(1);
  expect(alerts.map((one) => one.title)).toEqual([
    "desk-1 is close to liquidation: margin ratio 80.0 %",
    "desk-1 is close to liquidation: margin ratio 85.0 %",
  ]);
  expect(alerts[0]?.summary).not.toContain("pace");
  expect(alerts[1]?.summary).toMatch(
    /liquidates at 100 %; at 10:00:19 UTC the pace of the last 19\.0 s led there in 57\.0 s\.$/,
  );
});

test("the price that an account's chart and its coin's volatility go by is a contract's, never an option's", async () => {
  const option = { symbol: "BTC/USD:BTC-261225-100000-C", markPrice: "0.0512" };
  const { told, pass } = await watched({ from: new Date("2026-12-01T10:00:00Z") });
  told.positions = [option, { symbol: "BTC/USD:BTC", markPrice: "64000" } as { symbol: string }];
  await pass(1);
  told.positions = [option];
  await pass(1);
  const points = await database().db.select().from(accountPoints).orderBy(desc(accountPoints.at)).limit(2);
  expect(points.map(({ markSymbol, markPrice }) => [markSymbol, markPrice])).toEqual([
    [null, null],
    ["BTC/USD:BTC", "64000"],
  ]);
});

test("an account without a position or money is calm: nothing is left to liquidate", async () => {
  const { told, kinds, pass } = await watched({ ratio: "0.90" });
  told.ratio = null;
  told.positions = [];
  told.margin = "0";
  await pass(1);
  expect(kinds()).toEqual(["margin.ratio firing critical", "margin.ratio resolved high"]);
});

test.each([
  [
    "rises",
    [
      ["0", "0.80"],
      ["30", "0.90"],
    ],
    30_000,
  ],
  [
    "stands",
    [
      ["0", "0.80"],
      ["30", "0.80"],
    ],
    null,
  ],
  [
    "falls",
    [
      ["0", "0.90"],
      ["30", "0.80"],
    ],
    null,
  ],
  ["was read once", [["0", "0.90"]], null],
  [
    "was read a moment ago",
    [
      ["0", "0.80"],
      ["2", "0.90"],
    ],
    null,
  ],
  [
    "is past the end",
    [
      ["0", "0.90"],
      ["30", "1.01"],
    ],
    null,
  ],
  [
    "takes hours",
    [
      ["0", "0.800"],
      ["60", "0.801"],
    ],
    null,
  ],
] as const)("of a margin ratio that %s the time until liquidation is known or not", (_, points, ms) => {
  const read = points.map(([second, ratio]) => ({ atMs: Number(second) * 1_000, ratio: decimal(ratio) }));
  expect(liquidationPace(read)).toEqual(ms === null ? null : { measuredAtMs: 30_000, overMs: 30_000, leftMs: ms });
});

describe("an account under watch", () => {
  test("rises through high to critical, is not repeated each second, and is over only well below the threshold", async () => {
    const { told, kinds, pass, alerts } = await watched();
    await pass(2);
    expect(kinds()).toEqual([]);
    told.ratio = "0.65";
    await pass(3);
    await vi.waitFor(() => expect(kinds()).toEqual(["margin.ratio firing high"]));
    told.ratio = "0.83";
    await pass(3);
    await vi.waitFor(() => expect(kinds().at(-1)).toBe("margin.ratio firing critical"));
    expect(alerts.at(-1)).toMatchObject({
      source: "account-monitor",
      labels: { account: "desk-1", venue: "paper" },
      values: { ratio: "0.83", equityUsd: "100000", maintenanceMarginUsd: "30000" },
    });
    told.ratio = "0.59";
    await pass(3);
    // 0.59 is below 0.60, but not by the twentieth that keeps an alarm from flickering.
    await vi.waitFor(() => expect(kinds().at(-1)).toBe("margin.ratio firing high"));
    told.ratio = "0.50";
    await pass(3);
    await vi.waitFor(() => expect(kinds().at(-1)).toBe("margin.ratio resolved high"));
  });

  test("a standing alarm is said again after a minute, so that a closed incident hears of it", async () => {
    const { told, kinds, pass } = await watched();
    told.ratio = "0.83";
    await pass(70);
    await vi.waitFor(() => expect(kinds()).toEqual(["margin.ratio firing critical", "margin.ratio firing critical"]));
  });

  test("whose venue does not answer is stale after its limit, and says when it is fresh again", async () => {
    const { told, kinds, pass, alerts } = await watched();
    await pass(2);
    told.down = true;
    await pass(9);
    expect(kinds()).toEqual([]);
    await pass(4);
    await vi.waitFor(() => expect(kinds()).toEqual(["feed.stale firing high"]));
    expect(alerts[0]?.summary).toContain("the venue is down for maintenance");
    told.down = false;
    await pass(2);
    await vi.waitFor(() => expect(kinds().at(-1)).toBe("feed.stale resolved high"));
  });

  test("a hundred changes told at once by its stream are one more look, and the venue's own warning is passed on", async () => {
    const { told, kinds, clock } = await watched({ streams: true });
    expect(told.reads).toBe(1);
    for (let change = 0; change < 100; change += 1) told.listener?.onChange();
    await clock.advance(300);
    await vi.waitFor(() => expect(told.reads).toBe(2));
    told.listener?.onAlert({
      source: "account-stream:paper",
      trust: "internal",
      kind: "margin.call",
      status: "firing",
      severity: "critical",
      title: "paper called for margin in desk-1",
      labels: { account: "desk-1", venue: "paper" },
      values: {},
      at: START,
    });
    await vi.waitFor(() => expect(kinds()).toEqual(["margin.call firing critical"]));
  });
});

describe("what is said of an account is never left standing", () => {
  test("a venue that takes the question and never answers is stale, too", async () => {
    const { told, kinds, clock } = await watched();
    told.mute = true;
    for (let second = 0; second < 13; second += 1) await clock.advance(1_000);
    await vi.waitFor(() => expect(kinds()).toEqual(["feed.stale firing high"]));
    // The look under way never ends: whoever stops the watch would wait for it.
    stops.pop();
  });

  test("the end of an alarm that could not be stored is said again", async () => {
    const { told, kinds, pass } = await watched();
    told.ratio = "0.83";
    await pass(2);
    await vi.waitFor(() => expect(kinds()).toEqual(["margin.ratio firing critical"]));
    told.ratio = "0.30";
    told.lost = true;
    await pass(2);
    told.lost = false;
    await pass(2);
    await vi.waitFor(() => expect(kinds().at(-1)).toBe("margin.ratio resolved high"));
  });

  test("that figures are fresh again is said again where it could not be stored", async () => {
    const { told, kinds, pass } = await watched();
    told.down = true;
    await pass(12);
    await vi.waitFor(() => expect(kinds()).toEqual(["feed.stale firing high"]));
    told.down = false;
    told.lost = true;
    await pass(2);
    told.lost = false;
    await pass(2);
    await vi.waitFor(() => expect(kinds().at(-1)).toBe("feed.stale resolved high"));
  });

  test("an alarm of an earlier start is over once the account is read and calm", async () => {
    const first = await watched({ ratio: "0.83" });
    await vi.waitFor(() => expect(first.kinds()).toEqual(["margin.ratio firing critical"]));
    await stops.pop()?.();
    const second = await watched({ from: new Date(START.getTime() + 60_000) });
    await vi.waitFor(() => expect(second.kinds()).toEqual(["feed.stale resolved high", "margin.ratio resolved high"]));
  });
});

test("who stops a watch waits for the look under way, and none comes after it", async () => {
  const { told, clock } = await watched({ streams: true });
  told.listener?.onChange();
  const stop = stops.pop();
  await stop?.();
  const before = told.reads;
  await clock.advance(5_000);
  told.listener?.onChange();
  await clock.advance(5_000);
  expect(told.reads).toBe(before);
});

test("a ratio that the venue does not say counts as critical", () => {
  expect(levelOf(null, "calm", SETTINGS)).toBe("critical");
});
