import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import { isRecording, segmentsOf } from "../recorder.ts";

/** A recording that can be opened. */
export interface LibraryRow {
  /** Names it in addresses. */
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  /** What replaying it last said; null where nobody did. */
  readonly outcome: string | null;
}

/** How far opening a recording is. */
export type Opening =
  | { readonly state: "reading"; readonly events: number; readonly at: string | null }
  | { readonly state: "failed"; readonly reason: string }
  /** The view as JSON text. */
  | { readonly state: "ready"; readonly view: string };

/** What the thread that replays tells. */
export type ThreadSays =
  | { readonly type: "progress"; readonly events: number; readonly at: number }
  | { readonly type: "view"; readonly json: string; readonly outcome: string }
  | { readonly type: "failed"; readonly reason: string };

/** Replays in a thread of its own; `onSaid` is told at last a view or a failure. */
export type StartThread = (
  recordings: readonly string[],
  onSaid: (said: ThreadSays) => void,
) => { stop(): Promise<void> };

/** The recordings the console offers. */
export interface RecordingLibrary {
  list(): Promise<readonly LibraryRow[]>;
  /** Begins to replay it where that was not done yet; null where there is no such recording. */
  open(id: string): Promise<Opening | null>;
  close(): Promise<void>;
}

/** Where recordings lie: the desk's own, and perhaps a folder of published ones. */
export interface Place {
  /** Stands before the name in ids; empty for the desk's own. */
  readonly prefix: string;
  readonly folder: string;
}

interface Found extends Omit<LibraryRow, "outcome"> {
  readonly file: string;
}

interface Kept {
  /** Bytes when it was begun: a recording that grew since may be replayed anew. */
  readonly bytes: number;
  /** When it was begun, then when it ended. */
  since: number;
  opening: Opening;
  outcome: string | null;
}

const MOST_LISTED = 500;
const MOST_KEPT = 8;
/** What was read is shown again for this long, although the recording grows meanwhile. */
const FRESH_MS = 60_000;
const LONGEST_MS = 900_000;

/** A day of the desk's own, a folder of segments, or a file; null for anything else. */
async function look(place: Place, name: string): Promise<Found | null> {
  const file = path.join(place.folder, name);
  const found = await stat(file).catch(() => null);
  if (found === null) return null;
  const row = { id: `${place.prefix}${name}`, name, file };
  if (found.isFile()) return isRecording(name) ? { ...row, bytes: found.size } : null;
  if (!found.isDirectory()) return null;
  const sizes = (await segmentsOf(file)).map(async (segment) => (await stat(segment)).size);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  return bytes === 0 ? null : { ...row, bytes };
}

/**
 * Lists recordings and replays one at a time. Only what a listing names can be opened, so that no name leads out of the
 * folders; what was read is kept for the last few.
 */
export function openLibrary(places: readonly Place[], start: StartThread, clock: Clock): RecordingLibrary {
  const kept = new Map<string, Kept>();
  const queue: Found[] = [];
  let working: Promise<void> | null = null;
  let stopRunning: () => Promise<void> = async () => undefined;

  const find = async (): Promise<readonly Found[]> => {
    const lists = await Promise.all(
      places.map(async (place) => {
        const names = await readdir(place.folder).catch((): string[] => []);
        return Promise.all(names.slice(0, MOST_LISTED).map((name) => look(place, name)));
      }),
    );
    return lists
      .flat()
      .filter((one) => one !== null)
      .toSorted((a, b) => (a.id < b.id ? 1 : -1));
  };
  const settle = (id: string, opening: Opening, outcome: string | null): void => {
    const one = kept.get(id);
    if (one) Object.assign(one, { opening, outcome, since: clock.now().getTime() });
  };
  /** Replays one recording to its end, its failure or its time limit. */
  const replayOne = async ({ id, file }: Found): Promise<void> => {
    const over = new AbortController();
    const late: Opening = {
      state: "failed",
      reason: "it takes longer than 15 minutes; use breakwater replay on the command line",
    };
    const ended = once(over.signal, "abort");
    const end = (opening: Opening, outcome: string | null): void => {
      if (over.signal.aborted) return;
      settle(id, opening, outcome);
      over.abort(new Error("the replay ended"));
    };
    const thread = start([file], (said) => {
      if (over.signal.aborted) return;
      if (said.type === "view") end({ state: "ready", view: said.json }, said.outcome);
      else if (said.type === "failed") end({ state: "failed", reason: said.reason }, `not replayed: ${said.reason}`);
      else settle(id, { state: "reading", events: said.events, at: new Date(said.at).toISOString() }, null);
    });
    stopRunning = () => thread.stop();
    // Rejects where the replay ends first.
    await Promise.race([ended, clock.sleep(LONGEST_MS, over.signal).catch(() => undefined)]);
    end(late, null);
    await thread.stop();
  };
  const work = async (): Promise<void> => {
    for (let found = queue.shift(); found; found = queue.shift()) {
      try {
        await replayOne(found);
      } catch (error) {
        settle(found.id, { state: "failed", reason: messageOf(error) }, null);
      }
    }
    working = null;
  };

  return {
    async list() {
      return (await find()).map(({ id, name, bytes }) => ({ id, name, bytes, outcome: kept.get(id)?.outcome ?? null }));
    },
    async open(id) {
      const found = (await find()).find((one) => one.id === id);
      if (!found) return null;
      const now = clock.now().getTime();
      const known = kept.get(id);
      const grew = known !== undefined && known.bytes !== found.bytes;
      const over = known !== undefined && known.opening.state !== "reading";
      if (known && !(over && (grew || known.opening.state === "failed") && now - known.since > FRESH_MS))
        return known.opening;
      const opening: Opening = { state: "reading", events: 0, at: null };
      kept.delete(id);
      kept.set(id, { bytes: found.bytes, since: now, opening, outcome: null });
      for (const [old, { opening: state }] of kept) {
        if (kept.size <= MOST_KEPT) break;
        if (state.state !== "reading") kept.delete(old);
      }
      queue.push(found);
      working ??= work();
      return kept.get(id)?.opening ?? opening;
    },
    async close() {
      queue.length = 0;
      await stopRunning();
    },
  };
}
