import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../../src/db/client.ts";
import { startEmbedded } from "../../../src/db/embedded.ts";
import { migrate } from "../../../src/db/migrate.ts";
import { runSteps, runs } from "../../../src/db/schema.ts";
import { migrateDurable } from "../../../src/engine/durable.ts";
import { openIncident } from "../../../src/incidents/lifecycle.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { SEAL } from "../../policy/control.ts";

const home = mkdtempSync(path.join(tmpdir(), "breakwater-outage-"));
chmodSync(home, 0o755);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

const postmaster = (): number => Number(readFileSync(path.join(home, "pg/postmaster.pid"), "utf8").split("\n")[0]);

/** Asks until the database answers, as after a server's return. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tried === 800) throw error;
      await systemClock.sleep(50);
    }
  }
}

async function seedRun({ db }: Database): Promise<string> {
  return db.transaction(async (tx) => {
    const incident = await openIncident(
      tx,
      SEAL,
      { actor: "person:ana", surface: "test" },
      { kind: "test", severity: "low", title: "a test" },
    );
    const id = `run:${incident}:slow`;
    await tx.insert(runs).values({
      id,
      playbook: "slow",
      version: 1,
      incidentId: incident,
      requestedBy: "person:ana",
      trust: "internal",
      input: {},
    });
    return id;
  });
}

test(
  "a database server that is killed in the middle of a run and comes back costs the run nothing: no step fails, none is done twice",
  { timeout: 120_000 },
  async () => {
    const server = await startEmbedded(home, systemClock);
    await migrate(server.url, systemClock, () => migrateDurable(server.url));
    const database = openDatabase(server.url, { max: 2 });
    const run = await seedRun(database);
    const child = spawn(process.execPath, [path.join(import.meta.dirname, "replica.mjs")], {
      env: { PATH: process.env["PATH"], DATABASE_URL: server.url, REPLICA: "only", RUN: run },
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const done = async (): Promise<number> =>
      (
        await database.db
          .select({ name: runSteps.name })
          .from(runSteps)
          .where(sql`${runSteps.runId} = ${run} and ${runSteps.state} = 'done'`)
      ).length;
    while ((await done()) < 2) await systemClock.sleep(30);

    process.kill(postmaster(), "SIGKILL");
    const again = await startEmbedded(home, systemClock);
    expect(again.url).toBe(server.url);

    const finished = await patiently(async () => {
      const [row] = await database.db.select().from(runs).where(eq(runs.id, run));
      if (row?.state === "running") throw new Error("the run still goes on");
      return row;
    });
    expect(finished).toMatchObject({ state: "done", outcome: "only only only only only" });
    expect(await done()).toBe(5);
    expect(child.exitCode).toBe(null);
    await database.close();
    await again.stop();
  },
);
