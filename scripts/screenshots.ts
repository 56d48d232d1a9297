/**
 * Runs the demo, waits for its decision and writes the README's pictures to docs/images.
 * A picture is an SVG around the screenshot, so that the repository holds text only.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { openBrowser } from "../test/e2e/browser.ts";

const root = path.resolve(import.meta.dirname, "..");
const folder = mkdtempSync(path.join(tmpdir(), "breakwater-screenshots-"));
chmodSync(folder, 0o755);
const home = path.join(folder, "home");
mkdirSync(home);

interface Shot {
  readonly name: string;
  /** The incident's own page where left out. */
  readonly at?: string;
  /** What stands on the page once it is worth a picture. */
  readonly ready: (page: Page) => Locator;
  readonly width: number;
  readonly height: number;
  readonly setting: BrowserContextOptions;
}

const decision = (page: Page): Locator => page.getByRole("button", { name: "Approve" });
const PHONE: BrowserContextOptions = { colorScheme: "light", isMobile: true, hasTouch: true };

const SHOTS: readonly Shot[] = [
  { name: "incident", ready: decision, width: 1440, height: 900, setting: { colorScheme: "dark" } },
  { name: "phone", ready: decision, width: 390, height: 844, setting: PHONE },
  {
    name: "risk",
    at: "/risk",
    ready: (page) => page.locator("main svg").nth(4),
    width: 1440,
    height: 1100,
    setting: { colorScheme: "dark" },
  },
];

/** Slower than life, so that the plan still waits for its last picture on a busy machine. */
const SPEED = "0.4";

const demo = spawn(process.execPath, [path.join(root, "bin/breakwater.js"), "demo", "--speed", SPEED, "--json"], {
  cwd: root,
  env: { PATH: process.env["PATH"], BREAKWATER_HOME: home, BREAKWATER_HTTP: "127.0.0.1:0" },
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = new Promise((resolve) => demo.once("exit", resolve));
const started = new Promise<{ url: string; signIn: string }>((resolve) => {
  createInterface({ input: demo.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as { type: string; url: string; signIn: string };
    if (line.type === "started") resolve(line);
  });
});

const browser = await openBrowser();
try {
  const { url, signIn } = await started;
  const context = await browser.newContext();
  const first = await context.newPage();
  await first.goto(signIn);
  const breach = first.locator("a[href^='/incidents/INC-']", { hasText: "close to liquidation" }).first();
  const incident = await breach.getAttribute("href", { timeout: 120_000 });
  const storageState = await context.storageState();
  for (const { name, at, ready, width, height, setting } of SHOTS) {
    const seen = await browser.newContext({ ...setting, storageState, viewport: { width, height } });
    const page = await seen.newPage();
    await page.goto(`${url}${at ?? incident}`);
    await ready(page).waitFor({ timeout: 120_000 });
    await page.locator("[data-connection='live']").waitFor();
    // A new decision cannot be pressed for a moment, so that nobody hits it by chance.
    await page.locator(".arming").waitFor({ state: "detached" });
    const shot = (await page.screenshot()).toString("base64");
    writeFileSync(
      path.join(root, `docs/images/${name}.svg`),
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><image width="${width}" height="${height}" href="data:image/png;base64,${shot}"/></svg>\n`,
    );
  }
} finally {
  await browser.close();
  demo.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
}
process.stdout.write(`${SHOTS.map(({ name }) => `docs/images/${name}.svg`).join("\n")}\n`);
