import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import marginBreachFile from "../../playbooks/margin-breach.ts";
import { runBacktest } from "../../src/commandline/backtest.ts";
import { matching } from "../../src/desk/matching.ts";
import type { AnyPlaybook } from "../../src/engine/playbook.ts";
import { openHedger } from "../../src/exposure/hedger.ts";
import { decimal, greater, less } from "../../src/kernel/decimal.ts";
import { gainUsd, summarise } from "../../src/replay/backtest/compare.ts";
import { type LifeResult, live } from "../../src/replay/backtest/life.ts";
import { type BacktestMarket, recordedMarket, stormMarket } from "../../src/replay/backtest/market.ts";
import { backtestHtml, conclusion } from "../../src/replay/backtest/report.ts";

const folder = mkdtempSync(path.join(tmpdir(), "breakwater-backtest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const marginBreach = marginBreachFile as unknown as AnyPlaybook;
const hedger = openHedger();
const inputOf = (one: AnyPlaybook, alert: Parameters<typeof matching>[0]) => matching(alert, [one])[0]?.input ?? null;
const through = (market: BacktestMarket, playbook: AnyPlaybook | null, seed = 1): Promise<LifeResult> =>
  live({ market, playbook, inputOf, hedger, seed });

describe("an account in the storm of May 2021", () => {
  let [acted, alone]: LifeResult[] = [];
  beforeAll(async () => {
    acted = await through(stormMarket("2021-05-19"), marginBreach);
    alone = await through(stormMarket("2021-05-19"), null);
  }, 60_000);

  test("is liquidated when it is left alone, and not where the playbook reduces it in time", () => {
    expect([alone?.liquidated, acted?.liquidated]).toEqual([true, false]);
    expect(alone?.orders).toBe(0);
    expect(acted?.orders).toBeGreaterThan(0);
    expect(greater(acted?.equityEndUsd ?? decimal("0"), alone?.equityEndUsd ?? decimal("0"))).toBe(true);
    expect(acted?.dangerMs).toBeLessThan(alone?.dangerMs ?? 0);
    expect(acted?.story.join("\n")).toMatch(
      /margin.ratio critical[\s\S]*approved[\s\S]*1 of 1 orders filled[\s\S]*safer/,
    );
  });

  test("lives the same life again with the same seed, and another with another", async () => {
    const [same, other] = [
      await through(stormMarket("2021-05-19"), marginBreach),
      await through(stormMarket("2021-05-19"), marginBreach, 2),
    ];
    expect(same).toEqual(acted);
    expect(other.equityEndUsd).not.toBe(acted?.equityEndUsd);
  }, 60_000);

  test("makes a page that says its conclusion, and draws both sides", async () => {
    if (!acted || !alone) throw new Error("both lives were lived before");
    const report = {
      playbook: "margin-breach",
      market: "<storm>",
      ours: summarise("margin-breach", [acted]),
      theirs: summarise("left alone", [alone]),
      gainUsd: gainUsd([acted], [alone]),
      oursLives: [acted],
      theirsLives: [alone],
    };
    expect(conclusion(report)).toMatch(
      /0 of 1 accounts were liquidated instead of 1; final equity was [\d,]+ USD higher/,
    );
    const page = await backtestHtml(report);
    expect(page).toContain("margin-breach on &lt;storm&gt;");
    expect(page.match(/<svg/g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });
});

test("a calm day calls for nothing, and says so", async () => {
  const calm = { ...stormMarket("calm"), lastsMs: 20_000 };
  const life = await through(calm, marginBreach);
  expect([life.runs, life.orders, life.liquidated]).toEqual([0, 0, false]);
});

describe("a recorded market", () => {
  const file = path.join(folder, "falling.csv");
  beforeAll(() => {
    const rows = Array.from({ length: 240 }, (_, minute) => {
      const price = (50_000 - minute * 40).toFixed(1);
      return [1_640_995_200_000 + minute * 60_000, price, price, price, price, "10"].join(",");
    });
    writeFileSync(file, `timestamp,open,high,low,close,volume\n${rows.join("\n")}\n`);
  });

  test("moves the account's price by the same shares", async () => {
    const market = await recordedMarket([file], undefined);
    // From the first minute's opening to the last one's close, a quarter of a minute apart within each.
    expect(market.lastsMs).toBe(239.75 * 60_000);
    const [first, last] = [market.pricesUpTo(0).at(-1), market.pricesUpTo(market.lastsMs).at(-1)];
    // 50,000 falls to 40,440: by the same 19.12 %, the simulated 64,000 to 51,763.2.
    expect([first, last]).toEqual(["64000", "51763.2"]);
  });

  test("whose candles fall in between and close where they opened still costs the account that is left alone", async () => {
    const rows = Array.from({ length: 12 }, (_, hour) => {
      const low = hour === 6 ? 60 : 99;
      return `${1_600_000_000 + hour * 3_600},100,101,${low},100,1`;
    });
    const candles = path.join(folder, "btc-perp-fall_1h.csv");
    writeFileSync(candles, `timestamp,open,high,low,close,volume\n${rows.join("\n")}\n`);
    const market = await recordedMarket([candles], undefined);
    const life = await through(market, null);
    expect(life.liquidated).toBe(true);
    expect(Number(life.drawdownRatio)).toBeGreaterThan(0.9);
  });

  test("is lived through with the playbook's answer", async () => {
    const market = await recordedMarket([file], undefined);
    const acted = await through(market, marginBreach);
    expect(acted.runs).toBeGreaterThan(0);
    expect(less(acted.equityEndUsd, acted.equityStartUsd)).toBe(true);
  }, 60_000);
});

describe("wrong questions are refused in one sentence", () => {
  const usual = { against: "none", seeds: "1" };
  test.each([
    ["a playbook that is not installed", "no-such", [], { ...usual, storm: "calm" }, "there is no playbook no-such"],
    ["a playbook that only people start", "hedge", [], { ...usual, storm: "calm" }, "started by people"],
    ["no market", "margin-breach", [], usual, "name either recordings or a --storm"],
    ["no seeds", "margin-breach", [], { ...usual, storm: "calm", seeds: "0" }, "--seeds was 0"],
  ] as const)("%s", async (_, playbook, recordings, options, why) => {
    await expect(runBacktest(playbook, recordings, options)).rejects.toThrow(why);
  });

  test("a file that is no recording", async () => {
    const file = path.join(folder, "notes.csv");
    writeFileSync(file, "hello\n");
    await expect(runBacktest("margin-breach", [file], usual)).rejects.toThrow(/notes\.csv/);
    expect(readFileSync(file, "utf8")).toBe("hello\n");
  });
});
