import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { median } from "./workload.ts";
import type { Workload } from "./workload.ts";

const here = import.meta.dirname;
const run = promisify(execFile);

/** The value one side reaches in a fresh process. */
async function measure(file: string, side: "own" | "peer"): Promise<number> {
  const child = path.join(here, "child.ts");
  const { stdout } = await run(process.execPath, ["--import", "tsx", child, file, side], {
    cwd: here,
    maxBuffer: 1 << 26,
  });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return (JSON.parse(last) as { value: number }).value;
}

function short(x: number | null): number | null {
  return x === null ? null : Number(x.toPrecision(4));
}

async function report(group: string, file: string): Promise<void> {
  const { workload } = (await import(pathToFileURL(file).href)) as { workload: Workload };
  const own: number[] = [];
  const peers: number[] = [];
  for (let round = 0; round < (workload.rounds ?? 5); round += 1) {
    own.push(await measure(file, "own"));
    if (workload.peer !== undefined) peers.push(await measure(file, "peer"));
  }
  const value = median(own);
  const peerValue = workload.peer === undefined ? null : median(peers);
  const ratio = peerValue === null ? null : workload.better === "lower" ? peerValue / value : value / peerValue;
  const { name, unit, n } = workload;
  const line = {
    bench: group,
    name,
    unit,
    value: short(value),
    peer: workload.peer?.name ?? null,
    peerValue: short(peerValue),
    ratio: short(ratio),
    n,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const group = process.argv[2];
const folders = await readdir(here, { withFileTypes: true });
const groups = folders
  .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
  .map((entry) => entry.name);
if (group === undefined || !groups.includes(group)) {
  process.stderr.write(`usage: npm run bench -- <group>, where group is one of: ${groups.join(", ")}\n`);
  process.exit(group === undefined ? 0 : 2);
}
const files = (await readdir(path.join(here, group)))
  .filter((file) => file.endsWith(".ts") && !file.startsWith("_"))
  .sort();
for (const file of files) await report(group, path.join(here, group, file));
