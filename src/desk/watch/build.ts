import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { desc, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../db/client.ts";
import { ledger } from "../../db/schema.ts";
import type { Alert, Severity } from "../../kernel/alert.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import { programFolder, programVersion } from "../../kernel/program.ts";
import { append } from "../../ledger/append.ts";
import { compareLibraries } from "./libraries.ts";

const shape = z.object({ version: z.string(), digest: z.string(), files: z.int() });

/** The program's own files, as they lie on the disk. */
export type Build = z.infer<typeof shape>;

/** What is shipped; a package from the registry has no lock file. The libraries are not among it. */
const SHIPPED = ["bin", "dist", "drizzle", "package-lock.json", "package.json"];

const filesUnder = (root: string): readonly string[] =>
  SHIPPED.filter((name) => existsSync(path.join(root, name)))
    .flatMap((name) => {
      const whole = path.join(root, name);
      if (statSync(whole).isFile()) return [name];
      return readdirSync(whole, { withFileTypes: true, recursive: true })
        .filter((one) => one.isFile())
        .map((one) => path.relative(root, path.join(one.parentPath, one.name)).split(path.sep).join("/"));
    })
    .sort();

/** Files between two rests, about a millisecond. */
const STRETCH = 20;

/**
 * Hashes the program's own files beside whatever else goes on: asking the disk at once costs a seventh of asking it by
 * promises, and rests let others go on. The digest is that of the lines which `sha256sum` prints for the files, so that it
 * can be had without trusting the program (docs/runbook.md).
 * @param root the program's folder; for tests
 */
export async function hashBuild(root = programFolder()): Promise<Build> {
  const files = filesUnder(root);
  const all = createHash("sha256");
  for (const [index, name] of files.entries()) {
    if (index % STRETCH === 0) await setImmediate();
    const hash = createHash("sha256").update(readFileSync(path.join(root, name)));
    all.update(`${hash.digest("hex")}  ${name}\n`);
  }
  return { version: programVersion(root), digest: all.digest("hex"), files: files.length };
}

/** The build that last started on this ledger; null where none was written down. */
export async function lastBuild(db: Db): Promise<Build | null> {
  const [row] = await db
    .select({ body: ledger.body })
    .from(ledger)
    // In the words of the index over these entries: a parameter in their place may not find it.
    .where(sql`${ledger.type} = 'program.hashed'`)
    .orderBy(desc(ledger.seq))
    .limit(1);
  return row ? shape.parse(JSON.parse(row.body)) : null;
}

/** Whether two builds call themselves the same and are not. */
export const differs = (before: Build | null, now: Build): before is Build =>
  before !== null && before.version === now.version && before.digest !== now.digest;

/** Whether this is a clone, which builds itself from its sources at a start. */
export const isClone = (root = programFolder()): boolean =>
  [".git", "tsconfig.build.json"].every((name) => existsSync(path.join(root, name)));

/**
 * How loud another program is: on paper, in a clone, whoever develops builds it every hour. With an account that is live it
 * is always loud, because what makes a clone can be put there by whoever changes the files.
 */
export const loudness = (live: boolean, clone: boolean): Severity => (clone && !live ? "low" : "high");

/** The alert of a desk whose files are others than at its last start, under the same version. */
const changedAlert = (before: Build, now: Build, severity: Severity, at: Date): Alert => ({
  source: "supervisor",
  trust: "internal",
  kind: "program.changed",
  status: "firing",
  severity,
  title: `The program's files changed, and its version ${now.version} did not`,
  summary: `They had the digest ${before.digest.slice(0, 16)} (${before.files} files) at the last start and have ${now.digest.slice(0, 16)} (${now.files} files) now. Where nobody here built or updated it, take it for an intrusion: docs/runbook.md says how to compare.`,
  labels: {},
  values: {},
  at,
});

const SHOWN_STRAYS = 10;

/** The alert of a desk whose libraries are not those of its lock file. */
const straysAlert = (strays: readonly string[], severity: Severity, at: Date): Alert => ({
  source: "supervisor",
  trust: "internal",
  kind: "program.libraries",
  status: "firing",
  severity,
  title: "The libraries are not those of package-lock.json",
  summary: `${strays.slice(0, SHOWN_STRAYS).join("; ")}${strays.length > SHOWN_STRAYS ? `; and ${strays.length - SHOWN_STRAYS} more` : ""}. Where nobody here installed them, take it for an intrusion; npm ci makes them anew.`,
  labels: {},
  values: {},
  at,
});

/** Writes a start into the ledger: which process, with which accounts and playbooks. */
export async function noteStart(
  db: Db,
  by: string,
  body: { readonly accounts: readonly string[]; readonly playbooks: readonly string[] },
): Promise<void> {
  await db.transaction((tx) => append(tx, { actor: "system", type: "program.started", object: by, body }));
}

/**
 * Writes down which build a start was of, and raises alerts where it is another than at the last start, or where its
 * libraries are not those of the lock file. It is done once
 * the desk runs, because a start must not wait for it, and a desk without a digest is better than none.
 * @param by the replica that started
 */
export async function noteBuild(parts: {
  readonly db: Db;
  readonly by: string;
  /** Whether an account is live. */
  readonly live: boolean;
  readonly emit: (alert: Alert) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<void> {
  const { db, by, emit, clock, log } = parts;
  try {
    const before = await lastBuild(db);
    const build = await hashBuild();
    const libraries = await compareLibraries(programFolder());
    const strays = libraries?.strays ?? [];
    const body = {
      ...build,
      libraries: libraries === null ? null : { checked: libraries.checked, strays: [...strays] },
    };
    await db.transaction((tx) => append(tx, { actor: "system", type: "program.hashed", object: by, body }));
    const severity = loudness(parts.live, isClone());
    if (differs(before, build)) await emit(changedAlert(before, build, severity, clock.now()));
    if (strays.length > 0) await emit(straysAlert(strays, severity, clock.now()));
  } catch (error) {
    log.warn({ err: error }, "program's files not hashed");
  }
}
