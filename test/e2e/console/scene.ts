import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, inject } from "vitest";
import type { Database, Db } from "../../../src/db/client.ts";
import { openBrowser } from "../browser.ts";
import { type TestConsole, openTestConsole } from "../console-desk.ts";
import { seedAccount, seedIncident, seedPlan } from "../console-seed.ts";
import { freshDatabase } from "../fresh-database.ts";

/** The browser, and each test's own console and database. */
export interface Scene {
  readonly browser: Browser;
  readonly desk: TestConsole;
  readonly db: Db;
  /** Opens the console anew on the port that it had. */
  reopen(port: number): Promise<void>;
}

/** A browser for a file's tests, and for each test a console over a database of its own. */
export function openScene(): Scene {
  let browser: Browser;
  let desk: TestConsole;
  let fresh: Database & AsyncDisposable;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    fresh = await freshDatabase(inject("postgresUrl"));
    desk = await openTestConsole(fresh.db);
  });
  afterEach(async () => {
    await desk.console.close();
    await fresh[Symbol.asyncDispose]();
  });
  return {
    get browser() {
      return browser;
    },
    get desk() {
      return desk;
    },
    get db() {
      return fresh.db;
    },
    async reopen(port) {
      desk = await openTestConsole(fresh.db, { port });
    },
  };
}

export const now = (): Date => new Date();
export const inMs = (ms: number): Date => new Date(Date.now() + ms);

/** An incident of an account close to liquidation. */
export const margin = {
  id: "INC-1",
  severity: "critical",
  title: "Margin ratio of paper-a is 83.1 %, limit 80 %",
  labels: { account: "paper-a" },
} as const;

/** That incident with a plan that waits for people; resolves to the plan's hash. */
export async function oneWaiting(db: Db, setting: Partial<Parameters<typeof seedPlan>[2]> = {}): Promise<string> {
  await seedAccount(db, "paper-a", "0.831", now());
  await seedIncident(db, { ...margin, openedAt: inMs(-200_000) });
  return seedPlan(db, "INC-1", { expiresAt: inMs(280_000), ...setting });
}
