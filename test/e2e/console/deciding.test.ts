import { describe, expect, test } from "vitest";
import { once } from "node:events";
import { votes } from "../../../src/db/schema.ts";
import { visit } from "../console-desk.ts";
import { faults, picture } from "../seen.ts";
import { seedIncident } from "../console-seed.ts";
import { inMs, margin, now, oneWaiting, openScene } from "./scene.ts";

const scene = openScene();

describe("deciding", () => {
  test("a person approves with one press; the buttons become one sentence on every open tab", async () => {
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    const second = await context.newPage();
    await second.goto(`${scene.desk.console.url}/incidents/INC-1`);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText(/Approved by Ana Ruiz on console at/).waitFor();
    await second.getByText(/Approved by Ana Ruiz on console at/).waitFor();
    expect(await second.getByRole("button", { name: "Approve" }).count()).toBe(0);
    expect(scene.desk.events.map((event) => event.type)).toEqual(["click"]);
    await context.close();
  });

  test("two people press at once: one decision, one private refusal", async () => {
    await oneWaiting(scene.db);
    const ana = await visit(scene.browser, scene.desk, "ana");
    const bo = await visit(scene.browser, scene.desk, "bo");
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
    expect(scene.desk.events).toHaveLength(2);
    expect(await scene.db.select().from(votes)).toHaveLength(1);
    await ana.context.close();
    await bo.context.close();
  });

  test("to deny asks why, going back sends nothing, and the reason goes to the desk", async () => {
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("button", { name: "Back" }).click();
    expect(scene.desk.events).toEqual([]);
    await page.getByRole("button", { name: "Deny" }).click();
    const dialog = page.getByRole("dialog", { name: "Deny the plan" });
    await picture(page, "deny");
    expect(await faults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Deny" }).click();
    expect(scene.desk.events).toEqual([]);
    await dialog.getByLabel("Why").fill("the venue is about to halt");
    await dialog.getByRole("button", { name: "Deny" }).click();
    await page.locator(".decided").waitFor();
    expect(scene.desk.events).toMatchObject([{ type: "click", fields: { reason: "the venue is about to halt" } }]);
    await context.close();
  });

  test("to resolve asks how it ended, from a fixed list", async () => {
    const { db } = scene;
    await seedIncident(db, { ...margin, openedAt: inMs(-200_000) });
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.getByRole("button", { name: "Resolve" }).click();
    const dialog = page.getByRole("dialog", { name: "Resolve the incident" });
    await dialog.getByLabel("How it ended").selectOption("false-alarm");
    await picture(page, "resolve");
    await dialog.getByRole("button", { name: "Resolve" }).click();
    await expect
      .poll(() => scene.desk.events)
      .toMatchObject([{ type: "click", fields: { resolution: "false-alarm" } }]);
    await context.close();
  });

  test("a plan above the tier asks for its first word, and does not go without it", async () => {
    await oneWaiting(scene.db, { notionalUsd: "2500000" });
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.getByRole("button", { name: "Approve" }).click();
    expect(scene.desk.events).toEqual([]);
    const word = (await page.locator(".typed b").textContent()) ?? "";
    await page.getByLabel(/Type/).fill(word);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText(/Approved by Ana Ruiz/).waitFor();
    await context.close();
  });

  test("real money is asked about once more", async () => {
    await oneWaiting(scene.db, { environment: "live" });
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByText(/Real money: 2 order/).waitFor();
    await picture(page, "confirm");
    await page.getByRole("button", { name: "Back" }).click();
    expect(scene.desk.events).toEqual([]);
    await context.close();
  });

  test("an expired plan looks dead at once and cannot be pressed", async () => {
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
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
    await oneWaiting(scene.db);
    const { context, page } = await visit(scene.browser, scene.desk, "guest");
    await page.getByText("You may look but not decide").waitFor();
    expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
    await picture(page, "read-only");
    await context.close();
  });

  test("the keyboard acknowledges and moves, and no key approves", async () => {
    await oneWaiting(scene.db);
    await seedIncident(scene.db, { id: "INC-2", severity: "low", title: "Funding of ETH turns", openedAt: now() });
    const { context, page } = await visit(scene.browser, scene.desk, "ana");
    await page.keyboard.press("j");
    await page.waitForURL(/INC-2$/);
    await page.keyboard.press("k");
    await page.waitForURL(/INC-1$/);
    await page.locator("[data-incident='INC-1']").waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("y");
    await page.keyboard.press("a");
    await page.getByText("acknowledged", { exact: true }).first().waitFor();
    expect(scene.desk.events.map((event) => (event.type === "click" ? event.token.split(":")[2] : event.type))).toEqual(
      ["acknowledge"],
    );
    await context.close();
  });
});
