import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { buildFinding } from "../../src/commandline/doctor.ts";
import { type Build, differs, hashBuild, lastBuild } from "../../src/desk/build.ts";
import { append } from "../../src/ledger/append.ts";
import { withDatabase } from "../with-database.ts";

const database = withDatabase();
const top = mkdtempSync(path.join(tmpdir(), "breakwater-build-"));
const root = path.join(top, "program");
const runbook = path.resolve(import.meta.dirname, "../../docs/runbook.md");
afterAll(() => rmSync(top, { recursive: true }));
beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  for (const folder of ["bin", "dist/src", "drizzle/meta", "node_modules"])
    mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, "package.json"), '{ "version": "1.2.3" }');
  writeFileSync(path.join(root, "bin/breakwater.js"), "start();\n");
  writeFileSync(path.join(root, "dist/src/Zebra.js"), "z();\n");
  writeFileSync(path.join(root, "dist/src/a-b.js"), "a();\n");
  writeFileSync(path.join(root, "dist/.built"), "");
  writeFileSync(path.join(root, "drizzle/0001.sql"), "select 1;\n");
});

describe("the digest of the program's files", () => {
  test("is the one that the runbook's line prints on any machine, without the program", async () => {
    const line = /^ {4}(find .*sha256sum)$/m.exec(readFileSync(runbook, "utf8"))?.[1] ?? "";
    const said = execFileSync("sh", ["-c", line], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect(await hashBuild(root)).toEqual({ version: "1.2.3", digest: said.split(" ")[0], files: 6 });
  });

  test.each<[string, () => unknown]>([
    ["one byte changed", () => writeFileSync(path.join(root, "dist/src/a-b.js"), "b();\n")],
    ["a file more", () => writeFileSync(path.join(root, "dist/src/more.js"), "")],
    ["a file less", () => rmSync(path.join(root, "drizzle/0001.sql"))],
    [
      "a file renamed",
      () => (
        cpSync(path.join(root, "dist/.built"), path.join(root, "dist/.Built")),
        rmSync(path.join(root, "dist/.built"))
      ),
    ],
    [
      "a link in a file's place",
      () => (
        cpSync(path.join(root, "dist/src/a-b.js"), path.join(top, "same.js")),
        rmSync(path.join(root, "dist/src/a-b.js")),
        symlinkSync(path.join(top, "same.js"), path.join(root, "dist/src/a-b.js"))
      ),
    ],
    ["a lock file that was not there", () => writeFileSync(path.join(root, "package-lock.json"), "{}")],
  ])("is another one with %s", async (_, tamper) => {
    const before = await hashBuild(root);
    tamper();
    const now = await hashBuild(root);
    expect(now.digest).not.toBe(before.digest);
    expect(differs(before, now)).toBe(true);
  });

  test("does not speak of the libraries, nor of what people keep beside the program", async () => {
    const before = await hashBuild(root);
    writeFileSync(path.join(root, "node_modules/evil.js"), "evil();\n");
    writeFileSync(path.join(root, "desk.yaml"), "desk: {}\n");
    expect(await hashBuild(root)).toEqual(before);
  });

  test("of this very program is the same twice", async () => {
    const [first, second] = [await hashBuild(), await hashBuild()];
    expect(first).toEqual(second);
    expect(first.files).toBeGreaterThan(100);
  });
});

describe("a start after another", () => {
  test("is compared with the newest that the ledger tells of", async () => {
    const started = (build: Build): Promise<unknown> =>
      database().db.transaction((tx) =>
        append(tx, { actor: "system", type: "program.hashed", object: "one", body: build }),
      );
    expect(await lastBuild(database().db)).toBeNull();
    const build = await hashBuild(root);
    await started(build);
    expect(await lastBuild(database().db)).toEqual(build);
    writeFileSync(path.join(root, "dist/src/a-b.js"), "b();\n");
    const now = await hashBuild(root);
    await started(now);
    expect(await lastBuild(database().db)).toEqual(now);
  });

  test("differs only where the version is the same and the files are not", () => {
    const build = { version: "1.2.3", digest: "aa", files: 6 };
    expect(differs(null, build)).toBe(false);
    expect(differs(build, { ...build })).toBe(false);
    expect(differs(build, { ...build, version: "1.2.4", digest: "bb" })).toBe(false);
    expect(differs(build, { ...build, digest: "bb" })).toBe(true);
    expect(buildFinding(build, { ...build, digest: "bb" })).toEqual({
      what: "program",
      state: "warn",
      detail: "1.2.3, 6 files, sha256 aa; the desk last started with bb",
    });
    expect(buildFinding(build, build).state).toBe("good");
  });
});
