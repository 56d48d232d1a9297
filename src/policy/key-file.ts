import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DeskError } from "../kernel/errors.ts";
import { Secret } from "../kernel/secret.ts";

/**
 * Reads a secret text from `home/keys`, making it from `make` at the first start, for its owner's eyes only.
 * @throws DeskError CONFIG_INVALID where others may read the file
 */
export function keyFile(
  home: string,
  name: string,
  make: () => string = () => randomBytes(32).toString("hex"),
): Secret {
  const folder = path.join(home, "keys");
  const file = path.join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Written whole before it gets its name: of two programs that start at once, one makes the key and both read it.
    const draft = `${file}.${randomBytes(6).toString("hex")}`;
    writeFileSync(draft, make(), { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(draft);
    }
  }
  if ((statSync(file).mode & 0o077) !== 0)
    throw new DeskError(
      "CONFIG_INVALID",
      `others can read ${file}; run chmod 600 on it, and make a new key if they may have`,
    );
  return new Secret(readFileSync(file, "utf8").trim());
}
