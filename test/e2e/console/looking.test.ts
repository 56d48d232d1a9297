import { describe, expect, test } from "vitest";
import { incidents } from "../../../src/db/schema.ts";
import { visit } from "../console-desk.ts";
import { faults, picture } from "../seen.ts";
import { seedAlerts, seedFreeze, seedLedger, seedOrders } from "../console-seed.ts";
import { inMs, now, oneWaiting, openScene } from "./scene.ts";

const scene = openScene();

const PAGES = [
  ["alerts", "approvals", "accounts", "orders", "playbooks"],
  ["detectors", "replay", "ledger", "people", "settings"],
] as const;

describe("looking", () => {
  const themes = ["dark", "light"] as const;

  test.each(themes)("one incident is readable and accessible in the %s theme", async (colorScheme) => {
    await oneWaiting(scene.db, { needed: 2 });
    await seedFreeze(scene.db, "account:paper-b", "reducing", "Venue asked us to reduce");
    const { context, page } = await visit(scene.browser, scene.desk, "ana", { colorScheme });
    await page.getByRole("img", { name: /Margin ratio of paper-a rose to 82/ }).waitFor();
    await picture(page, `one-${colorScheme}`);
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test.each(themes)("the quiet desk says what will appear, in the %s theme", async (colorScheme) => {
    const { context, page } = await visit(scene.browser, scene.desk, "ana", { colorScheme });
    await page.getByText("All quiet").waitFor();
    await picture(page, `empty-${colorScheme}`);
    expect(await faults(page)).toEqual([]);
    await context.close();
  });

  test("everything on fire: halted desk, five hundred incidents, long names, right-to-left text", async () => {
    const { db } = scene;
    const long = "BTC-26DEC25-120000-C/USDT:USDT-THE-LONGEST-INSTRUMENT-NAME-THAT-A-VENUE-EVER-LISTED";
    await oneWaiting(scene.db, { symbols: [long, "ETH/USDT:USDT"], needed: 2 });
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
    const { context, page } = await visit(scene.browser, scene.desk, "ana", { colorScheme: "dark" });
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
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "ana", {
      viewport: { width, height },
      colorScheme: "dark",
    });
    await picture(page, `list-${width}`);
    await page.goto(`${scene.desk.console.url}/incidents/INC-1`);
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
      const { db } = scene;
      const hash = await oneWaiting(scene.db);
      await seedOrders(db, hash, "INC-1");
      await seedLedger(db, 12, now());
      await seedAlerts(db, "INC-1", now());
      const { context, page } = await visit(scene.browser, scene.desk, "ana", { colorScheme: "light" });
      const found: string[] = [];
      for (const name of names) {
        await page.goto(`${scene.desk.console.url}/${name}`);
        await page.locator("[data-connection='live']").waitFor();
        await picture(page, `page-${name}`);
        found.push(...(await faults(page)).map((fault) => `${name}: ${fault}`));
      }
      expect(found).toEqual([]);
      await context.close();
    },
  );

  test("no column of a table is out of sight: the plan's beside two others, every page's on a phone", async () => {
    const { db } = scene;
    const hash = await oneWaiting(db);
    await seedOrders(db, hash, "INC-1");
    await seedLedger(db, 12, now());
    await seedAlerts(db, "INC-1", now());
    const cut = `[...document.querySelectorAll(".scroll-x")].filter((one) => one.scrollWidth > one.clientWidth)
      .map((one) => location.pathname + ": " + one.getAttribute("aria-label"))`;
    const found: unknown[] = [];
    const wide = await visit(scene.browser, scene.desk, "ana", { viewport: { width: 1_280, height: 800 } });
    await wide.page.goto(`${scene.desk.console.url}/incidents/INC-1`);
    found.push(await wide.page.evaluate(cut));
    await wide.context.close();
    const phone = await visit(scene.browser, scene.desk, "ana", { viewport: { width: 390, height: 844 } });
    for (const name of [...PAGES.flat(), "incidents/INC-1"]) {
      await phone.page.goto(`${scene.desk.console.url}/${name}`);
      await phone.page.locator("[data-connection='live']").waitFor();
      await picture(phone.page, `phone-${name.replace("/", "-")}`);
      found.push(await phone.page.evaluate(cut));
    }
    await phone.context.close();
    expect(found.flat()).toEqual([]);
  });

  test("without script the card reads, and a plain form decides", async () => {
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "ana", { javaScriptEnabled: false });
    await page.goto(`${scene.desk.console.url}/incidents/INC-1`);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("heading", { name: "Done" }).waitFor();
    await page.getByRole("link", { name: "Back" }).click();
    await page.getByText(/Approved by Ana Ruiz/).waitFor();
    await context.close();
  });
});
