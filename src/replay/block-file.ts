import { deflateRawSync, inflateRawSync } from "node:zlib";
import { crc32 } from "../sources/feeds/market/crc32.ts";

/** First bytes of a recording of our own. */
export const MAGIC = "BWREC1\n\0";
/** Bytes before a block's payload: packed length, flags, CRC-32 of the packed payload, plain length. */
export const BLOCK_HEAD = 16;
const PACKED = 1;
/** A payload is whole words. */
const WORD = 8;
/** More is taken for damage rather than read. */
const MOST_BYTES = 1 << 28;

/** One block: head and payload. @param packed deflate the payload */
export function packBlock(payload: Uint8Array, packed: boolean): Buffer {
  const body = packed ? deflateRawSync(payload, { level: 1 }) : payload;
  const head = Buffer.alloc(BLOCK_HEAD);
  head.writeUInt32LE(body.length, 0);
  head.writeUInt32LE(packed ? PACKED : 0, 4);
  head.writeInt32LE(crc32(body), 8);
  head.writeUInt32LE(payload.length, 12);
  return Buffer.concat([head, body]);
}

/** A block found in a file. */
export interface FoundBlock {
  readonly payload: Buffer;
  /** Bytes up to its end, from where it was looked for. */
  readonly bytes: number;
}

/**
 * Reads the block at `at`.
 * @returns "short" where more bytes are needed, "broken" where the checksum or a length is wrong
 */
export function unpackBlock(bytes: Buffer, at: number): FoundBlock | "short" | "broken" {
  if (bytes.length - at < BLOCK_HEAD) return "short";
  const length = bytes.readUInt32LE(at);
  const flags = bytes.readUInt32LE(at + 4);
  const plain = bytes.readUInt32LE(at + 12);
  if (length > MOST_BYTES || plain > MOST_BYTES || flags > PACKED) return "broken";
  if (bytes.length - at < BLOCK_HEAD + length) return "short";
  const body = bytes.subarray(at + BLOCK_HEAD, at + BLOCK_HEAD + length);
  if (crc32(body) !== bytes.readInt32LE(at + 8)) return "broken";
  const payload = flags === PACKED ? inflated(body, plain) : body;
  // The checksum is the payload's; a bit of the head that turned over shows here.
  if (payload?.length !== plain || plain % WORD !== 0) return "broken";
  return { payload, bytes: BLOCK_HEAD + length };
}

/** Undefined where the bytes were not packed, or hold more than `most`. */
function inflated(body: Buffer, most: number): Buffer | undefined {
  try {
    return inflateRawSync(body, { maxOutputLength: Math.max(1, most) });
  } catch {
    return undefined;
  }
}
