import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, expect, inject, test } from "vitest";
import { runs } from "../../../src/db/schema.ts";
import { openIncident } from "../../../src/incidents/lifecycle.ts";
import { freshDatabase } from "../fresh-database.ts";
import { SEAL } from "../../policy/control.ts";

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts a replica and resolves once it is up. */
function replica(url: string, name: string, run = ""): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "replica.mjs")], {
    env: { PATH: process.env["PATH"], DATABASE_URL: url, REPLICA: name, RUN: run },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => resolve(child));
    child.once("exit", (code) => reject(new Error(`replica ${name} ended with ${code}`)));
  });
}

test(
  "a replica that is killed in the middle of a run loses nothing: another takes the run over, and its finished steps are not done again",
  { timeout: 120_000 },
  async () => {
    await using database = await freshDatabase(inject("postgresUrl"));
    const { db, url } = database;
    const run = await db.transaction(async (tx) => {
      const incident = await openIncident(
        tx,
        SEAL,
        { actor: "person:ana", surface: "test" },
        { kind: "test", severity: "low", title: "a test" },
      );
      await tx.insert(runs).values({
        id: `run:${incident}:slow`,
        playbook: "slow",
        version: 1,
        incidentId: incident,
        requestedBy: "person:ana",
        trust: "internal",
        input: {},
      });
      return `run:${incident}:slow`;
    });
    await replica(url, "survivor");
    const victim = await replica(url, "victim", run);
    // The engine's own records count: the card's line is written a moment before, and a kill in between repeats the step.
    const done = async (): Promise<number> =>
      (
        await db.execute(
          sql`select 1 from dbos.operation_outputs where workflow_uuid = ${run} and function_name like 'step %'`,
        )
      ).length;
    while ((await done()) < 2) await new Promise((resolve) => setTimeout(resolve, 30));
    victim.kill("SIGKILL");
    for (;;) {
      const [row] = await db.select().from(runs).where(eq(runs.id, run));
      if (row?.state === "done") {
        const by = (row.outcome ?? "").split(" ");
        expect(by).toHaveLength(5);
        expect(by.slice(0, 2)).toEqual(["victim", "victim"]);
        expect(by.at(-1)).toBe("survivor");
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
);
