import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";

const root = mkdtempSync(path.join(tmpdir(), "breakwater-build-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const put = (file: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), "");
};

test("a playbook that was deleted is gone from the built program too, and what has a source stays", () => {
  mkdirSync(path.join(root, "scripts"));
  cpSync(path.resolve(import.meta.dirname, "../scripts/finish-build.mjs"), path.join(root, "scripts/finish-build.mjs"));
  for (const file of [
    "src/chat/console/page/console.css",
    "src/chat/console/page/icon.svg",
    "src/chat/console/page/main.ts",
    "playbooks/hedge.ts",
    "dist/page/main.js",
    "dist/playbooks/hedge.js",
    "dist/playbooks/hedge.d.ts",
    "dist/playbooks/withdrawn.js",
    "dist/playbooks/withdrawn.js.map",
    "dist/playbooks/withdrawn.d.ts",
  ])
    put(file);
  execFileSync(process.execPath, [path.join(root, "scripts/finish-build.mjs")]);
  expect(
    ["page/main.js", "page/console.css", "playbooks/hedge.js", "playbooks/hedge.d.ts", ".built"].filter(
      (file) => !existsSync(path.join(root, "dist", file)),
    ),
  ).toEqual([]);
  expect(
    ["withdrawn.js", "withdrawn.js.map", "withdrawn.d.ts"].filter((file) =>
      existsSync(path.join(root, "dist/playbooks", file)),
    ),
  ).toEqual([]);
});
