import { once } from "node:events";
import { eq } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { Database } from "../../src/db/client.ts";
import { incidents, votes } from "../../src/db/schema.ts";
import { type TestConsole, openBrowser, openTestConsole, visit } from "./console-desk.ts";
import { freshDatabase } from "./fresh-database.ts";
import { faults, picture } from "./seen.ts";
import { seedAccount, seedAlerts, seedFreeze, seedIncident, seedLedger, seedOrders, seedPlan } from "./console-seed.ts";

const now = (): Date => new Date();
const inMs = (ms: number): Date => new Date(Date.now() + ms);
let browser: Browser;
let desk: TestConsole;
let fresh: Database & AsyncDisposable;
const database = (): Database => fresh;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(async () => {
  fresh = await freshDatabase(inject("postgresUrl"));
  desk = await openTestConsole(fresh.db);
});
afterEach(async () => {
  await desk.console.close();
  await fresh[Symbol.asyncDispose]();
});

const PAGES = [
  ["alerts", "approvals", "accounts", "orders", "playbooks"],
  ["detectors", "replay", "ledger", "people", "settings"],
] as const;

const margin = {
  id: "INC-1",
  severity: "critical",
  title: "Margin ratio of paper-a is 83.1 %, limit 80 %",
  labels: { account: "paper-a" },
} as const;

async function oneWaiting(setting: Partial<Parameters<typeof seedPlan>[2]> = {}): Promise<string> {
  const { db } = database();
  await seedAccount(db, "paper-a", "0.831", now());
  await seedIncident(db, { ...margin, openedAt: inMs(-200_000) });
  return seedPlan(db, "INC-1", { expiresAt: inMs(280_000), ...setting });
}

describe("deciding", () => {
  test("a person approves with one press; the buttons become one sentence on every open tab", async () => {
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "ana");
    const second = await context.newPage();
    await second.goto(`${desk.console.url}/incidents/INC-1`);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText(/Approved by Ana Ruiz on console at/).waitFor();
    await second.getByText(/Approved by Ana Ruiz on console at/).waitFor();
    expect(await second.getByRole("button", { name: "Approve" }).count()).toBe(0);
    expect(desk.events.map((event) => event.type)).toEqual(["click"]);
    await context.close();
  });

  test("two people press at once: one decision, one private refusal", async () => {
    await oneWaiting();
    const ana = await visit(browser, desk, "ana");
    const bo = await visit(browser, desk, "bo");
    // Neither press reaches the desk before the other was made; otherwise the live update may remove the second button.
    let pressed = 0;
    const both = new EventTarget();
    const bothPressed = once(both, "pressed");
    for (const { page } of [ana, bo])
      await page.route("**/act", async (route) => {
        pressed += 1;
        if (pressed === 2) both.dispatchEvent(new Event("pressed"));
        await bothPressed;
        await route.continue();
      });
    await Promise.all([
      ana.page.getByRole("button", { name: "Approve" }).click(),
      bo.page.getByRole("button", { name: "Approve" }).click(),
    ]);
    await ana.page.locator(".decided").waitFor();
    await bo.page.locator(".decided").waitFor();
    // A refusal stays until the next press; good news leaves by itself, so only the refusal is counted.
    const refusals = async (): Promise<number> => {
      const answers = [ana.page, bo.page].map((page) =>
        page
          .locator(".answer.refused")
          .textContent({ timeout: 100 })
          .catch(() => null),
      );
      return (await Promise.all(answers)).filter((text) =>
        text?.startsWith("Already decided by Ana Ruiz; nothing was done"),
      ).length;
    };
    await expect.poll(refusals).toBe(1);
    expect(desk.events).toHaveLength(2);
    expect(await database().db.select().from(votes)).toHaveLength(1);
    await ana.context.close();
    await bo.context.close();
  });

  test("to deny asks why, going back sends nothing, and the reason goes to the desk", async () => {
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "ana");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("button", { name: "Back" }).click();
    expect(desk.events).toEqual([]);
    await page.getByRole("button", { name: "Deny" }).click();
    const dialog = page.getByRole("dialog", { name: "Deny the plan" });
    await picture(page, "deny");
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Deny" }).click();
    expect(desk.events).toEqual([]);
    await dialog.getByLabel("Why").fill("the venue is about to halt");
    await dialog.getByRole("button", { name: "Deny" }).click();
    await page.locator(".decided").waitFor();
    expect(desk.events).toMatchObject([{ type: "click", fields: { reason: "the venue is about to halt" } }]);
    await context.close();
  });

  test("to resolve asks how it ended, from a fixed list", async () => {
    const { db } = database();
    await seedIncident(db, { ...margin, openedAt: inMs(-200_000) });
    const { context, page } = await visit(browser, desk, "ana");
    await page.getByRole("button", { name: "Resolve" }).click();
    const dialog = page.getByRole("dialog", { name: "Resolve the incident" });
    await dialog.getByLabel("How it ended").selectOption("false-alarm");
    await picture(page, "resolve");
    await dialog.getByRole("button", { name: "Resolve" }).click();
    await expect.poll(() => desk.events).toMatchObject([{ type: "click", fields: { resolution: "false-alarm" } }]);
    await context.close();
  });

  test("a plan above the tier asks for its first word, and does not go without it", async () => {
    await oneWaiting({ notionalUsd: "2500000" });
    const { context, page } = await visit(browser, desk, "ana");
    await page.getByRole("button", { name: "Approve" }).click();
    expect(desk.events).toEqual([]);
    const word = (await page.locator(".typed b").textContent()) ?? "";
    await page.getByLabel(/Type/).fill(word);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText(/Approved by Ana Ruiz/).waitFor();
    await context.close();
  });

  test("real money is asked about once more", async () => {
    await oneWaiting({ environment: "live" });
    const { context, page } = await visit(browser, desk, "ana");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText(/Real money: 2 order/).waitFor();
    await picture(page, "confirm");
    await page.getByRole("button", { name: "Back" }).click();
    expect(desk.events).toEqual([]);
    await context.close();
  });

  test("an expired plan looks dead at once and cannot be pressed", async () => {
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "ana");
    await page.getByRole("button", { name: "Approve" }).waitFor();
    // The plan's end comes closer than the server knows: what the page does by itself is what is tested here.
    await page.evaluate("document.querySelector('[data-plan-until]').dataset.planUntil = new Date().toISOString()");
    await page.getByText(/Expired: nothing/).waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Approve" }).isEnabled()).toBe(false);
    await picture(page, "expired");
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test("a person without roles sees the card and no button", async () => {
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "guest");
    await page.getByText("You may look but not decide").waitFor();
    expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
    await picture(page, "read-only");
    await context.close();
  });

  test("the keyboard acknowledges and moves, and no key approves", async () => {
    await oneWaiting();
    await seedIncident(database().db, { id: "INC-2", severity: "low", title: "Funding of ETH turns", openedAt: now() });
    const { context, page } = await visit(browser, desk, "ana");
    await page.keyboard.press("j");
    await page.waitForURL(/INC-2$/);
    await page.keyboard.press("k");
    await page.waitForURL(/INC-1$/);
    await page.locator("[data-incident='INC-1']").waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("y");
    await page.keyboard.press("a");
    await page.getByText("acknowledged", { exact: true }).first().waitFor();
    expect(desk.events.map((event) => (event.type === "click" ? event.token.split(":")[2] : event.type))).toEqual([
      "acknowledge",
    ]);
    await context.close();
  });
});

describe("living", () => {
  test("a new incident appears without a reload, and an older version never replaces a newer one", async () => {
    const { db } = database();
    const { context, page } = await visit(browser, desk, "ana");
    await page.getByText("All quiet").waitFor();
    await seedIncident(db, { ...margin, openedAt: now() });
    desk.console.publish({ type: "card", incident: "INC-1", version: 1 });
    await page.getByRole("heading", { name: margin.title }).waitFor();
    await db.update(incidents).set({ version: 9, title: "Newer title" }).where(eq(incidents.id, "INC-1"));
    desk.console.publish({ type: "card", incident: "INC-1", version: 9 });
    await page.getByRole("heading", { name: "Newer title" }).waitFor();
    await db.update(incidents).set({ version: 5, title: "Older title" }).where(eq(incidents.id, "INC-1"));
    desk.console.publish({ type: "card", incident: "INC-1", version: 5 });
    await seedIncident(db, { id: "INC-2", severity: "high", title: "Later one", openedAt: now() });
    desk.console.publish({ type: "card", incident: "INC-2", version: 1 });
    await page.locator(".row-title", { hasText: "Later one" }).waitFor();
    expect(await page.getByRole("heading", { name: "Older title" }).count()).toBe(0);
    await context.close();
  });

  test("a new incident does not move the row under the pointer", async () => {
    const { db } = database();
    await seedIncident(db, { id: "INC-1", severity: "low", title: "Resting", openedAt: now() });
    const { context, page } = await visit(browser, desk, "ana");
    const row = page.locator("[data-row='INC-1']");
    await row.hover();
    const before = await row.boundingBox();
    await seedIncident(db, { id: "INC-2", severity: "critical", title: "Louder", openedAt: now() });
    desk.console.publish({ type: "card", incident: "INC-2", version: 1 });
    await page.getByRole("button", { name: "1 new" }).waitFor();
    expect(await row.boundingBox()).toEqual(before);
    await page.getByRole("button", { name: "1 new" }).click();
    await page.locator("[data-row='INC-2']").waitFor();
    await context.close();
  });

  test("stale figures are struck and say since when; what is not known says unknown", async () => {
    const { db } = database();
    await seedAccount(db, "paper-a", "0.42", inMs(-90_000));
    await seedAccount(db, "paper-b", null, now());
    const { context, page } = await visit(browser, desk, "ana");
    await page.locator("[data-account='paper-a'].stale").waitFor();
    expect(await page.locator("[data-account='paper-a'] .as-of").textContent()).toBe("stale since");
    expect(await page.locator("[data-account='paper-b'] .unknown").count()).toBe(2);
    await picture(page, "stale");
    await context.close();
  });

  test("a lost connection is said, decisions wait, and the page catches up by itself", async () => {
    const { db } = database();
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "ana");
    await page.locator("[data-connection='live']").waitFor();
    await context.setOffline(true);
    await desk.console.close();
    await page
      .getByRole("alert")
      .getByText(/Connection lost/)
      .waitFor();
    await picture(page, "disconnected");
    await page.getByRole("button", { name: "Approve" }).click({ force: true });
    expect(desk.events).toEqual([]);
    const port = Number(new URL(desk.console.url).port);
    desk = await openTestConsole(db, { port });
    await seedIncident(db, { id: "INC-2", severity: "high", title: "While you were away", openedAt: now() });
    await context.setOffline(false);
    await page.locator(".row-title", { hasText: "While you were away" }).waitFor();
    await page.locator("[data-connection='live']").waitFor();
    await context.close();
  });

  test("a page that missed changes catches up by itself, and keeps what was typed", async () => {
    const { db } = database();
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "ana");
    await page.locator("[data-connection='live']").waitFor();
    await page.locator("#command").fill("/note half a sentence");
    await db.update(incidents).set({ version: 7, title: "What it became" }).where(eq(incidents.id, "INC-1"));
    await seedIncident(db, { id: "INC-2", severity: "high", title: "Unheard", openedAt: now() });
    desk.console.publish({ type: "all" });
    await page.locator(".row-title", { hasText: "Unheard" }).waitFor();
    await page.getByRole("heading", { name: "What it became" }).waitFor();
    expect(await page.locator("#command").inputValue()).toBe("/note half a sentence");
    await context.close();
  });

  test("the command line completes, answers with a table and remembers", async () => {
    const { context, page } = await visit(browser, desk, "ana");
    await page.keyboard.press("/");
    await page.keyboard.type("/pos");
    await page.getByRole("option", { name: /positions/ }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("cell", { name: "BTC/USDT:USDT" }).waitFor();
    await page.keyboard.press("ArrowUp");
    expect(await page.locator("#command").inputValue()).toBe("/positions");
    await page.locator("#command").fill("/nonsense");
    await page.keyboard.press("Enter");
    await page.getByText("There is no /nonsense; /help lists the commands.").waitFor();
    await picture(page, "command");
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test("the fifth tab lives; the first one rests until somebody looks at it", async () => {
    const { context, page } = await visit(browser, desk, "ana");
    for (let tab = 0; tab < 4; tab += 1) {
      const more = await context.newPage();
      await more.goto(desk.console.url);
      await more.locator("[data-connection='live']").waitFor();
    }
    await page.locator("[data-connection='parked']").waitFor();
    expect(desk.console.watching()).toBe(4);
    await context.close();
    await expect.poll(() => desk.console.watching()).toBe(0);
  });
});

describe("looking", () => {
  const themes = ["dark", "light"] as const;

  test.each(themes)("one incident is readable and accessible in the %s theme", async (colorScheme) => {
    await oneWaiting({ needed: 2 });
    await seedFreeze(database().db, "account:paper-b", "reducing", "Venue asked us to reduce");
    const { context, page } = await visit(browser, desk, "ana", { colorScheme });
    await page.getByRole("img", { name: /Margin ratio of paper-a rose to 82/ }).waitFor();
    await picture(page, `one-${colorScheme}`);
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test.each(themes)("the quiet desk says what will appear, in the %s theme", async (colorScheme) => {
    const { context, page } = await visit(browser, desk, "ana", { colorScheme });
    await page.getByText("All quiet").waitFor();
    await picture(page, `empty-${colorScheme}`);
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test("everything on fire: halted desk, five hundred incidents, long names, right-to-left text", async () => {
    const { db } = database();
    const long = "BTC-26DEC25-120000-C/USDT:USDT-THE-LONGEST-INSTRUMENT-NAME-THAT-A-VENUE-EVER-LISTED";
    await oneWaiting({ symbols: [long, "ETH/USDT:USDT"], needed: 2 });
    await seedFreeze(db, "firm", "halted", "Withdrawals stopped at two venues; nothing is sent until Ana says so");
    const severities = ["critical", "high", "medium", "low", "info"] as const;
    await db.insert(incidents).values(
      Array.from({ length: 500 }, (_, index) => ({
        id: `INC-${index + 2}`,
        correlationKey: `k-${index}`,
        kind: "feed.stale",
        severity: severities[index % 5] ?? "info",
        trust: "internal" as const,
        title:
          index === 0
            ? "تنبيه: نسبة الهامش في paper-a تجاوزت الحد \u202E%08"
            : `Feed ${index} of deribit is silent for ${index} s`,
        labels: { account: index === 1 ? "an-account-with-a-name-that-goes-on-and-on-and-on-and-on" : "paper-b" },
        values: {},
        owner: index === 3 ? "Maximiliane-Theodora von Hohenstein-Wallersee y Fernández de Córdoba" : null,
        openedAt: inMs(-index * 1_000),
        lastAlertAt: now(),
      })),
    );
    const { context, page } = await visit(browser, desk, "ana", { colorScheme: "dark" });
    expect(await page.locator("[data-row]").count()).toBe(500);
    await page.getByText("Trading halted").waitFor();
    await picture(page, "fire");
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
    await page.getByRole("link", { name: /INC-2\b.*تنبيه/s }).click();
    await page.getByRole("heading", { name: /U\+202E/ }).waitFor();
    await picture(page, "rtl");
    await page.getByLabel("Filter incidents").fill("INC-77");
    await expect.poll(() => page.locator("[data-row]:visible").count()).toBe(1);
    await context.close();
  });

  test.each([
    [360, 740],
    [820, 1_100],
    [720, 450],
  ] as const)("%i px wide, nothing overflows and approve is in reach", async (width, height) => {
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "ana", { viewport: { width, height }, colorScheme: "dark" });
    await picture(page, `list-${width}`);
    await page.goto(`${desk.console.url}/incidents/INC-1`);
    const box = await page.getByRole("button", { name: "Approve" }).boundingBox();
    expect(box && box.y + box.height <= height && box.x + box.width <= width).toBe(true);
    expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
    await picture(page, `card-${width}`);
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test.each(PAGES)(
    "the pages %s, %s, %s, %s and %s are accessible, filled with what an incident leaves behind",
    async (...names) => {
      const { db } = database();
      const hash = await oneWaiting();
      await seedOrders(db, hash, "INC-1");
      await seedLedger(db, 12, now());
      await seedAlerts(db, "INC-1", now());
      const { context, page } = await visit(browser, desk, "ana", { colorScheme: "light" });
      const found: string[] = [];
      for (const name of names) {
        await page.goto(`${desk.console.url}/${name}`);
        await page.locator("[data-connection='live']").waitFor();
        await picture(page, `page-${name}`);
        found.push(...(await faults(page)).map((fault) => `${name}: ${fault}`));
      }
      expect(found).toEqual([]);
      await context.close();
    },
  );

  test("without script the card reads, and a plain form decides", async () => {
    await oneWaiting();
    const { context, page } = await visit(browser, desk, "ana", { javaScriptEnabled: false });
    await page.goto(`${desk.console.url}/incidents/INC-1`);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("heading", { name: "Done" }).waitFor();
    await page.getByRole("link", { name: "Back" }).click();
    await page.getByText(/Approved by Ana Ruiz/).waitFor();
    await context.close();
  });
});
