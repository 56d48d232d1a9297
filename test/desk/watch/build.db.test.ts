import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { buildFinding, libraryFindings } from "../../../src/commandline/doctor.ts";
import {
  type Build,
  differs,
  hashBuild,
  isClone,
  lastBuild,
  loudness,
  noteBuild,
} from "../../../src/desk/watch/build.ts";
import { compareLibraries } from "../../../src/desk/watch/libraries.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { append } from "../../../src/ledger/append.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const top = mkdtempSync(path.join(tmpdir(), "breakwater-build-"));
const root = path.join(top, "program");
const runbook = path.resolve(import.meta.dirname, "../../../docs/runbook.md");
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

  test("does not speak of the libraries, which are compared apart, nor of what people keep beside the program", async () => {
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

  test("finds what ran last by an index, among however many other entries", async () => {
    const explained = await database().sql.begin(async (sql) => {
      await sql`set local enable_seqscan = off`;
      await sql`set local plan_cache_mode = force_generic_plan`;
      return sql`explain select body from breakwater.ledger where type = 'program.hashed' order by seq desc limit 1`;
    });
    expect(explained.map((row) => String(row["QUERY PLAN"])).join("\n")).toContain("ledger_builds");
  });

  test("is loud with an account that is live, whatever lies beside the program, and low on paper in a clone alone", () => {
    expect([loudness(true, true), loudness(true, false), loudness(false, false), loudness(false, true)]).toEqual([
      "high",
      "high",
      "high",
      "low",
    ]);
    expect(isClone(root)).toBe(false);
    mkdirSync(path.join(root, ".git"));
    expect(isClone(root)).toBe(false);
    writeFileSync(path.join(root, "tsconfig.build.json"), "{}");
    expect(isClone(root)).toBe(true);
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

describe("the libraries beside the program", () => {
  const PACKAGES = {
    "": { version: "1.2.3" },
    "node_modules/ws": { version: "8.0.0", integrity: "sha512-ws" },
    "node_modules/@scope/one": { version: "1.0.0", integrity: "sha512-one" },
    "node_modules/@scope/one/node_modules/ws": { version: "7.0.0", integrity: "sha512-older" },
    "node_modules/linter": { version: "3.0.0", integrity: "sha512-linter", dev: true },
    "node_modules/other-system": { version: "2.0.0", integrity: "sha512-other", optional: true },
  };
  const put = (folder: string, version: string): void => {
    mkdirSync(path.join(root, folder), { recursive: true });
    writeFileSync(path.join(root, folder, "package.json"), JSON.stringify({ version }));
  };
  const record = (file: string, packages: Record<string, object>): void =>
    writeFileSync(path.join(root, file), JSON.stringify({ packages }));
  const INSTALLED = ["node_modules/ws", "node_modules/@scope/one", "node_modules/@scope/one/node_modules/ws"] as const;
  beforeEach(() => {
    record("package-lock.json", PACKAGES);
    const { "": _, ...packages } = PACKAGES;
    record("node_modules/.package-lock.json", packages);
    for (const folder of INSTALLED) put(folder, PACKAGES[folder].version);
    mkdirSync(path.join(root, "node_modules/.bin"));
  });

  test("are those of the lock file where npm installed them; what is for developing or another system may lack", async () => {
    expect(await compareLibraries(root)).toEqual({ checked: 3, strays: [] });
    expect(libraryFindings(await compareLibraries(root))).toMatchObject([{ state: "good" }]);
  });

  test.each<[string, () => unknown, string]>([
    ["another version", () => put("node_modules/ws", "8.0.1"), "ws is 8.0.1 instead of 8.0.0"],
    [
      "a version inside another",
      () => put("node_modules/@scope/one/node_modules/ws", "8.0.0"),
      "@scope/one/node_modules/ws is 8.0.0 instead of 7.0.0",
    ],
    [
      "one less",
      () => rmSync(path.join(root, "node_modules/@scope/one"), { recursive: true }),
      "@scope/one is missing",
    ],
    // What a library looks for and uses where it is there, such as ws does.
    ["one more", () => put("node_modules/bufferutil", "4.0.0"), "bufferutil is in no lock file"],
    ["one more of a scope", () => put("node_modules/@scope/two", "1.0.0"), "@scope/two is in no lock file"],
    [
      "one more inside another",
      () => put("node_modules/@scope/one/node_modules/two", "1.0.0"),
      "@scope/one/node_modules/two is in no lock file",
    ],
    [
      "other bytes under the same version",
      () =>
        record("node_modules/.package-lock.json", {
          ...PACKAGES,
          "node_modules/ws": { version: "8.0.0", integrity: "sha512-evil" },
        }),
      "ws was installed from other bytes",
    ],
    ["a package without a name for its version", () => put("node_modules/ws", ""), "ws is  instead of 8.0.0"],
    [
      "no record of the installation",
      () => rmSync(path.join(root, "node_modules/.package-lock.json")),
      "npm left no record of what it installed",
    ],
  ])("%s is named", async (_, tamper, stray) => {
    tamper();
    expect((await compareLibraries(root))?.strays).toContain(stray);
    expect(libraryFindings(await compareLibraries(root))).toMatchObject([{ state: "warn" }]);
  });

  test("are not judged where there is no lock file, as in a package from the registry", async () => {
    rmSync(path.join(root, "package-lock.json"));
    expect(await compareLibraries(root)).toBeNull();
    expect(libraryFindings(null)).toEqual([]);
  });

  test("of this very program are those of its lock file, and a start writes that down", async () => {
    const alerts: Alert[] = [];
    const parts = { by: "a-start", live: false, clock: systemClock, log: silentLog };
    await noteBuild({ db: database().db, emit: async (alert) => void alerts.push(alert), ...parts });
    expect(alerts.filter((one) => one.kind === "program.libraries")).toEqual([]);
    const [entry] = await database().sql<{ body: string }[]>`
      select body from breakwater.ledger where type = 'program.hashed' and object = 'a-start'`;
    const { libraries } = JSON.parse(entry?.body ?? "{}") as { libraries: { checked: number; strays: string[] } };
    expect(libraries.strays).toEqual([]);
    expect(libraries.checked).toBeGreaterThan(100);
  });
});
