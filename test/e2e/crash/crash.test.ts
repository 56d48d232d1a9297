import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Database, openDatabase } from "../../../src/db/client.ts";
import { alerts, approvals, incidents, ledger, orders, replicas, runs } from "../../../src/db/schema.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { readJournal } from "../../../src/venues/paper/journal.ts";
import { type Life, end, live } from "./life.ts";

const LONGEST_MS = 90_000;
const url = inject("postgresUrl");
const admin = postgres(url.replace(/\/breakwater$/, "/postgres"), { max: 1, onnotice: () => {} });
const root = mkdtempSync(path.join(tmpdir(), "breakwater-crash-"));

beforeAll(() => {
  execFileSync("chmod", ["0755", root]);
});

afterAll(async () => {
  await admin.end();
  rmSync(root, { recursive: true, force: true });
});

/** A home and a database of its own for each story. */
async function place(
  name: string,
): Promise<{ home: string; database: Database; environment: NodeJS.ProcessEnv; drop: () => Promise<void> }> {
  await admin.unsafe(`create database ${name} template breakwater strategy file_copy`);
  const own = url.replace(/\/breakwater$/, `/${name}`);
  const database = openDatabase(own, 2);
  return {
    home: path.join(root, name),
    database,
    environment: { DATABASE_URL: own },
    async drop() {
      await database.close();
      await admin.unsafe(`drop database ${name} with (force)`);
    },
  };
}

/** Lives on until the run is over, approving whatever is asked; resolves to the last life, which is still going. */
async function untilOver(life: Life, database: Database): Promise<"over" | "died" | "stuck"> {
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
async function judge(home: string, database: Database, life: Life): Promise<void> {
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
const survives = (life: Life): Promise<boolean> =>
  Promise.race([
    life.ended.then(() => false),
    new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(true), 1_000);
    }),
  ]);

/** More lives than a story has boundaries mean that it does not move on. */
const MOST_LIVES = 120;

describe("a kill at every step boundary of one story", () => {
  test(
    "changes nothing: the run goes on, each approved leg is at the exchange at most once, and the ledger verifies",
    { timeout: 900_000 },
    async () => {
      const { home, database, environment, drop } = await place("crash_everywhere");
      mkdirSync(home, { recursive: true });
      const seen = path.join(home, "boundaries.txt");
      for (let lives = 1; ; lives += 1) {
        expect(lives, "the story does not move on").toBeLessThan(MOST_LIVES);
        const life = live(home, seen, environment);
        const outcome = await untilOver(life, database);
        // The last boundaries lie behind the run's end: a life that dies there has one more after it.
        if (outcome === "over" && (await survives(life))) {
          await judge(home, database, life);
          await end(life);
          break;
        }
        expect(outcome, life.errors.join("\n")).not.toBe("stuck");
        expect(await life.ended, life.errors.join("\n")).toBe("SIGKILL");
        // The test knows that the process is gone; another replica would wait for its lease to run out.
        await database.db.delete(replicas);
      }
      const boundaries = readFileSync(seen, "utf8").trim().split("\n");
      expect(boundaries.length).toBeGreaterThan(20);
      expect(boundaries).toContain("after the work of send the first reduction");
      await drop();
    },
  );
});

describe("an answer that never comes", () => {
  test(
    "after the exchange took the order: it becomes unknown, is found by its id, adopted, and never sent twice",
    { timeout: 180_000 },
    async () => {
      const { home, database, environment, drop } = await place("crash_unknown");
      const faults = JSON.stringify([{ call: "place", effect: "timeout-after", delayMs: 300 }]);
      const life = live(home, null, { ...environment, FAULTS: faults });
      expect(await untilOver(life, database), life.errors.join("\n")).toBe("over");
      await judge(home, database, life);
      const sent = await database.db.select().from(orders);
      expect(sent[0]).toMatchObject({ state: "filled" });
      const said = await database.db
        .select()
        .from(ledger)
        .where(eq(ledger.object, sent[0]?.clientOrderId ?? ""))
        .orderBy(ledger.seq);
      expect(said.map((entry) => [entry.type, (JSON.parse(entry.body) as { state?: string }).state])).toEqual([
        ["order.intended", undefined],
        ["order.sent", undefined],
        ["order.outcome", "unknown"],
        ["order.outcome", "filled"],
      ]);
      await end(life);
      await drop();
    },
  );

  test(
    "before the exchange took it: the order is proved absent, and a new plan is made and approved",
    { timeout: 180_000 },
    async () => {
      const { home, database, environment, drop } = await place("crash_absent");
      const faults = JSON.stringify([{ call: "place", effect: "timeout-before", delayMs: 300 }]);
      const life = live(home, null, { ...environment, FAULTS: faults });
      expect(await untilOver(life, database), life.errors.join("\n")).toBe("over");
      await judge(home, database, life);
      const sent = await database.db.select().from(orders).orderBy(orders.intendedAt);
      expect(sent.map((order) => order.state)).toEqual(["not_placed", "filled"]);
      expect(new Set(sent.map((order) => order.planHash)).size).toBe(2);
      await end(life);
      await drop();
    },
  );
});
