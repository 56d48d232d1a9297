import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { asc, desc, gt, lt } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { checkpoints } from "../db/schema.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Secret } from "../kernel/secret.ts";
import type { CheckpointCopy } from "./note.ts";

/** A place outside the database that keeps copies of signed tree heads. */
export interface CheckpointSink {
  readonly name: string;
  /** Whether it is on another machine, so that nobody waits for it. */
  readonly remote: boolean;
  /** Whether it surely has this head. */
  has(copy: Pick<CheckpointCopy, "size" | "root">): boolean;
  /** Keeps copies, oldest first; may be given one again. Throws where it is not sure to have them all. */
  take(copies: readonly CheckpointCopy[]): Promise<void>;
}

const PAGE = 200;
const fields = { size: checkpoints.size, root: checkpoints.root, note: checkpoints.note };

/** The newest head in the database that the sink has, in entries; 0 where it has none of them. */
async function newestKnown(db: Db, sink: CheckpointSink): Promise<number> {
  let below: number | null = null;
  for (;;) {
    const limit: number = below === null ? 1 : PAGE;
    const page: CheckpointCopy[] = await db
      .select(fields)
      .from(checkpoints)
      .where(below === null ? undefined : lt(checkpoints.size, below))
      .orderBy(desc(checkpoints.size))
      .limit(limit);
    const known = page.find((one) => sink.has(one));
    if (known !== undefined) return known.size;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return 0;
    below = last.size;
  }
}

/** Gives a sink every signed head that it lacks, whoever signed it and whatever failed before. */
export async function copyOut(db: Db, sink: CheckpointSink): Promise<void> {
  for (let known = await newestKnown(db, sink); ;) {
    const page = await db
      .select(fields)
      .from(checkpoints)
      .where(gt(checkpoints.size, known))
      .orderBy(asc(checkpoints.size))
      .limit(PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    await sink.take(page);
    known = last.size;
  }
}

const copiesFile = (home: string): string => path.join(home, "checkpoints.jsonl");
const keyOf = (copy: Pick<CheckpointCopy, "size" | "root">): string => `${copy.size} ${copy.root}`;
const linesOf = (copies: readonly CheckpointCopy[]): string =>
  copies.map((copy) => `${JSON.stringify({ size: copy.size, root: copy.root, note: copy.note })}\n`).join("");

/** A line that a crash cut short would swallow the next one. */
function dropTornLine(file: string): void {
  if (!existsSync(file)) return;
  const text = readFileSync(file);
  const whole = text.lastIndexOf(10) + 1;
  if (whole < text.length) truncateSync(file, whole);
}

/** Copies every signed head into `home/checkpoints.jsonl`, one JSON object a line. */
export function fileSink(home: string): CheckpointSink {
  const file = copiesFile(home);
  let kept: Set<string> | null = null;
  const known = (): Set<string> => {
    if (kept === null) {
      dropTornLine(file);
      kept = new Set(readCopies(home).map(keyOf));
    }
    return kept;
  };
  return {
    name: "file",
    remote: false,
    has: (copy) => existsSync(file) && known().has(keyOf(copy)),
    async take(copies) {
      mkdirSync(home, { recursive: true });
      const has = known();
      // Read anew after a failure: a full disk takes half a line.
      kept = null;
      appendFileSync(file, linesOf(copies), { mode: 0o600 });
      for (const copy of copies) has.add(keyOf(copy));
      kept = has;
    },
  };
}

const TIMEOUT_MS = 5_000;

/**
 * Posts every signed head to a collector, one JSON object a line (`application/x-ndjson`); any 2xx answer means that it
 * has them. What it has is noted in `home/checkpoints-sent.json`; where that is lost, it is told everything again.
 */
export function httpSink(options: {
  readonly home: string;
  readonly url: string;
  readonly token?: Secret | undefined;
}): CheckpointSink {
  const { home, url, token } = options;
  const file = path.join(home, "checkpoints-sent.json");
  let sent: string | null = null;
  const known = (): string => {
    sent ??= existsSync(file) ? readFileSync(file, "utf8") : "";
    return sent;
  };
  const noteOf = (copy: Pick<CheckpointCopy, "size" | "root">): string =>
    `${JSON.stringify({ url, size: copy.size, root: copy.root })}\n`;
  return {
    name: "http",
    remote: true,
    has: (copy) => known() === noteOf(copy),
    async take(copies) {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/x-ndjson",
          ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
        },
        body: linesOf(copies),
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok)
        throw new DeskError("CHECKPOINT_NOT_TAKEN", `the collector of checkpoints answered ${response.status}`);
      const last = copies.at(-1);
      if (last === undefined) return;
      sent = noteOf(last);
      writeFileSync(file, sent, { mode: 0o600 });
    },
  };
}

/** Reads the copies; a last line that a crash cut short is left out. None where there is no file. */
export function readCopies(home: string): readonly CheckpointCopy[] {
  if (!existsSync(copiesFile(home))) return [];
  const lines = readFileSync(copiesFile(home), "utf8").split("\n");
  const whole = lines.slice(0, -1).filter((line) => line !== "");
  return whole.map((line) => JSON.parse(line) as CheckpointCopy);
}
