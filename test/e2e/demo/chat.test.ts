import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../browser.ts";
import { demoIn, home } from "./program.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});

const LONG = { timeout: 60_000 };
/** The newest private answer. */
const told = (column: Locator): Locator => column.getByLabel("Only you see this").locator(".answer").first();
const become = (page: Page, name: string): Promise<void> => page.getByRole("link", { name }).click();

async function typeOn(page: Page, platform: "Slack" | "Discord", line: string): Promise<void> {
  await page.getByLabel(`Command on ${platform}`).fill(line);
  await page.getByLabel(platform, { exact: true }).getByRole("button", { name: "Send" }).click();
}

test(
  "without a workspace a person sees it all: denies with a reason, hedges by a form, resolves, links, and gets pictures, on both platforms",
  { timeout: 300_000 },
  async () => {
    const { chat } = await demoIn(home(), "--with-fakes");
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
    await page.goto(String(chat));
    const [slack, discord] = [page.locator("#slack"), page.locator("#discord")];
    const form = page.getByRole("dialog");

    await become(page, "Ben Okafor");
    await slack.getByRole("button", { name: "Deny" }).first().click(LONG);
    await form.getByLabel("Why").fill("the feed was stale <!channel> *bold*");
    await form.getByRole("button", { name: "Deny" }).click();
    await told(slack).getByText("Denied: nothing of").waitFor(LONG);
    // The reason stands on both cards as it was written, and the buttons are gone.
    await slack.getByText("Denied by Ben Okafor on slack").first().waitFor(LONG);
    await discord.getByText("the feed was stale <!channel> *bold*").first().waitFor(LONG);
    const breach = discord.locator("article", { hasText: "close to liquidation" }).first();
    expect(await breach.getByRole("button", { name: "Approve" }).count()).toBe(0);

    await breach.getByRole("button", { name: "Resolve" }).click(LONG);
    await form.getByLabel("How it ended").selectOption("false-alarm");
    await form.getByLabel("Note").fill("nothing to see");
    await form.getByRole("button", { name: "Submit" }).click();
    await told(discord).getByText("is resolved as false-alarm").waitFor(LONG);

    await become(page, "Ana Ruiz");
    await typeOn(page, "Slack", "/hedge BTC");
    expect(await form.getByLabel("Asset").inputValue()).toBe("BTC");
    await form.getByLabel("Size").fill("1e400");
    await form.getByRole("button", { name: "Go on" }).click();
    await told(slack).getByText('"1e400" is neither a share').waitFor(LONG);
    await typeOn(page, "Discord", "/hedge asset:BTC");
    await form.getByLabel("Size").fill("10%");
    await form.getByLabel("Account").fill("paper-a");
    await form.getByRole("button", { name: "Submit" }).click();
    await told(discord).getByText("it plans the exact orders").waitFor(LONG);
    await slack.locator("article", { hasText: "asks to hedge BTC of paper-a" }).getByText("Fingerprint").waitFor(LONG);

    await typeOn(page, "Slack", "/risk");
    await slack.getByLabel("Direct messages with Breakwater").getByRole("img").waitFor(LONG);
    await typeOn(page, "Discord", "/risk");
    await told(discord).getByRole("img").waitFor(LONG);

    await become(page, "an account not linked yet");
    await typeOn(page, "Discord", "/positions");
    await told(discord).getByText("The desk does not know this chat account").waitFor(LONG);
    await typeOn(page, "Discord", "/link");
    await told(discord)
      .getByText(/type \/link \d{8} there/)
      .waitFor(LONG);
    await typeOn(page, "Discord", "/unheard-of");
    await page.getByText("There is no such button, form or command.").waitFor(LONG);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
