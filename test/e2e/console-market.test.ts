import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { Database } from "../../src/db/client.ts";
import { marketRows } from "../../src/desk/console/market-rows.ts";
import { type Board, createBoard } from "../../src/sources/feeds/board.ts";
import { createMarkets } from "../../src/sources/feeds/market/markets.ts";
import { openBrowser } from "./browser.ts";
import { type TestConsole, openTestConsole, visit } from "./console-desk.ts";
import { seedHits, seedIncident } from "./console-seed.ts";
import { freshDatabase } from "./fresh-database.ts";
import { faults, picture } from "./seen.ts";

let browser: Browser;
let fresh: Database & AsyncDisposable;
let desk: TestConsole;
let board: Board;
const markets = createMarkets();
let coins = 0;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  fresh = await freshDatabase(inject("postgresUrl"));
  board = createBoard();
  desk = await openTestConsole(fresh.db, { market: (hits) => marketRows(board.rows(), hits, Date.now()) });
});
afterEach(async () => {
  await desk.console.close();
  await fresh[Symbol.asyncDispose]();
});

/** A best quote of an instrument, heard `agoMs` ago. */
function quote(venue: string, raw: string, bid: number, ask: number, agoMs = 0): void {
  const at = Date.now() - agoMs;
  const market = markets.of(venue, raw);
  board.take({ kind: "quote", market, at, receivedAt: at, bid, bidSize: 1, ask, askSize: 2 });
}

/** Two venues of bitcoin, one of which has gaps, a wide basis and a quiet line, and some coins beside. */
function fill(count: number): void {
  quote("binanceusdm", "BTCUSDT", 61_204.1, 61_204.2);
  quote("okx", "BTC-USDT-SWAP", 61_210.5, 61_211, 95_000);
  const [binance, okx] = [markets.of("binanceusdm", "BTCUSDT"), markets.of("okx", "BTC-USDT-SWAP")];
  const now = Date.now();
  board.take({ kind: "mark", market: binance, at: now, receivedAt: now, mark: 61_190, index: 61_240 });
  board.take({ kind: "funding", market: binance, at: now, receivedAt: now, rate: 0.000_1, intervalMs: 28_800_000 });
  const feed = { kind: "feed", market: okx, at: now, receivedAt: now } as const;
  for (const state of ["gap", "gap", "checksum", "crossed"] as const) board.take({ ...feed, state });
  for (let at = 2; at < count; at += 1) quote("binance", `COIN${at}USDT`, 1.0001 * at, 1.0003 * at);
  coins = count;
}

const rowOf = (page: Page, key: string) => page.locator(`[data-quote="${key}"]`);
const THEMES = ["dark", "light"] as const;

describe("the market page", () => {
  test("says what will appear while nothing was heard, and shows the first instrument by itself", async () => {
    const { context, page } = await visit(browser, desk, "ana", { colorScheme: "dark" });
    await page.goto(`${desk.console.url}/market`);
    await page.getByText("No instrument has been heard yet").waitFor();
    await picture(page, "market-0");
    expect(await faults(page)).toEqual([]);
    quote("okx", "BTC-USDT-SWAP", 100, 100.5);
    await rowOf(page, "okx BTC/USDT:USDT").waitFor();
    await picture(page, "market-1");
    await context.close();
  });

  test("prices move without a reload, and a new instrument finds its place", async () => {
    fill(3);
    const { context, page } = await visit(browser, desk, "ana", {});
    await page.goto(`${desk.console.url}/market`);
    await rowOf(page, "binanceusdm BTC/USDT:USDT").getByText("61,204.1").waitFor();
    quote("binanceusdm", "BTCUSDT", 61_300, 61_300.5);
    await rowOf(page, "binanceusdm BTC/USDT:USDT").getByText("61,300.5").waitFor();
    quote("bybit", "BTCUSDT", 61_299, 61_299.5);
    await rowOf(page, "bybit BTC/USDT:USDT").waitFor();
    const keys = await page.locator("[data-quote]").evaluateAll((rows) => rows.map((row) => row.dataset["quote"]));
    expect(keys.filter((key) => key?.includes("BTC"))).toEqual([
      "binanceusdm BTC/USDT:USDT",
      "bybit BTC/USDT:USDT",
      "okx BTC/USDT:USDT",
    ]);
    await context.close();
  });

  test("says what is stale, what was lost, the basis, the funding and who last spoke", async () => {
    fill(2);
    await seedIncident(fresh.db, {
      id: "INC-1",
      severity: "high",
      title: "Large bids were pulled before they could trade",
      labels: { detector: "spoofing" },
      openedAt: new Date(),
    });
    await seedHits(fresh.db, "spoofing", "INC-1", new Date());
    const { context, page } = await visit(browser, desk, "ana", {});
    await page.goto(`${desk.console.url}/market`);
    const okx = await rowOf(page, "okx BTC/USDT:USDT").innerText();
    expect(okx).toMatch(/stale/);
    expect(okx).toMatch(/2 gaps, 1 crossed book, 1 wrong checksum/);
    const binance = await rowOf(page, "binanceusdm BTC/USDT:USDT").innerText();
    expect(binance).toMatch(/-8\.16/);
    expect(binance).toMatch(/\+1\.00 \/ 8 h/);
    expect(binance).toMatch(/spoofing/);
    await rowOf(page, "binanceusdm BTC/USDT:USDT").getByRole("link", { name: "spoofing" }).click();
    await page.getByRole("heading", { name: "Recent hits" }).waitFor();
    await context.close();
  });

  test.each(THEMES)("two hundred instruments can be filtered and read, in the %s theme", async (colorScheme) => {
    fill(200);
    const { context, page } = await visit(browser, desk, "ana", { colorScheme });
    await page.goto(`${desk.console.url}/market`);
    await page.locator("[data-connection='live']").waitFor();
    expect(await page.locator("[data-quote]").count()).toBe(coins);
    await picture(page, `market-200-${colorScheme}`);
    expect(await faults(page)).toEqual([]);
    await page.getByLabel("Filter").fill("btc okx");
    await expect.poll(() => page.locator("[data-quote]:visible").count()).toBe(1);
    await page.getByLabel("Filter").fill("nothing of this name");
    await page.getByText("No instrument matches.").waitFor();
    await context.close();
  });

  test("on a phone each instrument is a block, and nothing overflows", async () => {
    fill(12);
    const { context, page } = await visit(browser, desk, "ana", {
      viewport: { width: 360, height: 740 },
      colorScheme: "light",
    });
    await page.goto(`${desk.console.url}/market?q=btc`);
    await page.locator("[data-connection='live']").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
    await picture(page, "market-360");
    expect(await faults(page)).toEqual([]);
    await context.close();
  });
});

describe("a detector's page", () => {
  test.each(THEMES)(
    "shows what it found, its scores, settings and judgements, in the %s theme",
    async (colorScheme) => {
      await seedIncident(fresh.db, {
        id: "INC-1",
        severity: "high",
        title: "Large bids were pulled before they could trade",
        labels: { detector: "spoofing" },
        openedAt: new Date(),
      });
      await seedHits(fresh.db, "spoofing", "INC-1", new Date());
      const { context, page } = await visit(browser, desk, "ana", {
        colorScheme,
        viewport: colorScheme === "dark" ? { width: 1440, height: 1_500 } : { width: 360, height: 1_500 },
      });
      await page.goto(`${desk.console.url}/detectors/spoofing`);
      await page.locator("[data-scores] canvas").waitFor();
      await page.getByRole("img", { name: /40 hits, the highest score 0\.96/ }).waitFor();
      const text = await page.locator("main").innerText();
      expect(text).toMatch(/1 of 1 right \(100 %\), 1 useful/);
      expect(text).toMatch(/1\.5 s\s+2 s\s+lifeMs: 1500/);
      expect(text).toMatch(/INC-1\s+Large bids were pulled before they could trade\s+useful\s+Ana Ruiz/);
      expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
      await picture(page, `detector-${colorScheme}`);
      expect(await faults(page)).toEqual([]);
      await context.close();
    },
  );

  test("says so where it never spoke; an unknown one is not found", async () => {
    const { context, page } = await visit(browser, desk, "ana", { colorScheme: "dark" });
    await page.goto(`${desk.console.url}/detectors/spoofing`);
    await page.getByText("It has said nothing yet").waitFor();
    await picture(page, "detector-empty");
    expect(await faults(page)).toEqual([]);
    const answer = await page.goto(`${desk.console.url}/detectors/astrology`);
    expect(answer?.status()).toBe(404);
    await context.close();
  });
});
