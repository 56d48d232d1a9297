// Puts the page's files that need no compiling beside its compiled scripts, and marks the build as done.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const to = path.join(root, "dist/page");
await mkdir(to, { recursive: true });
await Promise.all(
  ["console.css", "icon.svg"].map((name) =>
    copyFile(path.join(root, "src/chat/console/page", name), path.join(to, name)),
  ),
);
await writeFile(path.join(root, "dist/.built"), "");
