import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
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
  execFileSync(path.join(root, "node_modules/.bin/tsc"), ["-p", path.join(root, "tsconfig.page.json")]);
  for (const name of ["icon.svg", "console.css"]) copyFileSync(path.join(sources, name), path.join(built, name));
}
