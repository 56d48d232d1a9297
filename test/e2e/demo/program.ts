import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const folders: string[] = [];
const children: ChildProcess[] = [];

/** A folder that the account which runs the embedded Postgres can reach too. */
export function home(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breakwater-demo-"));
  folders.push(folder);
  chmodSync(folder, 0o755);
  const open = path.join(folder, "home");
  mkdirSync(open);
  return open;
}

/** A line that the program printed. */
export interface Line {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A program that a test started, with what it printed so far. */
export interface Started {
  readonly child: ChildProcess;
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly errors: string[];
  readonly lines: Line[];
}

/** Runs the program as a user would; lines of JSON arrive as they are printed. It ends with the test. */
export function breakwater(folder: string, args: readonly string[], onLine: (line: Line) => void = () => {}): Started {
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

/** Starts a demo that waits for people, and resolves once its console answers. */
export const demoIn = (folder: string, ...more: readonly string[]): Promise<Line> =>
  new Promise((resolve) =>
    breakwater(folder, ["demo", "--json", ...more], (line) => line.type === "started" && resolve(line)),
  );

// A storm that goes on after its test would take the processor from the next one.
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) {
    // The embedded server outlives a killed program; its own pid file says which process it is.
    try {
      process.kill(Number(readFileSync(path.join(folder, "home/pg/postmaster.pid"), "utf8").split("\n")[0]), "SIGINT");
    } catch (error) {
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 });
  }
});
