#!/usr/bin/env node
// Starts the built program; in a clone it builds first where a source is newer than what was built.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const built = path.join(root, "dist/src/cli.js");
const stamp = path.join(root, "dist/.built");

// Folders count too: theirs is the only time that changes where a file is deleted.
const newest = (folder) =>
  readdirSync(path.join(root, folder), { recursive: true }).reduce(
    (latest, name) => Math.max(latest, statSync(path.join(root, folder, name)).mtimeMs),
    statSync(path.join(root, folder)).mtimeMs,
  );

const isClone = existsSync(path.join(root, "src/cli.ts"));
const isStale = () => !existsSync(stamp) || statSync(stamp).mtimeMs < Math.max(newest("src"), newest("commands"), newest("playbooks"));
if (isClone && (!existsSync(built) || isStale())) {
  console.error("Building the program; this takes some seconds, once after each change of its sources.");
  const build = spawnSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (build.status !== 0) {
    console.error("The program could not be built; run npm ci, then npm run build, and read what it says.");
    process.exit(1);
  }
}
// The signer holds the exchange keys, so its process loads nothing else of the program.
const entry = process.argv[2] === "signer" ? path.join(root, "dist/src/commandline/signer.js") : built;
const { main } = await import(entry);
process.exitCode = await main(process.argv.slice(2));
