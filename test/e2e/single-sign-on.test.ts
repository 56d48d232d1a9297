import { mkdirSync } from "node:fs";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { deskSchema } from "../../src/config.ts";
import type { Database } from "../../src/db/client.ts";
import { openSingleSignOn } from "../../src/desk/people/single-sign-on.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { Secret } from "../../src/kernel/secret.ts";
import { type FakeProvider, openFakeProvider } from "../fakes/oidc/provider.ts";
import { openBrowser } from "./browser.ts";
import { type TestConsole, openTestConsole } from "./console-desk.ts";
import { freshDatabase } from "./fresh-database.ts";

let browser: Browser;
let database: Database & AsyncDisposable;
let provider: FakeProvider;
let desk: TestConsole;

beforeAll(async () => {
  browser = await openBrowser();
  database = await freshDatabase(inject("postgresUrl"));
  provider = await openFakeProvider();
  const { issuer, clientId, secret } = provider;
  const file = deskSchema.parse({
    desk: { name: "Harbour desk" },
    people: { ana: { name: "Ana Ruiz", roles: ["risk"], oidc: { issuer, subject: "sub-ana" } } },
    accounts: { "paper-a": { venue: "paper" } },
    oidc: { issuer, clientId, name: "Harbour Login", allowHttpOnLoopback: true },
  });
  const sso = openSingleSignOn({
    database,
    config: { file, environment: { secret: () => new Secret(secret) } as never },
    viewerOf: () => ({ person: "ana", name: "Ana Ruiz", roles: ["risk"], mayAct: true }),
    clock: systemClock,
    log: silentLog,
  });
  desk = await openTestConsole(database.db, sso ? { sso } : {});
});
afterAll(async () => {
  await desk.console.close();
  await provider.close();
  await database[Symbol.asyncDispose]();
  await browser.close();
});

const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env["BREAKWATER_SHOTS"];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
};

/** Fits a phone, and reads well to a screen reader and in this theme's colours. */
async function readable(page: Page): Promise<void> {
  expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url()).toBe(true);
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa"]).analyze();
  expect(violations.map((one) => `${one.id} ${one.nodes[0]?.html}`)).toEqual([]);
}

test("Ana comes to an incident by a link, signs in at the provider, and signs out at both", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  const page = await context.newPage();
  await page.goto(`${desk.console.url}/approvals`);
  await readable(page);
  await picture(page, "sso-sign-in-dark");
  await page.getByRole("link", { name: "Sign in with Harbour Login" }).click();
  await page.getByRole("heading", { name: "Harbour Login" }).waitFor();
  await page.getByRole("button", { name: "Ana" }).click();
  await page.waitForURL(`${desk.console.url}/`);
  await page.getByText("Ana Ruiz").first().waitFor();
  await page.goto(`${desk.console.url}/settings`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Signed out" }).waitFor();
  await readable(page);
  await picture(page, "sso-signed-out-dark");
  await page.getByRole("link", { name: "Sign out there too" }).click();
  await page.getByText("Signed out of Harbour Login").waitFor();
  await page.goto(`${desk.console.url}/`);
  await page.getByRole("link", { name: "Sign in with Harbour Login" }).waitFor();
  await context.close();
});

test("a stranger is told whom to ask and with what, and stays outside", async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(`${desk.console.url}/sso`);
  await page.getByRole("button", { name: "Stranger" }).click();
  await page.getByText("nobody of this desk has your subject").waitFor();
  await page.getByText("sub-stranger").waitFor();
  await readable(page);
  await picture(page, "sso-stranger-light");
  await page.reload();
  await page.getByRole("heading", { name: "This sign-in was not taken" }).waitFor();
  await picture(page, "sso-refused-light");
  await page.getByRole("link", { name: "Back to the sign-in page" }).click();
  await picture(page, "sso-sign-in-light");
  await page.goto(`${desk.console.url}/people`);
  expect(await page.getByText("Ana Ruiz").count()).toBe(0);
  await context.close();
});
