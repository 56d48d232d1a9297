import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { incidents } from "../../src/db/schema.ts";
import { openBacktests } from "../../src/desk/backtest/backtests.ts";
import { type LifeTask, liveTask } from "../../src/desk/backtest/life-task.ts";
import { knownRecordings, marketsNamed } from "../../src/desk/backtest/recordings.ts";
import type { Person } from "../../src/desk/command.ts";
import type { Durable } from "../../src/engine/durable.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { loadPlaybooks } from "../../src/load.ts";
import type { LifeResult } from "../../src/replay/backtest/life.ts";
import { SEAL } from "../policy/control.ts";
import { withDatabase } from "../with-database.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "recordings-"));
  for (const name of ["2026-11-20", "2026-11-21", "record-2026-11-22T10Z"]) mkdirSync(path.join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("what a backtest can be asked for", () => {
  test.each([
    ["2020-03-12", [{ storm: "2020-03-12" }]],
    ["calm", [{ storm: "calm" }]],
    ["2026-11-20", ["2026-11-20"]],
    ["record-2026-11-22T10Z", ["record-2026-11-22T10Z"]],
    ["2026-11-20..2026-11-21", ["2026-11-20", "2026-11-21"]],
  ])("%s", (name, expected) => {
    expect(marketsNamed(name, folder)).toEqual(
      expected.map((one) => (typeof one === "string" ? { folder: path.join(folder, one) } : one)),
    );
  });

  test.each([
    ["a day that was not recorded", "2026-11-23"],
    ["a span with a gap", "2026-11-20..2026-11-22"],
    ["a span that runs backwards", "2026-11-21..2026-11-20"],
    ["a span of years", "2020-01-01..2026-11-20"],
    ["a way out of the folder", "../../etc"],
    ["a hidden folder", ".ssh"],
    ["nothing", ""],
  ])("not %s", (_, name) => {
    expect(() => marketsNamed(name, folder)).toThrow(/recording|span/);
  });

  test("storms first, then the newest recordings", () => {
    expect(knownRecordings(folder).map((one) => one.value)).toEqual([
      "calm",
      "2020-03-12",
      "2021-05-19",
      "2025-10-10",
      "record-2026-11-22T10Z",
      "2026-11-21",
      "2026-11-20",
    ]);
    expect(knownRecordings(path.join(folder, "absent"))).toHaveLength(4);
  });
});

const database = withDatabase();
const ana: Person = { id: "ana", name: "Ana Ruiz", roles: ["trader"], surface: "slack" };

/** A life that ended with so much; the playbook's ended better. */
const lifeOf = ({ life }: LifeTask): LifeResult => ({
  seed: life.seed,
  equityStartUsd: decimal("1000"),
  equityEndUsd: decimal(life.playbook === null ? "400" : `${700 + life.seed}`),
  drawdownRatio: decimal("0.3"),
  liquidated: life.playbook === null,
  dangerMs: 1_000,
  feesUsd: decimal("1"),
  slippageBps: "2.5",
  runs: life.playbook === null ? 0 : 1,
  orders: 1,
  decideMs: 100,
  story: [],
  curve: [{ ms: 0, equityUsd: decimal("1000"), ratio: decimal("0.8") }],
});

/** An engine that does everything at once, in this process; the queue over replicas has its own test. */
async function stage(spread: (task: LifeTask) => LifeResult) {
  const bodies = new Map<string, (run: string, input: string) => Promise<void>>();
  const begun: string[] = [];
  const durable = {
    define: (name: string, body: (run: string, input: string) => Promise<void>) => void bodies.set(name, body),
    defineTask: () => {},
    async start(name: string, run: string, input = "") {
      // A run that is known is not begun again, as the engine does it.
      if (begun.includes(run)) return;
      begun.push(run);
      await bodies.get(name)?.(run, input);
    },
    step: <T>(_: string, work: () => Promise<T>) => work(),
    spread: async (_: string, tasks: readonly { input: string }[]) =>
      tasks.map(({ input }) => JSON.stringify(spread(JSON.parse(input) as LifeTask))),
  } as unknown as Durable;
  const backtests = openBacktests({
    durable,
    database: database(),
    playbooks: await loadPlaybooks(),
    folder,
    paint: async () => new Uint8Array([1]),
    seal: SEAL,
    log: silentLog,
  });
  backtests.define();
  const rowOf = async (id: string) =>
    (await database().db.select().from(incidents).where(eq(incidents.id, id)))[0] ?? null;
  return { backtests, begun, rowOf };
}

const asked = { playbook: "margin-breach", recording: "2026-11-20..2026-11-21", against: "none", seeds: 3 };

describe("a backtest asked for in chat", () => {
  test("gets an incident whose card says both sides line by line and the result in a sentence", async () => {
    const { backtests, begun, rowOf } = await stage(lifeOf);
    const id = await backtests.begin(ana, asked);
    expect(begun).toEqual([`backtest:${id}`]);
    expect(await rowOf(id)).toMatchObject({
      kind: "backtest",
      severity: "info",
      status: "resolved",
      title: "Backtest of margin-breach on 2026-11-20..2026-11-21",
      outcome:
        "On 2026-11-20..2026-11-21, with margin-breach 0 of 6 accounts were liquidated instead of 6; final equity was 302 USD higher in the median",
    });
    expect((await rowOf(id))?.summary).toContain("Liquidated: 0 of 6; left alone: 6 of 6");
  });

  test("is begun once for a delivery that is taken up again, and anew for another", async () => {
    const { backtests, begun } = await stage(lifeOf);
    const request = { ...ana, request: "slack:1.1" };
    const id = await backtests.begin(request, asked);
    expect(await backtests.begin(request, asked)).toBe(id);
    expect(begun).toEqual([`backtest:${id}`]);
    expect(await backtests.begin({ ...ana, request: "slack:2.2" }, asked)).not.toBe(id);
    expect(begun).toHaveLength(2);
  });

  test("says on its card that it failed, and why", async () => {
    const { backtests, rowOf } = await stage(() => {
      throw new Error("the recording ends in the middle of nothing");
    });
    const row = await rowOf(await backtests.begin(ana, asked));
    expect(row).toMatchObject({
      status: "resolved",
      outcome: "the backtest failed: the recording ends in the middle of nothing",
    });
  });

  test.each([
    ["a playbook that is not installed", { playbook: "magic" }, /magic is no playbook/],
    ["a playbook that people start", { playbook: "hedge" }, /answers alerts/],
    ["an opponent that is not installed", { against: "magic" }, /magic is no playbook/],
    ["more lives than chat may ask for", { seeds: 51 }, /from 1 to 50/],
    ["half a life", { seeds: 0.5 }, /whole number/],
  ])("is refused with a reason for %s, and opens nothing", async (_, wrong, why) => {
    const { backtests, begun } = await stage(lifeOf);
    const before = await database().db.select().from(incidents);
    await expect(backtests.begin(ana, { ...asked, ...wrong })).rejects.toThrow(why);
    expect(begun).toEqual([]);
    expect(await database().db.select().from(incidents)).toHaveLength(before.length);
  });
});

test(
  "a life is lived in a thread of its own, and a recording that is elsewhere is said to be",
  { timeout: 120_000 },
  async () => {
    const alone = await liveTask({ life: { market: { storm: "2020-03-12" }, playbook: null, seed: 1 } });
    expect(alone).toMatchObject({ seed: 1, liquidated: true, runs: 0 });
    const absent = { folder: path.join(folder, "2026-01-01") };
    await expect(liveTask({ life: { market: absent, playbook: null, seed: 1 } })).rejects.toThrow(
      /not on this replica/,
    );
  },
);
