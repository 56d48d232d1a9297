import { readFileSync } from "node:fs";
import path from "node:path";

/** Where the program lies: its sources in a clone run by a test, else what was built. */
export const programFolder = (): string =>
  path.resolve(import.meta.dirname, import.meta.filename.endsWith(".ts") ? "../.." : "../../..");

/** The version that stands in package.json. @param root the program's folder; for tests */
export const programVersion = (root = programFolder()): string =>
  (JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string }).version;
