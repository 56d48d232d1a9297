import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { demoDesk } from "../../src/commandline/demo-desk.ts";
import { loadConfig } from "../../src/config.ts";
import type { Database } from "../../src/db/client.ts";
import { replayThreads } from "../../src/desk/replay/thread.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { steppedClock } from "../../src/replay/backtest/stepped-clock.ts";
import { createRecorder } from "../../src/replay/recorder.ts";
import { type RecordingLibrary, openLibrary } from "../../src/replay/view/library.ts";
import { createMarkets } from "../../src/sources/feeds/market/markets.ts";
import { translatePaper } from "../../src/sources/feeds/paper-events.ts";
import { openPaper } from "../../src/venues/paper/exchange.ts";
import { openBrowser } from "./browser.ts";
import { type TestConsole, openTestConsole, visit } from "./console-desk.ts";
import { freshDatabase } from "./fresh-database.ts";
import { faults, picture } from "./seen.ts";

const START = new Date("2026-11-20T12:00:00Z");
const home = mkdtempSync(path.join(tmpdir(), "breakwater-viewer-"));
const [own, published] = [path.join(home, "own"), path.join(home, "published")];
const HOSTILE = "<img src=x onerror=alert(1)>.csv";

/** Records two minutes of a storm on the paper exchange, as a running desk does. */
async function recordStorm(): Promise<void> {
  const clock = steppedClock(START, 250, async () => clock.outOfTime(() => exchange.tick()));
  await using recorder = await createRecorder(own);
  const translation = translatePaper({ markets: createMarkets(), emit: recorder.take });
  const exchange = await openPaper({ clock, log: silentLog, seed: 1, storm: "2020-03-12" });
  exchange.onMarket((event) => translation.take(event, clock.now().getTime()));
  await clock.sleep(120_000);
  await exchange.close();
}

let browser: Browser;
let fresh: Database & AsyncDisposable;
let library: RecordingLibrary;
let desk: TestConsole;

beforeAll(async () => {
  mkdirSync(published);
  await recordStorm();
  writeFileSync(path.join(published, HOSTILE), "nothing that anybody knows\n");
  writeFileSync(path.join(published, "README.md"), "no recording");
  writeFileSync(path.join(home, "secret.csv"), "timestamp,price\n1,2\n");
  const config = loadConfig({ BREAKWATER_HOME: home }, { text: demoDesk("2020-03-12", 1, 1), name: "demo desk" });
  const places = [
    { prefix: "", folder: own },
    { prefix: "library:", folder: published },
  ];
  library = openLibrary(places, replayThreads(config.file), systemClock);
  browser = await openBrowser();
  fresh = await freshDatabase(inject("postgresUrl"));
  desk = await openTestConsole(fresh.db, {}, library);
}, 120_000);
afterAll(async () => {
  await desk.console.close();
  await library.close();
  await browser.close();
  await fresh[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const drawn = (page: Page) => page.locator("[data-replay-body]:not([hidden]) canvas").waitFor({ timeout: 90_000 });
const now = (page: Page): Promise<string> => page.locator("[data-replay-now]").innerText();

describe("a recorded day in the console", () => {
  test("is opened from the list, and shows prices, hits, plans and books of the moment that the slider names", async () => {
    const { context, page } = await visit(browser, desk, "ana", { colorScheme: "dark" });
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(`${desk.console.url}/replay`);
    await page.getByRole("link", { name: "2026-11-20" }).click();
    await drawn(page);
    await picture(page, "replay-dark");
    expect(await page.locator("[data-replay-state]").innerText()).toMatch(
      /events from 2026-11-20 12:00:00 to 2026-11-20 12:0[12]:\d\d UTC; .* no gaps; \d+ hits/,
    );
    // It opens at the first hit: the cascade of the first wave.
    expect(await page.locator("[data-replay-hits] li").count()).toBe(1);
    expect(await page.locator("[data-replay-hits]").innerText()).toContain("were liquidated at paper");
    expect(await page.locator("[data-replay-plans]").innerText()).toMatch(
      /margin-breach plan the first reduction: 1 order, no cancels[\s\S]*sell \S+ BTC\/USDT:USDT at least \S+, reduce-only/,
    );
    const first = await now(page);
    await page.getByRole("button", { name: "Later mark" }).click();
    expect((await now(page)) >= first).toBe(true);
    // Scrubbing by keyboard: to the end, where everything has come, and to the beginning, where nothing has.
    const slider = page.getByRole("slider", { name: "Time" });
    await slider.press("End");
    const book = await page.locator("[data-replay-book]").innerText();
    expect(book).toContain("as of 2026-11-20 12:0");
    expect(await page.locator("[data-replay-hits] li").count()).toBeGreaterThan(3);
    await slider.press("Home");
    expect(await now(page)).toBe("2026-11-20 12:00:00 UTC");
    expect(await page.locator("[data-replay-hits]").innerText()).toContain("None yet; the first comes at");
    expect(await page.locator("[data-replay-book]").innerText()).not.toBe(book);
    await page.getByRole("combobox", { name: "Market" }).selectOption("paper ETH/USDT:USDT");
    expect(await page.locator("[data-replay-title]").innerText()).toContain("paper ETH/USDT:USDT moved between");
    // A press into the chart goes to that moment.
    await page.locator("[data-replay-canvas] .u-over").click({ position: { x: 200, y: 60 } });
    expect(await now(page)).not.toBe("2026-11-20 12:00:00 UTC");
    expect(errors).toEqual([]);
    expect(await faults(page)).toEqual([]);
    // What was replayed once is told in the list, and opens at once.
    await page.goto(`${desk.console.url}/replay`);
    expect(await page.locator("tbody").innerText()).toMatch(
      /2026-11-20\s+0\.\d MB\s+\d+ events, \d+ hits, \d+ lines of plans/,
    );
    await context.close();
  }, 120_000);

  test("fits a phone, in light colours", async () => {
    const { context, page } = await visit(browser, desk, "bo", {
      viewport: { width: 360, height: 760 },
      colorScheme: "light",
    });
    await page.goto(`${desk.console.url}/replay/2026-11-20`);
    await drawn(page);
    await picture(page, "replay-phone");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(await page.evaluate("document.querySelector('main').scrollWidth")).toBe(360);
    expect(await faults(page)).toEqual([]);
    await context.close();
  }, 120_000);

  test("that nobody can read says why, and a hostile name stays text", async () => {
    const { context, page } = await visit(browser, desk, "ana");
    await page.goto(`${desk.console.url}/replay`);
    await page.getByRole("link", { name: HOSTILE }).click();
    await page
      .getByText(/It could not be replayed: .* holds nothing that could be recognised/)
      .waitFor({ timeout: 90_000 });
    expect(await page.locator("main img").count()).toBe(0);
    await context.close();
  }, 120_000);

  test("is shown to nobody without a session, and nothing but listed recordings can be named", async () => {
    for (const address of ["/replay", "/replay/2026-11-20", "/api/replays", "/api/replays/2026-11-20"]) {
      const answer = await fetch(`${desk.console.url}${address}`, {
        headers: { accept: "application/json" },
        redirect: "manual",
      });
      expect([address, answer.status]).toEqual([address, 401]);
    }
    const { context, page } = await visit(browser, desk, "guest");
    for (const id of [
      "..",
      "../secret.csv",
      "..%2Fsecret.csv",
      "%2e%2e%2fsecret.csv",
      "library:../secret.csv",
      "library%3A..%2F..%2Fetc%2Fpasswd",
      "README.md",
      "library:README.md",
      path.join(own, "2026-11-20").replaceAll("/", "%2F"),
    ]) {
      const status = await page.evaluate(async (url) => (await fetch(url)).status, `/api/replays/${id}`);
      expect([id, status]).toEqual([id, 404]);
    }
    expect(await page.evaluate(async () => (await fetch("/api/replays/%00")).status)).toBe(400);
    await context.close();
  });
});

test("a desk that recorded nothing yet says what will appear", async () => {
  await using empty = await openTestConsole(
    fresh.db,
    {},
    openLibrary(
      [{ prefix: "", folder: path.join(home, "none") }],
      () => {
        throw new Error("nothing can be opened");
      },
      systemClock,
    ),
  );
  const { context, page } = await visit(browser, empty, "ana", { viewport: { width: 360, height: 760 } });
  await page.goto(`${empty.console.url}/replay`);
  await page.getByText("Nothing was recorded yet").waitFor();
  await picture(page, "replay-empty");
  expect(await faults(page)).toEqual([]);
  await context.close();
});
