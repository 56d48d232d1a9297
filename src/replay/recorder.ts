import { type FileHandle, mkdir, open, readdir, rm, rmdir, stat } from "node:fs/promises";
import path from "node:path";
import type { MarketEvent } from "../detectors/event.ts";
import { type Encoder, createEncoder, encode } from "../sources/feeds/market/codec.ts";
import { MAGIC, packBlock } from "./block-file.ts";

/** How a recorder writes. */
export interface RecorderOptions {
  /** A new segment begins after this many bytes; 256 MB by default, or an eighth of `mostBytes` where that is less. */
  readonly segmentBytes?: number;
  /** Oldest segments are deleted before all together exceed this; kept for ever by default. */
  readonly mostBytes?: number;
  /** A block is written after this many words of 8 bytes; 65,536 by default. */
  readonly blockWords?: number;
  /** Deflate blocks (about a quarter of the size); true by default. */
  readonly packed?: boolean;
}

/** Writes events to disk. */
export interface Recorder extends AsyncDisposable {
  /** Takes an event in; it is on disk after the next flush. */
  take(event: MarketEvent): void;
  /** Writes what was taken and waits until the disk has it. */
  flush(): Promise<void>;
  /** Bytes that wait for the disk. */
  waiting(): number;
  /** What was written so far. */
  counts(): { readonly events: number; readonly bytes: number; readonly segments: number };
}

/** A block on its way to disk. */
interface Waiting {
  readonly day: string;
  readonly block: Buffer;
  /** The segment is full, or its day over, after this block. */
  readonly ends: boolean;
}

const SEGMENT = /^(\d{6})\.bwr$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
const LARGEST_SEGMENT = 256 * 1024 * 1024;
const SEGMENTS_AT_LEAST = 8;

/** Files beside recordings that are none. */
const NO_RECORDING = new Set([".md", ".json", ".jsonl", ".txt", ""]);

/** Whether a file's name may be a recording's; what it holds is told by its content. */
export const isRecording = (name: string): boolean =>
  !name.startsWith(".") && !NO_RECORDING.has(path.extname(name).toLowerCase());

/** A recording's segments, days and numbers in order; empty where the folder holds none. */
export async function segmentsOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = path.join(folder, entry.name);
    if (entry.isFile() && SEGMENT.test(entry.name)) found.push(inside);
    else if (entry.isDirectory() && DAY.test(entry.name)) found.push(...(await segmentsOf(inside)));
  }
  return found;
}

/** Opens the next free number of a day; only the desk's user may read it, since its own orders may be in it. */
async function openSegment(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const last = (await segmentsOf(folder)).at(-1);
  const number = last === undefined ? 1 : Number(path.basename(last).slice(0, 6)) + 1;
  const handle = await open(path.join(folder, `${String(number).padStart(6, "0")}.bwr`), "ax", 0o600);
  await handle.appendFile(MAGIC, "latin1");
  return handle;
}

/** Deletes the oldest segments, all but the last, until the others fit. */
async function prune(folder: string, mostBytes: number): Promise<void> {
  const segments = await segmentsOf(folder);
  const sizes = await Promise.all(segments.map(async (file) => (await stat(file)).size));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  for (const [index, file] of segments.slice(0, -1).entries()) {
    if (total <= mostBytes) return;
    await rm(file);
    total -= sizes[index] ?? 0;
    const day = path.dirname(file);
    if (day !== path.resolve(folder) && (await readdir(day)).length === 0) await rmdir(day);
  }
}

/**
 * Records into a folder for each day (UTC) of numbered segments. Files are only ever appended to; after a crash the next
 * recorder begins a new segment, and readers stop a torn one at its last whole block. Every segment begins with the books
 * as they stand, so that it can be read alone after older ones were deleted.
 */
export async function createRecorder(folder: string, options: RecorderOptions = {}): Promise<Recorder> {
  const { mostBytes = Number.POSITIVE_INFINITY, blockWords = 1 << 16, packed = true } = options;
  const segmentBytes = options.segmentBytes ?? Math.min(LARGEST_SEGMENT, Math.floor(mostBytes / SEGMENTS_AT_LEAST));
  const root = path.resolve(folder);
  await mkdir(root, { recursive: true, mode: 0o700 });
  await prune(root, mostBytes - segmentBytes);
  let handle: FileHandle | undefined;
  /** Bytes of the present segment, written or waiting. */
  let planned = 0;
  let dayEnds = Number.NEGATIVE_INFINITY;
  let day = "";
  let encoder: Encoder = createEncoder(blockWords, true);
  let waiting: Waiting[] = [];
  let queue: Promise<void> = Promise.resolve();
  let [events, bytes, segments, waitingBytes] = [0, 0, 0, 0];

  function cut(last = false): void {
    if (encoder.length === 0) return;
    const block = packBlock(encoder.bytes.subarray(0, encoder.length * 8), packed);
    encoder.length = 0;
    planned += block.length;
    const ends = last || planned >= segmentBytes;
    waiting.push({ day, block, ends });
    waitingBytes += block.length;
    if (!ends) return;
    // The next segment tells all names and books again, so that it can be read alone.
    encoder = createEncoder(blockWords, true);
    planned = 0;
  }

  async function write(): Promise<void> {
    const blocks = waiting;
    waiting = [];
    for (const one of blocks) {
      if (handle === undefined) {
        handle = await openSegment(path.join(root, one.day));
        segments += 1;
      }
      await handle.appendFile(one.block);
      bytes += one.block.length;
      waitingBytes -= one.block.length;
      if (!one.ends) continue;
      await handle.datasync();
      await handle.close();
      handle = undefined;
      await prune(root, mostBytes - segmentBytes);
    }
    await handle?.datasync();
  }

  /** Writes one after the other; a failed write is told by the flush that waits for it. */
  const flush = async (): Promise<void> => {
    cut();
    queue = queue.then(write);
    await queue;
  };

  return {
    flush,
    waiting: () => waitingBytes,
    counts: () => ({ events, bytes, segments }),
    take(event) {
      if (event.kind === "tick") return;
      if (event.receivedAt >= dayEnds) {
        cut(true);
        dayEnds = Math.floor(event.receivedAt / DAY_MS) * DAY_MS + DAY_MS;
        day = new Date(event.receivedAt).toISOString().slice(0, 10);
      }
      encode(encoder, event);
      events += 1;
      if (encoder.length >= blockWords) cut();
    },
    async [Symbol.asyncDispose]() {
      try {
        await flush();
      } finally {
        await handle?.close();
      }
    },
  };
}
