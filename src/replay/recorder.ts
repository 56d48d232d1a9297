import { type FileHandle, mkdir, open, readdir } from "node:fs/promises";
import path from "node:path";
import type { MarketEvent } from "../detectors/event.ts";
import { MAGIC, packBlock } from "./block-file.ts";
import { type Encoder, createEncoder, encode } from "../sources/feeds/market/codec.ts";

/** How a recorder writes. */
export interface RecorderOptions {
  /** A new segment begins after this many bytes; 256 MB by default. */
  readonly segmentBytes?: number;
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
}

const SEGMENT = /^(\d{6})\.bwr$/;

/** A recording's segments in order; empty where the folder holds none. */
export async function segmentsOf(folder: string): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => SEGMENT.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}

/**
 * Records into a folder of numbered segments. Files are only ever appended to; after a crash the next recorder begins a
 * new segment, and readers stop a torn one at its last whole block. Every segment can be read alone.
 */
export async function createRecorder(folder: string, options: RecorderOptions = {}): Promise<Recorder> {
  const { segmentBytes = 256 * 1024 * 1024, blockWords = 1 << 16, packed = true } = options;
  await mkdir(folder, { recursive: true });
  const last = (await segmentsOf(folder)).at(-1);
  let number = last === undefined ? 0 : Number(path.basename(last).slice(0, 6));
  let handle: FileHandle | undefined;
  /** Bytes of the present segment, written or waiting. */
  let planned = 0;
  let encoder: Encoder = createEncoder();
  let waiting: { readonly block: Buffer; readonly ends: boolean }[] = [];
  let queue: Promise<void> = Promise.resolve();

  function cut(): void {
    if (encoder.length === 0) return;
    const block = packBlock(encoder.bytes.subarray(0, encoder.length * 8), packed);
    encoder.length = 0;
    planned += block.length;
    const ends = planned >= segmentBytes;
    waiting.push({ block, ends });
    if (!ends) return;
    // The next segment tells all names again, so that it can be read alone.
    encoder = createEncoder();
    planned = 0;
  }

  async function write(): Promise<void> {
    const blocks = waiting;
    waiting = [];
    for (const { block, ends } of blocks) {
      if (handle === undefined) {
        number += 1;
        handle = await open(path.join(folder, `${String(number).padStart(6, "0")}.bwr`), "ax");
        await handle.write(MAGIC);
      }
      await handle.write(block);
      if (!ends) continue;
      await handle.datasync();
      await handle.close();
      handle = undefined;
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
    take(event) {
      encode(encoder, event);
      if (encoder.length >= blockWords) cut();
    },
    async [Symbol.asyncDispose]() {
      await flush();
      await handle?.close();
    },
  };
}
