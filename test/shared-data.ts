import { existsSync } from "node:fs";
import path from "node:path";

/**
 * Absolute path of a file or folder among the shared recordings, or undefined where they are absent.
 * Tests that need one use `describe.skipIf(!sharedData("garch-dmbp"))` with the reason in the title.
 */
export function sharedData(relative: string): string | undefined {
  const root = process.env["BREAKWATER_SHARED"] ?? path.resolve(import.meta.dirname, "../../shared/data");
  const file = path.join(root, relative);
  return existsSync(file) ? file : undefined;
}
