import { readFileSync } from "node:fs";
import path from "node:path";
import { type DeskFile, parseDesk } from "../config.ts";
import type { Problem } from "../config/environment.ts";
import { DeskError } from "../kernel/errors.ts";

/** The desk's own file. */
export const deskName = (): string => process.env["BREAKWATER_DESK"] ?? "desk.yaml";

/** Reads a desk file, by default the desk's own, with everything that its schema objects to. @throws DeskError CONFIG_INVALID */
export function readDesk(named: string | undefined): {
  readonly file: string;
  readonly text: string;
  readonly desk: DeskFile | null;
  readonly problems: Problem[];
} {
  const file = named ?? deskName();
  const problems: Problem[] = [];
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new DeskError("CONFIG_INVALID", `${file} cannot be read; name a desk file`, { cause });
  }
  return { file, text, desk: parseDesk(text, path.basename(file), problems), problems };
}
