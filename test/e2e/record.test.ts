import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import type { ReplayLine, SummaryLine } from "../../src/replay/line.ts";
import { segmentsOf } from "../../src/replay/recorder.ts";
import { replay } from "../../src/replay/run.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(path.join(tmpdir(), "breakwater-record-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const desk = path.join(folder, "desk.yaml");
writeFileSync(
  desk,
  `desk: { name: Harbour Desk }
people: { ana: { name: Ana Ruiz, roles: [trader, operator] } }
accounts: { paper-a: { venue: paper } }
paper: { storm: "2020-03-12", seed: 1 }
`,
);

interface Running {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly errors: () => string;
}

function record(...args: readonly string[]): Running {
  const child = spawn(process.execPath, [path.join(ROOT, "bin/breakwater.js"), "record", "--json", ...args], {
    env: { PATH: process.env["PATH"], BREAKWATER_HOME: path.join(folder, "home"), BREAKWATER_DESK: desk },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const lines: Record<string, unknown>[] = [];
  let errors = "";
  if (child.stdout) createInterface(child.stdout).on("line", (line) => lines.push(JSON.parse(line) as never));
  child.stderr?.on("data", (part: Buffer) => (errors += part.toString()));
  return { child, lines, errors: () => errors };
}

/** Waits until the recorder flushed so often that its segment has this size. */
async function grown(into: string, bytes: number): Promise<void> {
  for (;;) {
    const [segment] = await segmentsOf(into).catch(() => []);
    if (segment !== undefined && statSync(segment).size >= bytes) return;
    await systemClock.sleep(50);
  }
}

async function summaryOf(recording: string): Promise<SummaryLine> {
  const lines: ReplayLine[] = [];
  for await (const line of replay([recording])) lines.push(line);
  return lines.at(-1) as SummaryLine;
}

describe("breakwater record", () => {
  test("writes the desk's market until it is asked to stop, and replay plays every event of it", async () => {
    const into = path.join(folder, "stopped");
    const { child, lines, errors } = record(into);
    await grown(into, 2_000);
    child.kill("SIGTERM");
    expect([await once(child, "exit"), errors()]).toEqual([[0, null], ""]);
    const [started, summary] = lines;
    expect(started).toMatchObject({ type: "started", folder: into, paper: true });
    expect(summary).toMatchObject({ type: "summary", lost: 0, segments: 1 });
    const played = await summaryOf(into);
    expect(played.events).toBe(summary?.["events"]);
    expect(Object.keys(played.books)).toContain("BTC/USDT:USDT");
  }, 60_000);

  test("killed in the middle of a write it loses that write alone; the next recorder goes on beside it", async () => {
    const into = path.join(folder, "killed");
    const first = record(into);
    await grown(into, 2_000);
    first.child.kill("SIGKILL");
    await once(first.child, "exit");
    const [segment] = await segmentsOf(into);
    const before = await summaryOf(into);
    expect(before.events).toBeGreaterThan(10);
    // The kernel had taken half a block when the process died.
    writeFileSync(segment as string, Buffer.from([200, 0, 0, 0, 1, 0, 0, 0, 7]), { flag: "a" });
    expect((await summaryOf(into)).events).toBe(before.events);
    const second = record(into, "--for", "2s");
    expect(await once(second.child, "exit")).toEqual([0, null]);
    const after = await summaryOf(into);
    expect(after.events).toBe(before.events + Number(second.lines.at(-1)?.["events"]));
    expect(await segmentsOf(into)).toHaveLength(2);
  }, 60_000);

  test("says what is wrong and writes nothing where there is nothing to record, or a figure is none", async () => {
    const wrong = record(path.join(folder, "none"), "--most", "3");
    expect(await once(wrong.child, "exit")).toEqual([2, null]);
    expect(wrong.errors()).toBe("--most was 3; write whole megabytes, at least 8\n");
    writeFileSync(path.join(folder, "file"), "");
    const blocked = record(path.join(folder, "file"));
    expect(await once(blocked.child, "exit")).toEqual([1, null]);
    expect(blocked.errors()).toMatch(/file could not be written \(.*\); free space, or check who may write there/);
  }, 60_000);
});
