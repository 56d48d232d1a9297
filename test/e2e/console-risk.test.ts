import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { RiskPart, RiskView } from "../../src/chat/console/rows/risk.ts";
import type { Chart } from "../../src/chat/picture/chart.ts";
import type { Database } from "../../src/db/client.ts";
import { DeskError } from "../../src/kernel/errors.ts";
import { openBrowser } from "./browser.ts";
import { type TestConsole, openTestConsole, visit } from "./console-desk.ts";
import { freshDatabase } from "./fresh-database.ts";
import { faults, picture } from "./seen.ts";

/** How often this desk lets its books be read: a test need not wait as long as people do. */
const EVERY_MS = 200;

let browser: Browser;
let fresh: Database & AsyncDisposable;
let desk: TestConsole;
let loss = 100;
let asked = 0;
let broken = false;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  [loss, asked, broken] = [100, 0, false];
  fresh = await freshDatabase(inject("postgresUrl"));
  desk = await openTestConsole(fresh.db, {
    risk: async () => {
      asked += 1;
      if (broken) throw new DeskError("DATABASE_UNAVAILABLE", "Postgres does not answer");
      return view();
    },
  });
});
afterEach(async () => {
  await desk.console.close();
  await fresh[Symbol.asyncDispose]();
});

const MOVES = ["-30 %", "-20 %", "-10 %", "-5 %", "0 %", "+5 %", "+10 %", "+20 %"];
const HOURS = ["0", "6", "12", "18", "24"];

const heat = (): Chart => ({
  kind: "heat",
  title: `paper-a loses ${loss} USD at -30 %, volatility +50 %`,
  unit: "USD",
  across: { name: "all coins move", labels: MOVES },
  down: { name: "volatility", labels: ["-10 %", "0 %", "+20 %", "+50 %"] },
  values: [0, 1, 2, 3].map((row) => MOVES.map((_, column) => String((column - 4) * loss - row))),
});
const fan: Chart = {
  kind: "fan",
  title: "BTC below 57,120 liquidates paper-a: 1.20 % within a day",
  unit: "BTC, USD",
  hours: HOURS,
  middle: HOURS.map(() => "61000"),
  bands: [
    {
      name: "98 %",
      low: ["61000", "59000", "58000", "57300", "56800"],
      high: ["61000", "63000", "64000", "65000", "66000"],
    },
  ],
  limits: [{ label: "liquidation", value: "57120" }],
};
const smile: Chart = {
  kind: "curves",
  title: "BTC smile: 55.1 % at the money, skew 0.4 points",
  unit: "% a year",
  across: "strike, USD; dots are marks, lines the fit",
  curves: [
    {
      name: "2026-12-04",
      dots: [
        ["50000", "61"],
        ["61000", "55"],
        ["70000", "60"],
      ],
      line: [
        ["50000", "61"],
        ["61000", "55"],
        ["70000", "60"],
      ],
    },
  ],
  places: [{ label: "forward", across: "61000" }],
};
const delta: Chart = {
  kind: "bars",
  title: "Largest delta: 3,855,885 USD of BTC in paper-a",
  unit: "USD of delta",
  bars: [{ label: "paper-a BTC", value: "3855885" }],
};

function view(): RiskView {
  const at = new Date().toISOString();
  const part = (key: string, title: string, charts: readonly Chart[]): RiskPart => ({
    key,
    title,
    at,
    charts,
    notes: [],
  });
  return {
    everyMs: EVERY_MS,
    parts: [
      part("desk", "Desk", [delta]),
      part("account-paper-a", "paper-a", [heat(), fan]),
      {
        key: "account-paper-b",
        title: "paper-b",
        at: null,
        charts: [],
        notes: ["paper-b could not be read: paper does not answer."],
      },
      part("asset-BTC", "BTC volatility", [smile]),
    ],
  };
}

const captions = (page: Page) => page.locator("figcaption");
const open = async (page: Page, hash = ""): Promise<void> => {
  await page.goto(`${desk.console.url}/risk${hash}`);
  await captions(page).first().waitFor();
};
const cell = (page: Page, text: string) => page.locator("svg text", { hasText: new RegExp(`^${text}$`) }).first();

describe("the Risk page", () => {
  test("moves by itself: a chart's figures and its time follow without a command and without a reload", async () => {
    const { context, page } = await visit(browser, desk, "ana", {});
    await open(page);
    await page.evaluate("globalThis.first = document.querySelector('#account-paper-a')");
    await cell(page, "-400").waitFor();
    const before = await page.locator("#account-paper-a time").getAttribute("datetime");
    loss = 250;
    await page.getByText("paper-a loses 250 USD").waitFor();
    await cell(page, "-1k").waitFor();
    expect(await page.locator("#account-paper-a time").getAttribute("datetime")).not.toBe(before);
    expect(await page.evaluate("globalThis.first === document.querySelector('#account-paper-a')")).toBe(true);
    expect(desk.events).toEqual([]);
    await context.close();
  });

  test("leaves a chart alone that did not change, so that what a pointer reads stays", async () => {
    const { context, page } = await visit(browser, desk, "ana", {});
    await open(page);
    await page.evaluate("globalThis.fan = document.querySelectorAll('#account-paper-a svg')[1]");
    loss = 250;
    await page.getByText("paper-a loses 250 USD").waitFor();
    expect(await page.evaluate("globalThis.fan === document.querySelectorAll('#account-paper-a svg')[1]")).toBe(true);
    await context.close();
  });

  test("says that figures cannot be fetched, strikes them once they are stale, and recovers by itself", async () => {
    const { context, page } = await visit(browser, desk, "ana", { colorScheme: "dark" });
    await open(page);
    broken = true;
    await page.getByRole("status").getByText("Postgres does not answer").waitFor();
    await page.locator("#account-paper-a.stale .as-of", { hasText: "stale since" }).waitFor();
    expect(await captions(page).count()).toBe(4);
    await picture(page, "risk-stale");
    expect(await faults(page)).toEqual([]);
    broken = false;
    await page.getByRole("status").getByText("Read anew").waitFor();
    await page.locator("#account-paper-a:not(.stale)").waitFor();
    await context.close();
  });

  test("says of an account that never answered why, and draws nothing for it", async () => {
    const { context, page } = await visit(browser, desk, "ana", {});
    await open(page);
    const silent = await page.locator("#account-paper-b").innerText();
    expect(silent).toMatch(/never read/);
    expect(silent).toMatch(/paper does not answer/);
    expect(await page.locator("#account-paper-b svg").count()).toBe(0);
    await context.close();
  });

  test("asks for nothing while nobody looks at its tab, and at once when somebody does", async () => {
    const { context, page } = await visit(browser, desk, "ana", {});
    await open(page);
    const look = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { configurable: true, get: () => ${hidden} });
        document.dispatchEvent(new Event("visibilitychange"));`,
      );
    await look(true);
    // One request may be on its way.
    await page.waitForTimeout(2 * EVERY_MS);
    const before = asked;
    await page.waitForTimeout(5 * EVERY_MS);
    expect(asked).toBe(before);
    loss = 250;
    await look(false);
    await page.getByText("paper-a loses 250 USD").waitFor();
    await context.close();
  });

  test("is reached at one account, and its own links move without loading the page anew", async () => {
    const { context, page } = await visit(browser, desk, "guest", { viewport: { width: 1000, height: 500 } });
    await open(page, "#asset-BTC");
    await expect.poll(() => page.evaluate("scrollY > 0 || document.querySelector('main').scrollTop > 0")).toBe(true);
    await page.evaluate("globalThis.kept = true");
    await page.getByRole("link", { name: "paper-a", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("#account-paper-a");
    loss = 250;
    await page.getByText("paper-a loses 250 USD").waitFor();
    expect(await page.evaluate("globalThis.kept")).toBe(true);
    await context.close();
  });

  test.each(["dark", "light"] as const)("can be read by everybody in the %s theme", async (colorScheme) => {
    const { context, page } = await visit(browser, desk, "ana", { colorScheme });
    await open(page);
    await picture(page, `risk-${colorScheme}`);
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test("on a phone the charts stand below each other, and nothing overflows", async () => {
    const { context, page } = await visit(browser, desk, "ana", {
      viewport: { width: 360, height: 740 },
      colorScheme: "light",
    });
    await open(page);
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
    const lefts = await page
      .locator(".risk-part svg")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
    expect(new Set(lefts).size).toBe(1);
    await picture(page, "risk-360");
    expect(await faults(page)).toEqual([]);
    await context.close();
  });
});
