// Ends a build: puts the page's files that need no compiling beside its scripts, takes away what was built from sources that
// are gone, so that a playbook or command that was deleted does not go on working, and marks the build as done.
import { existsSync, readdirSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const dist = path.join(root, "dist");
const page = path.join(dist, "page");
await mkdir(page, { recursive: true });
await Promise.all(
  ["console.css", "icon.svg"].map((name) =>
    copyFile(path.join(root, "src/chat/console/page", name), path.join(page, name)),
  ),
);

/** The source that a built file came from. */
const sourceOf = (folder, name) =>
  path.join(
    root,
    folder === "page" ? "src/chat/console/page" : folder,
    name.replace(/(\.d\.ts|\.js|\.js\.map)$/, ".ts"),
  );

for (const folder of ["commands", "page", "playbooks", "src"]) {
  const built = path.join(dist, folder);
  if (!existsSync(built)) continue;
  for (const name of readdirSync(built, { recursive: true }))
    if (/(\.d\.ts|\.js|\.js\.map)$/.test(name) && !existsSync(sourceOf(folder, name))) await rm(path.join(built, name));
}
await writeFile(path.join(dist, ".built"), "");
