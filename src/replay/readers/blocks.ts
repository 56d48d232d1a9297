import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip, createInflateRaw } from "node:zlib";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import { lz4Blocks } from "./lz4.ts";
import { zipEntry } from "./zip.ts";

/** A recording as blocks of plain bytes, whatever packs it. */
export interface Blocks {
  /** The next block; undefined at the end. */
  next(): Promise<Buffer | undefined>;
  /** Whether the end came in the middle: a recorder was killed, or a download broke off. */
  torn(): boolean;
  close(): Promise<void>;
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Opens a file that is plain, gzip, lz4 or a zip of one file; told by its first bytes, not by its name.
 * @throws DeskError RECORDING_UNREADABLE where it is not there or broken; a torn gzip ends where it is torn
 */
export async function openBlocks(file: string): Promise<Blocks> {
  let magic: Buffer;
  try {
    magic = await firstBytes(file);
  } catch (error) {
    throw new DeskError("RECORDING_UNREADABLE", `${file} could not be opened (${messageOf(error)}); check the path`, {
      cause: error,
    });
  }
  const source = createReadStream(file, { highWaterMark: 1 << 20 });
  let plain: Readable = source;
  if (magic[0] === 0x1f && magic[1] === 0x8b) plain = source.pipe(createGunzip({ chunkSize: 1 << 20 }));
  else if (magic.readUInt32LE && magic.length === 4 && magic.readUInt32LE(0) === 0x04034b50) {
    source.destroy();
    const entry = await zipEntry(file);
    // A stream's end is inclusive, so that nothing cannot be asked for.
    const part =
      entry.packedBytes === 0
        ? Readable.from([])
        : createReadStream(file, { start: entry.start, end: entry.start + entry.packedBytes - 1 });
    plain = entry.stored ? part : part.pipe(createInflateRaw({ chunkSize: 1 << 20 }));
  } else if (magic.length === 4 && magic.readUInt32LE(0) === 0x184d2204) {
    return named(file, lz4Blocks(source));
  }
  source.on("error", (error) => plain.destroy(error));
  const chunks = plain[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let torn = false;
  return named(file, {
    async next() {
      if (torn) return undefined;
      try {
        const { value, done } = await chunks.next();
        return done === true ? undefined : value;
      } catch (error) {
        // A recorder that was killed leaves a torn tail; what came before it is good.
        torn = messageOf(error).includes("unexpected end of file");
        if (torn) return undefined;
        throw error;
      }
    },
    torn: () => torn,
    async close() {
      await chunks.return?.();
      source.destroy();
    },
  });
}

/** The same blocks; what goes wrong in them is told with the file's name. */
const named = (file: string, blocks: Blocks): Blocks => ({
  ...blocks,
  async next() {
    try {
      return await blocks.next();
    } catch (error) {
      throw new DeskError("RECORDING_UNREADABLE", `${file} is damaged (${messageOf(error)})`, { cause: error });
    }
  },
});
