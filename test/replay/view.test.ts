import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { fakeClock } from "../../src/kernel/clock.ts";
import { type StartThread, type ThreadSays, openLibrary } from "../../src/replay/view/library.ts";
import { viewRecording } from "../../src/replay/view/recording-view.ts";
import { createThinned } from "../../src/replay/view/thinned.ts";

const folder = mkdtempSync(path.join(tmpdir(), "view-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("prices thinned for a chart", () => {
  const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 1_000 })), {
    minLength: 1,
    maxLength: 400,
  });
  const columnsOf = (steps: readonly (readonly [number, number])[], most: number) => {
    const thinned = createThinned(most);
    let at = 1_700_000_000_000;
    for (const [ms, price] of steps) thinned.take((at += ms), price);
    return { ...thinned.columns(), end: at };
  };

  test("stay few, in order, and lose neither the highest nor the lowest nor the last", () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 50 }), (steps, most) => {
        const { at, low, high, last, end } = columnsOf(steps, most);
        const prices = steps.map(([, price]) => price);
        expect(at.length).toBeLessThanOrEqual(most);
        expect(at).toEqual(at.toSorted((a, b) => a - b));
        expect([Math.min(...low), Math.max(...high)]).toEqual([Math.min(...prices), Math.max(...prices)]);
        expect([at.at(-1), last.at(-1)]).toEqual([end, prices.at(-1)]);
        for (const [i, price] of last.entries()) expect(low[i]! <= price && price <= high[i]!).toBe(true);
      }),
    );
  });

  test("a venue's clock that goes back does not upset them", () => {
    const thinned = createThinned(10);
    thinned.take(5_000, 1);
    thinned.take(1_000, 2);
    expect(thinned.columns()).toEqual({ at: [5_000], low: [1], high: [2], last: [2] });
  });
});

describe("the view of a recording", () => {
  test("is bounded however many markets and rows it has, and says what it leaves out", async () => {
    const file = path.join(folder, "many.csv");
    const rows = Array.from(
      { length: 60_000 },
      (_, i) => `${1_700_000_000_000 + i * 700},${100 + (i % 97)},1,buy,C${i % 40}/USDT`,
    );
    writeFileSync(file, ["timestamp,price,amount,side,symbol", ...rows, ""].join("\n"));
    const view = await viewRecording([file], { detectors: [] });
    expect(view).toMatchObject({ events: 60_000, hits: [], plans: [], left: { markets: 16, hits: 0, plans: 0 } });
    expect(view.markets).toHaveLength(24);
    for (const market of view.markets) expect(market.at.length).toBeLessThanOrEqual(1_200);
    expect([view.from, view.to]).toEqual([1_700_000_000_000, 1_700_000_000_000 + 59_999 * 700]);
  });
});

describe("the library of recordings", () => {
  interface Started {
    readonly recordings: readonly string[];
    readonly say: (said: ThreadSays) => void;
    stopped: boolean;
  }
  function threads() {
    const started: Started[] = [];
    const start: StartThread = (recordings, say) => {
      const one: Started = { recordings, say, stopped: false };
      started.push(one);
      return { stop: async () => void (one.stopped = true) };
    };
    return { started, start };
  }
  const place = (name: string): string => {
    const own = path.join(folder, name);
    mkdirSync(path.join(own, "2026-11-25"), { recursive: true });
    writeFileSync(path.join(own, "2026-11-25", "000001.bwr"), "12345");
    writeFileSync(path.join(own, "trades.csv"), "123");
    for (const other of ["README.md", ".hidden.csv", "notes.txt"]) writeFileSync(path.join(own, other), "x");
    mkdirSync(path.join(own, "empty"));
    return own;
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const clock = () => fakeClock(new Date("2026-11-26T00:00:00Z"));

  test("lists days and files with their size, newest first, and nothing else", async () => {
    const { start } = threads();
    const library = openLibrary(
      [
        { prefix: "", folder: place("a") },
        { prefix: "library:", folder: "/nowhere" },
      ],
      start,
      clock(),
    );
    expect(await library.list()).toEqual([
      { id: "trades.csv", name: "trades.csv", bytes: 3, outcome: null },
      { id: "2026-11-25", name: "2026-11-25", bytes: 5, outcome: null },
    ]);
  });

  test("opens only what it lists", async () => {
    const own = place("b");
    writeFileSync(path.join(folder, "outside.csv"), "1");
    const { start, started } = threads();
    const library = openLibrary([{ prefix: "", folder: own }], start, clock());
    for (const id of [
      "../outside.csv",
      "b/../trades.csv",
      "/etc/passwd",
      "README.md",
      "",
      ".",
      "2026-11-25/000001.bwr",
    ])
      expect([id, await library.open(id)]).toEqual([id, null]);
    expect(started).toEqual([]);
  });

  test("replays one at a time, tells how far it is, and keeps the view", async () => {
    const own = place("c");
    const { start, started } = threads();
    const library = openLibrary([{ prefix: "", folder: own }], start, clock());
    expect(await library.open("2026-11-25")).toEqual({ state: "reading", events: 0, at: null });
    expect(await library.open("trades.csv")).toEqual({ state: "reading", events: 0, at: null });
    expect(started.map((one) => one.recordings)).toEqual([[path.join(own, "2026-11-25")]]);
    started[0]?.say({ type: "progress", events: 7, at: 0 });
    expect(await library.open("2026-11-25")).toEqual({ state: "reading", events: 7, at: "1970-01-01T00:00:00.000Z" });
    started[0]?.say({ type: "view", json: "{}", outcome: "7 events" });
    await settled();
    expect([started[0]?.stopped, started[1]?.recordings]).toEqual([true, [path.join(own, "trades.csv")]]);
    expect(await library.open("2026-11-25")).toEqual({ state: "ready", view: "{}" });
    expect((await library.list()).map((one) => one.outcome)).toEqual([null, "7 events"]);
    started[1]?.say({ type: "failed", reason: "torn" });
    await settled();
    expect(await library.open("trades.csv")).toEqual({ state: "failed", reason: "torn" });
  });

  test("replays a recording again that grew, but not more often than each minute", async () => {
    const own = place("d");
    const { start, started } = threads();
    const time = clock();
    const library = openLibrary([{ prefix: "", folder: own }], start, time);
    await library.open("trades.csv");
    started[0]?.say({ type: "view", json: "{}", outcome: "" });
    await settled();
    writeFileSync(path.join(own, "trades.csv"), "12345");
    expect((await library.open("trades.csv"))?.state).toBe("ready");
    await time.advance(61_000);
    expect((await library.open("trades.csv"))?.state).toBe("reading");
    expect(started).toHaveLength(2);
  });

  test("gives one up that takes longer than a quarter of an hour", async () => {
    const { start, started } = threads();
    const time = clock();
    const library = openLibrary([{ prefix: "", folder: place("e") }], start, time);
    await library.open("trades.csv");
    await time.advance(900_000);
    expect(await library.open("trades.csv")).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("command line"),
    });
    expect(started[0]?.stopped).toBe(true);
  });

  test("a link to a recording elsewhere is the operator's own wish and is followed; a dangling one is passed over", async () => {
    const own = place("f");
    symlinkSync(path.join(folder, "many.csv"), path.join(own, "linked.csv"));
    symlinkSync(path.join(folder, "gone.csv"), path.join(own, "dangling.csv"));
    const library = openLibrary([{ prefix: "", folder: own }], threads().start, clock());
    expect((await library.list()).map((one) => one.id)).toEqual(["trades.csv", "linked.csv", "2026-11-25"]);
  });
});
