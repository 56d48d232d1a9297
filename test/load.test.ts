import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadFolder, loadPlaybooks } from "../src/load.ts";

const root = mkdtempSync(path.join(tmpdir(), "breakwater-load-"));
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A folder of playbooks with one file in it. */
function folderWith(name: string, text: string): string {
  const folder = path.join(root, name, "playbooks");
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "lost-peg.js"), text);
  return folder;
}

test("the shipped playbooks load under the names of their files", async () => {
  expect((await loadPlaybooks()).map((one) => one.head.name)).toContain("margin-breach");
});

test("a playbook that is not exported is named with its file", async () => {
  await expect(loadFolder(folderWith("none", "const lost = { head: { name: 'lost-peg' } };"))).rejects.toThrow(
    "playbooks/lost-peg.js exports no playbook; write export default before it",
  );
});

test("a playbook copied from another one, name and all, is refused at the start and hides nothing", async () => {
  await expect(loadFolder(folderWith("copy", "export default { head: { name: 'hedge' } };"))).rejects.toThrow(
    'playbooks/lost-peg.js calls itself "hedge"; give the file and its head one name',
  );
});
