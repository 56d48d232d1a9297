import { mkdirSync } from "node:fs";
import path from "node:path";
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
