import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Debian's headless shell is the same engine without the browser around it, and opens a page in half the time. */
const PLACES = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Debian's Chromium, without a window and without a network.
 * @throws Error where none is installed
 */
export function openBrowser(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined)
    throw new Error("no Chromium: install Debian's package chromium, or name the program in CHROMIUM");
  return chromium.launch({ executablePath, headless: true, args: ARGS });
}
