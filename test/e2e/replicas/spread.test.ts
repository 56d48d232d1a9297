import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { freshDatabase } from "../fresh-database.ts";

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts a replica; `lines` grows with what it prints. */
async function replica(url: string, name: string, spread = ""): Promise<{ child: ChildProcess; lines: string[] }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "replica.mjs")], {
    env: { PATH: process.env["PATH"], DATABASE_URL: url, REPLICA: name, SPREAD: spread },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const lines: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => lines.push(...text.trim().split("\n")));
  while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  return { child, lines };
}

test(
  "work is spread over the replicas in one order, and a killed replica's piece is done by another",
  { timeout: 120_000 },
  async () => {
    await using database = await freshDatabase(inject("postgresUrl"));
    const dying = await replica(database.url, "dying");
    const other = await replica(database.url, "other");
    const asking = await replica(database.url, "asking", "spread-1");
    const pieces = async () =>
      (await database.sql`select executor_id, status from dbos.workflow_status where workflow_uuid like 'spread-1:%'`) as unknown as {
        executor_id: string;
        status: string;
      }[];
    while (!(await pieces()).some((one) => one.executor_id === "dying" && one.status === "PENDING"))
      await new Promise((resolve) => setTimeout(resolve, 20));
    dying.child.kill("SIGKILL");
    while (asking.lines.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    const done = JSON.parse(asking.lines[1] ?? "[]") as string[];
    expect(done.map((one) => one.split(" ")[0])).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
    expect(done.some((one) => one.endsWith("by other"))).toBe(true);
    expect(done.some((one) => one.endsWith("by asking"))).toBe(true);
    expect(other.lines).toEqual(["up"]);
  },
);
