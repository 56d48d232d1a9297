import { beforeEach, describe, expect, test } from "vitest";
import type { RiskPart } from "../../../src/chat/console/rows/risk.ts";
import { type LiveRisk, openRiskView } from "../../../src/desk/risk/risk-view.ts";
import { type ExposureReader, openExposure } from "../../../src/exposure/exposure.ts";
import { openHedger } from "../../../src/exposure/hedger.ts";
import { DeskError } from "../../../src/kernel/errors.ts";
import { demoBook } from "../../exposure/demo-book.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
let book: Awaited<ReturnType<typeof demoBook>>;
let exposure: ExposureReader;
let risk: LiveRisk;
let readings = 0;
let away: ReadonlySet<string> = new Set();

beforeEach(async () => {
  [readings, away] = [0, new Set()];
  book = await demoBook("2020-03-12", 15);
  exposure = openExposure({
    db: database().db,
    accounts: ["paper-a", "paper-b"],
    readerOf: async (account) => {
      if (away.has(account)) throw new DeskError("VENUE_UNAVAILABLE", "paper does not answer");
      return book.reader;
    },
    hedger: openHedger(),
    collarBps: 500,
  });
  const counted = async () => {
    readings += 1;
    return exposure.overview();
  };
  risk = openRiskView({ ...exposure, overview: counted }, book.clock);
});

/** Lets the storm go on. */
async function pass(seconds: number): Promise<void> {
  for (let tick = 0; tick < seconds * 4; tick += 1) {
    book.clock.move(250);
    await book.exchange.tick();
  }
}

const titles = (part: RiskPart | undefined): readonly string[] => part?.charts.map(({ title }) => title) ?? [];
const partOf = async (key: string): Promise<RiskPart | undefined> =>
  (await risk.read()).parts.find((part) => part.key === key);

describe("the Risk page's charts", () => {
  test("show the desk's deltas, each account's stress and liquidation, and each coin's smile", async () => {
    const { parts } = await risk.read();
    expect(parts.map(({ key }) => key)).toEqual([
      "desk",
      "account-paper-a",
      "account-paper-b",
      "asset-BTC",
      "asset-ETH",
    ]);
    expect(parts.map(({ charts }) => charts.map(({ kind }) => kind))).toEqual([
      ["bars"],
      ["heat", "fan"],
      ["heat", "fan"],
      ["curves", "bars"],
      ["curves", "bars"],
    ]);
    expect(new Set(parts.map(({ at }) => at))).toEqual(new Set([book.clock.now().toISOString()]));
  });

  test("follow the storm without a command", async () => {
    const before = await risk.read();
    await pass(10);
    const after = await risk.read();
    for (const [index, part] of after.parts.entries()) {
      expect(part.at).toBe(book.clock.now().toISOString());
      expect(part.charts[0], part.key).not.toEqual(before.parts[index]?.charts[0]);
    }
  });

  test("of an account that was liquidated are none: a table of zeros would look like a book that loses nothing", async () => {
    await pass(90);
    const flat = await partOf("account-paper-a");
    expect(flat?.charts).toEqual([]);
    expect(flat?.notes).toContain("paper-a holds nothing that moves.");
  });

  test("are read once for everybody who looks, however many and however often", async () => {
    await Promise.all(Array.from({ length: 20 }, () => risk.read()));
    book.clock.move(4_900);
    await Promise.all(Array.from({ length: 20 }, () => risk.read()));
    expect(readings).toBe(1);
    book.clock.move(200);
    await Promise.all(Array.from({ length: 20 }, () => risk.read()));
    expect(readings).toBe(2);
  });

  test.each([
    [100, 5_000],
    [2_000, 10_000],
    [30_000, 60_000],
  ])("rest five times as long as reading took, a minute at most: after %i ms for %i ms", async (tookMs, restMs) => {
    const slow = openRiskView(
      {
        ...exposure,
        overview: async () => {
          readings += 1;
          book.clock.move(tookMs);
          return exposure.overview();
        },
      },
      book.clock,
    );
    expect((await slow.read()).everyMs).toBe(restMs);
    book.clock.move(restMs - 1);
    await slow.read();
    expect(readings).toBe(1);
    book.clock.move(1);
    await slow.read();
    expect(readings).toBe(2);
  });

  test("of an account that falls silent stay as they were, with their time and the reason; the others go on", async () => {
    const [a, b] = [await partOf("account-paper-a"), await partOf("account-paper-b")];
    away = new Set(["paper-b"]);
    await pass(10);
    const [later, silent] = [await partOf("account-paper-a"), await partOf("account-paper-b")];
    expect(silent).toMatchObject({ at: b?.at, charts: b?.charts });
    expect(silent?.notes).toEqual(["paper-b could not be read: paper does not answer."]);
    expect(later?.at).not.toBe(a?.at);
    expect((await partOf("desk"))?.notes).toEqual(["paper-b could not be read: paper does not answer."]);
    // The coin that only the silent account holds keeps its smile, read at the other's venue.
    expect(titles(await partOf("asset-ETH"))[0]).toMatch(/^ETH smile/);
  });

  test("of a desk where nothing answers are as old as they say, and come back by themselves", async () => {
    const before = await risk.read();
    away = new Set(["paper-a", "paper-b"]);
    await pass(10);
    const silent = await risk.read();
    expect(silent.parts.map(({ key, at, charts }) => ({ key, at, charts }))).toEqual(
      before.parts.map(({ key, at, charts }) => ({ key, at, charts })),
    );
    for (const part of silent.parts) expect(part.notes.join(" "), part.key).toContain("paper does not answer");
    away = new Set();
    await pass(10);
    const back = await risk.read();
    expect(back.parts.every(({ at, notes }) => at === book.clock.now().toISOString() && notes.length === 0)).toBe(true);
  });

  test("of an account that never answered say so and draw nothing", async () => {
    away = new Set(["paper-b"]);
    expect(await partOf("account-paper-b")).toMatchObject({ at: null, charts: [] });
  });
});
