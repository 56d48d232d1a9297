import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import postgres from "postgres";
import { expect, inject } from "vitest";
import { type Database, openDatabase } from "../../../src/db/client.ts";
import { alerts, approvals, incidents, orders, runs } from "../../../src/db/schema.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { readJournal } from "../../../src/venues/paper/journal.ts";
import type { Life } from "./life.ts";

const LONGEST_MS = 90_000;

/** A home and a database of its own. */
export interface Place {
  readonly home: string;
  readonly database: Database;
  readonly environment: NodeJS.ProcessEnv;
  readonly drop: () => Promise<void>;
}

/** Makes a place for one story; `name` is its database's. */
export async function place(name: string): Promise<Place> {
  const url = inject("postgresUrl");
  const admin = postgres(url.replace(/\/breakwater$/, "/postgres"), { max: 1, onnotice: () => {} });
  const root = mkdtempSync(path.join(tmpdir(), "breakwater-crash-"));
  execFileSync("chmod", ["0755", root]);
  await admin.unsafe(`create database ${name} template breakwater strategy file_copy`);
  const own = url.replace(/\/breakwater$/, `/${name}`);
  const database = openDatabase(own, { max: 2 });
  const home = path.join(root, name);
  mkdirSync(home);
  return {
    home,
    database,
    environment: { DATABASE_URL: own },
    async drop() {
      await database.close();
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Lives on until the run is over, approving whatever is asked; resolves to the last life, which is still going. */
export async function untilOver(life: Life, database: Database): Promise<"over" | "died" | "stuck"> {
  const pressed = new Set<string>();
  let died = false;
  void life.ended.then(() => {
    died = true;
  });
  const browser = await life.browser;
  const began = Date.now();
  while (!died && Date.now() - began < LONGEST_MS) {
    await new Promise((resolve) => setTimeout(resolve, 80));
    for (const plan of (await browser?.pending().catch(() => [])) ?? []) {
      if (pressed.has(plan.planHash) || !plan.incident) continue;
      const card = await browser?.card(plan.incident).catch(() => null);
      const button = card?.buttons.find(
        (one) => one.action === "approve" && one.token.endsWith(plan.planHash.slice(0, 16)),
      );
      if (!button) continue;
      pressed.add(plan.planHash);
      await browser?.press(button.token).catch(() => undefined);
    }
    const [run] = await database.db.select({ state: runs.state }).from(runs);
    if (run && !["ready", "running"].includes(run.state)) return "over";
  }
  return died ? "died" : "stuck";
}

/** What must be true after any crash, judged by the exchange's own journal, the database and the card. */
export async function judge(home: string, database: Database, life: Life): Promise<void> {
  // The detectors of own flow may have incidents of their own beside it.
  const [incident] = await database.db.select().from(incidents).where(eq(incidents.kind, "margin.ratio"));
  expect(incident?.status).toBe("resolved");
  const journal = await readJournal(path.join(home, "paper-exchange.jsonl"));
  const ours = await database.db.select().from(orders);
  for (const order of ours) {
    const taken = journal.accepted.get(order.clientOrderId)?.length ?? 0;
    expect(taken, `${order.clientOrderId} ${order.state}`).toBeLessThanOrEqual(1);
    if (order.state === "filled") expect(taken).toBe(1);
  }
  const approved = await database.db.select().from(approvals).where(eq(approvals.state, "approved"));
  const foreign = [...journal.accepted.keys()].filter(
    (id) => id.startsWith("bw") && !ours.some((order) => order.clientOrderId === id),
  );
  expect(foreign).toEqual([]);
  for (const order of ours.filter((one) => one.state !== "not_placed"))
    expect(approved.some((one) => one.planHash === order.planHash)).toBe(true);
  const taken = await database.db.select().from(alerts).where(eq(alerts.kind, "margin.ratio"));
  expect(taken.length).toBeGreaterThan(0);
  const report = await verifyLedger(database.sql);
  expect(report.ok, report.text).toBe(true);
  const browser = await life.browser;
  const id = incident?.id ?? "";
  const card = await browser?.card(id);
  const [now] = await database.db.select({ version: incidents.version }).from(incidents).where(eq(incidents.id, id));
  expect(card?.status).toBe("resolved");
  expect(card?.version).toBe(now?.version);
}

/** Whether a life is still going some time after its run was over. */
export const survives = (life: Life): Promise<boolean> =>
  Promise.race([
    life.ended.then(() => false),
    new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(true), 1_000);
    }),
  ]);
