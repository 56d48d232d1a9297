import { readFileSync } from "node:fs";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readJournal } from "../../../src/venues/paper/journal.ts";
import { openBrowser } from "../browser.ts";
import { breakwater, demoIn, home } from "./program.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});

const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env["BREAKWATER_SHOTS"];
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`) });
};

/** A promise, and what settles it. */
function gate(): [Promise<void>, () => void] {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [passed, () => open()];
}

/** Opens the incident of the account in danger; the market's own incidents may stand before it. */
async function openBreach(page: Page): Promise<void> {
  await page
    .locator("a[href^='/incidents/INC-']", { hasText: "close to liquidation" })
    .first()
    .click({ timeout: 60_000 });
  await page.getByRole("button", { name: "Approve" }).waitFor({ timeout: 60_000 });
}

describe("the demo in a browser", () => {
  test(
    "in a browser: the card appears, two tabs press Approve at once, one decides, the other is told, the incident closes",
    { timeout: 240_000 },
    async () => {
      const folder = home();
      const { signIn, url } = await demoIn(folder);
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      await page.goto(String(signIn));
      await openBreach(page);
      await picture(page, "demo-card");
      const incident = await page
        .locator("a[href^='/incidents/INC-']", { hasText: "close to liquidation" })
        .first()
        .getAttribute("href");
      const second = await context.newPage();
      await second.goto(`${String(url)}${incident}`);
      await page.goto(`${String(url)}${incident}`);
      await second.getByRole("button", { name: "Approve" }).waitFor();
      await page.getByRole("button", { name: "Approve" }).waitFor();
      // The second tab's click is on its way until the first one was decided: as late as a click can be.
      const [decided, release] = gate();
      await second.route("**/act", async (route) => {
        await decided;
        await route.continue();
      });
      await Promise.all([
        page.getByRole("button", { name: "Approve" }).click(),
        second.getByRole("button", { name: "Approve" }).click(),
      ]);
      await page
        .getByText(/Approved by Ana Ruiz/)
        .first()
        .waitFor({ timeout: 20_000 });
      release();
      await second
        .getByText(/Approved by Ana Ruiz/)
        .first()
        .waitFor({ timeout: 20_000 });
      const told = /You approved this at|was approved by/;
      await second.getByText(told).first().waitFor({ timeout: 20_000 });
      expect(await page.getByText(told).count()).toBe(0);
      await page
        .getByText(/resolved as handled/)
        .first()
        .waitFor({ timeout: 60_000 });
      await picture(page, "demo-closed");
      const answered = await page.request.get(`${String(url)}/api/approvals`);
      const { approvals } = (await answered.json()) as { approvals: { state: string; given: number }[] };
      expect(approvals.filter((one) => one.state === "approved")).toHaveLength(1);
      const { accepted } = await readJournal(path.join(folder, "paper-exchange.jsonl"));
      const ours = [...accepted].filter(([id]) => id.startsWith("bw"));
      expect(ours.every(([, list]) => list.length === 1)).toBe(true);
      expect(ours.length).toBeGreaterThan(0);
      await context.close();
    },
  );

  test(
    "the Risk page follows the storm by itself, and leaves no entry of its own in the ledger",
    { timeout: 120_000 },
    async () => {
      const { signIn, url } = await demoIn(home());
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      await page.goto(String(signIn));
      await page.goto(`${String(url)}/risk`);
      const part = page.locator("#account-paper-a");
      await part.locator("svg").nth(1).waitFor({ timeout: 60_000 });
      const seen = async () => ({
        at: await part.locator("time").getAttribute("datetime"),
        figures: await part.locator("svg").allTextContents(),
        smile: await page.locator("#asset-BTC figcaption").allInnerTexts(),
      });
      const before = await seen();
      await expect
        .poll(
          async () => {
            const now = await seen();
            return (
              now.at !== before.at &&
              now.figures.every((one, at) => one !== before.figures[at]) &&
              now.smile.every((one, at) => one !== before.smile[at])
            );
          },
          { timeout: 60_000, interval: 500 },
        )
        .toBe(true);
      const { entries } = (await (await page.request.get(`${String(url)}/api/ledger?limit=1000`)).json()) as {
        entries: { type: string }[];
      };
      expect(entries.length).toBeGreaterThan(0);
      expect(entries.filter(({ type }) => type === "command.called")).toEqual([]);
      await context.close();
    },
  );

  test(
    "killed with its database in the middle of the decision, it goes on where it was",
    { timeout: 300_000 },
    async () => {
      const folder = home();
      const asked = new Promise<void>((resolve) => {
        const first = breakwater(folder, ["demo", "--json"], (line) => {
          if (line.type !== "started") return;
          void (async () => {
            const page = await (await browser.newContext()).newPage();
            await page.goto(String(line["signIn"]));
            await openBreach(page);
            const postmaster = Number(readFileSync(path.join(folder, "pg/postmaster.pid"), "utf8").split("\n")[0]);
            first.child.kill("SIGKILL");
            process.kill(postmaster, "SIGKILL");
            await first.ended;
            resolve();
          })();
        });
      });
      await asked;
      const again = breakwater(folder, ["demo", "--headless", "--approve-as", "ben", "--json"]);
      expect(await again.ended, [...again.errors, ...again.lines.map((line) => JSON.stringify(line))].join("\n")).toBe(
        0,
      );
      expect(again.lines.at(-1)).toMatchObject({ type: "result", ok: true });
    },
  );
});
