import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const sources = path.join(root, "src/chat/console/page");
const newest = (folder: string): number =>
  existsSync(folder) ? Math.max(0, ...readdirSync(folder).map((name) => statSync(path.join(folder, name)).mtimeMs)) : 0;

/** Compiles the console's page where its sources are newer than what was built; about a second, usually nothing. */
export function buildPage(): void {
  const built = path.join(root, "dist/page");
  const last = path.join(built, "console.css");
  if (existsSync(last) && statSync(last).mtimeMs > newest(sources)) return;
  mkdirSync(built, { recursive: true });
  // Built aside and moved file by file: another test may be reading the old ones.
  const aside = mkdtempSync(`${built}-`);
  execFileSync(path.join(root, "node_modules/.bin/tsc"), [
    "-p",
    path.join(root, "tsconfig.page.json"),
    "--outDir",
    aside,
  ]);
  for (const name of readdirSync(aside)) renameSync(path.join(aside, name), path.join(built, name));
  rmSync(aside, { recursive: true });
  for (const name of ["icon.svg", "console.css"]) copyFileSync(path.join(sources, name), path.join(built, name));
}
