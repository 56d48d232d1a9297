import { describe, expect, test } from "vitest";
import { eq } from "drizzle-orm";
import { incidents } from "../../../src/db/schema.ts";
import { visit } from "../console-desk.ts";
import { faults, picture } from "../seen.ts";
import { seedAccount, seedIncident } from "../console-seed.ts";
import { inMs, margin, now, oneWaiting, openScene } from "./scene.ts";

const scene = openScene();

describe("living", () => {
  test("a new incident appears without a reload, and an older version never replaces a newer one", async () => {
    const { db } = scene;
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.getByText("All quiet").waitFor();
    await seedIncident(db, { ...margin, openedAt: now() });
    scene.desk.console.publish({ type: "card", incident: "INC-1", version: 1 });
    await page.getByRole("heading", { name: margin.title }).waitFor();
    await db.update(incidents).set({ version: 9, title: "Newer title" }).where(eq(incidents.id, "INC-1"));
    scene.desk.console.publish({ type: "card", incident: "INC-1", version: 9 });
    await page.getByRole("heading", { name: "Newer title" }).waitFor();
    await db.update(incidents).set({ version: 5, title: "Older title" }).where(eq(incidents.id, "INC-1"));
    scene.desk.console.publish({ type: "card", incident: "INC-1", version: 5 });
    await seedIncident(db, { id: "INC-2", severity: "high", title: "Later one", openedAt: now() });
    scene.desk.console.publish({ type: "card", incident: "INC-2", version: 1 });
    await page.locator(".row-title", { hasText: "Later one" }).waitFor();
    expect(await page.getByRole("heading", { name: "Older title" }).count()).toBe(0);
    await context.close();
  });

  test("a new incident does not move the row under the pointer", async () => {
    const { db } = scene;
    await seedIncident(db, { id: "INC-1", severity: "low", title: "Resting", openedAt: now() });
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    const row = page.locator("[data-row='INC-1']");
    await row.hover();
    const before = await row.boundingBox();
    await seedIncident(db, { id: "INC-2", severity: "critical", title: "Louder", openedAt: now() });
    scene.desk.console.publish({ type: "card", incident: "INC-2", version: 1 });
    await page.getByRole("button", { name: "1 new" }).waitFor();
    expect(await row.boundingBox()).toEqual(before);
    await page.getByRole("button", { name: "1 new" }).click();
    await page.locator("[data-row='INC-2']").waitFor();
    await context.close();
  });

  test("stale figures are struck and say since when; what is not known says unknown", async () => {
    const { db } = scene;
    await seedAccount(db, "paper-a", "0.42", inMs(-90_000));
    await seedAccount(db, "paper-b", null, now());
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.locator("[data-account='paper-a'].stale").waitFor();
    expect(await page.locator("[data-account='paper-a'] .as-of").textContent()).toBe("stale since");
    expect(await page.locator("[data-account='paper-b'] .unknown").count()).toBe(2);
    await picture(page, "stale");
    await context.close();
  });

  test("a lost connection is said, decisions wait, and the page catches up by itself", async () => {
    const { db } = scene;
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.locator("[data-connection='live']").waitFor();
    await context.setOffline(true);
    await scene.desk.console.close();
    await page
      .getByRole("alert")
      .getByText(/Connection lost/)
      .waitFor();
    await picture(page, "disconnected");
    await page.getByRole("button", { name: "Approve" }).click({ force: true });
    expect(scene.desk.events).toEqual([]);
    const port = Number(new URL(scene.desk.console.url).port);
    await scene.reopen(port);
    await seedIncident(db, { id: "INC-2", severity: "high", title: "While you were away", openedAt: now() });
    await context.setOffline(false);
    await page.locator(".row-title", { hasText: "While you were away" }).waitFor();
    await page.locator("[data-connection='live']").waitFor();
    await context.close();
  });

  test("a page that missed changes catches up by itself, and keeps what was typed", async () => {
    const { db } = scene;
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.locator("[data-connection='live']").waitFor();
    await page.locator("#command").fill("/note half a sentence");
    await db.update(incidents).set({ version: 7, title: "What it became" }).where(eq(incidents.id, "INC-1"));
    await seedIncident(db, { id: "INC-2", severity: "high", title: "Unheard", openedAt: now() });
    scene.desk.console.publish({ type: "all" });
    await page.locator(".row-title", { hasText: "Unheard" }).waitFor();
    await page.getByRole("heading", { name: "What it became" }).waitFor();
    expect(await page.locator("#command").inputValue()).toBe("/note half a sentence");
    await context.close();
  });

  test("the command line completes, answers with a table and remembers", async () => {
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
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
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    for (let tab = 0; tab < 4; tab += 1) {
      const more = await context.newPage();
      await more.goto(scene.desk.console.url);
      await more.locator("[data-connection='live']").waitFor();
    }
    await page.locator("[data-connection='parked']").waitFor();
    expect(scene.desk.console.watching()).toBe(4);
    await context.close();
    await expect.poll(() => scene.desk.console.watching()).toBe(0);
  });
});
