import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readJournal } from "../../src/venues/paper/journal.ts";
import { openBrowser } from "./console-desk.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const homes: string[] = [];
const children: ChildProcess[] = [];

/** A folder that the account which runs the embedded Postgres can reach too. */
function home(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breakwater-demo-"));
  homes.push(folder);
  chmodSync(folder, 0o755);
  const open = path.join(folder, "home");
  mkdirSync(open);
  return open;
}

interface Line {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Runs the program as a user would; lines of JSON arrive as they are printed. */
function breakwater(
  folder: string,
  args: readonly string[],
  onLine: (line: Line) => void = () => {},
): { child: ChildProcess; ended: Promise<number | null>; errors: string[]; lines: Line[] } {
  const child = spawn(process.execPath, [path.join(ROOT, "bin/breakwater.js"), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], BREAKWATER_HOME: folder, BREAKWATER_HTTP: "127.0.0.1:0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const lines: Line[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    onLine(line);
  });
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  return { child, lines, errors, ended: new Promise((resolve) => child.once("exit", (code) => resolve(code))) };
}

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  for (const child of children) child.kill("SIGKILL");
  // The embedded server outlives a killed program; its own pid file says which process it is.
  for (const folder of homes) {
    try {
      process.kill(Number(readFileSync(path.join(folder, "home/pg/postmaster.pid"), "utf8").split("\n")[0]), "SIGINT");
    } catch (error) {
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
  }
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

describe("the demo", () => {
  test("keeps every promise without a browser, and its ledger verifies afterwards", { timeout: 240_000 }, async () => {
    const folder = home();
    const demo = breakwater(folder, ["demo", "--headless", "--step-up", "--approve-as", "ben", "--json"]);
    expect(await demo.ended, demo.errors.join("\n")).toBe(0);
    expect(demo.lines.filter((line) => line.type === "passkey").map((line) => line["person"])).toEqual(["ana", "ben"]);
    const promises = demo.lines.filter((line) => line.type === "promise");
    expect(promises.length).toBeGreaterThanOrEqual(14);
    expect(promises.filter((line) => line["held"] !== true)).toEqual([]);
    expect(demo.lines.at(-1)).toMatchObject({ type: "result", ok: true });
    const verify = breakwater(folder, ["ledger", "verify", "--json"]);
    expect(await verify.ended).toBe(0);
    expect(verify.lines[0]).toMatchObject({ type: "verified", ok: true });

    const incidents = (told: typeof demo): unknown[] =>
      told.lines.filter((line) => line.type === "incident.opened").map((line) => line["incident"]);
    const again = breakwater(folder, ["demo", "--headless", "--approve-as", "ana", "--json"]);
    expect(await again.ended, again.errors.join("\n")).toBe(0);
    expect(again.lines.filter((line) => line.type === "click")).toHaveLength(1);
    expect(incidents(again)).not.toEqual(incidents(demo));
  });

  test(
    "with Slack and Discord attached: approved on Slack, somebody else is told on Discord, both show the end",
    { timeout: 240_000 },
    async () => {
      const demo = breakwater(home(), ["demo", "--with-fakes", "--headless", "--approve-as", "ana", "--json"]);
      expect(await demo.ended, demo.errors.join("\n")).toBe(0);
      const clicks = demo.lines.filter((line) => line.type === "click");
      expect(clicks).toMatchObject([
        { surface: "slack", person: "ana", text: expect.stringContaining("is being sent") },
        { surface: "discord", person: "ben", text: expect.stringContaining("your approval changed nothing") },
      ]);
      const broken = demo.lines.filter((line) => line.type === "promise" && line["held"] !== true);
      expect(broken).toEqual([]);
      expect(demo.lines.filter((line) => line.type === "promise").length).toBeGreaterThanOrEqual(15);
    },
  );

  test(
    "in a browser: the card appears, two tabs press Approve at once, one decides, the other is told, the incident closes",
    { timeout: 240_000 },
    async () => {
      const folder = home();
      const started = new Promise<Line>((resolve) =>
        breakwater(folder, ["demo", "--json"], (line) => line.type === "started" && resolve(line)),
      );
      const { signIn, url } = await started;
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
      const started = new Promise<Line>((resolve) =>
        breakwater(home(), ["demo", "--json"], (line) => line.type === "started" && resolve(line)),
      );
      const { signIn, url } = await started;
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

  test("a second start on the same folder says so and leaves", { timeout: 120_000 }, async () => {
    const folder = home();
    await new Promise<void>((resolve) =>
      breakwater(folder, ["demo", "--json", "--storm", "calm"], (line) => line.type === "started" && resolve()),
    );
    const second = breakwater(folder, ["demo", "--json", "--storm", "calm"]);
    expect(await second.ended).toBe(1);
    expect(second.errors.join("\n")).toMatch(/another Breakwater runs on .*; stop it, or set BREAKWATER_HOME/);
  });
});
