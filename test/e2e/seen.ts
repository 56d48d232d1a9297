import { mkdirSync } from "node:fs";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page, Response } from "playwright-core";

/** Opens another page of the same console. */
export const at = (page: Page, route: string): Promise<Response | null> =>
  page.goto(`${new URL(page.url()).origin}${route}`);

/** What a passkey form says after it was sent. */
export const answer = (page: Page, form: string): Locator => page.locator(`form[data-passkey="${form}"] .answer`);

/** Writes a picture of the whole page where BREAKWATER_SHOTS names a folder, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["BREAKWATER_SHOTS"];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

const RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];

/**
 * Everything axe finds against WCAG 2.2 AA, as one readable line each. Our pages have no frames, so it runs in the page
 * alone, and only what it finds wrong is described: a third of the time, with the same findings.
 */
export async function faults(page: Page): Promise<readonly string[]> {
  const result = await new AxeBuilder({ page })
    .options({ runOnly: RULES, resultTypes: ["violations"] })
    .setLegacyMode(true)
    .analyze();
  return result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}
