import type { Readable } from "node:stream";
import type { Blocks } from "./blocks.ts";

const MAGIC = 0x184d2204;
const BLOCK_BYTES = [0, 0, 0, 0, 1 << 16, 1 << 18, 1 << 20, 1 << 22];
const HISTORY = 1 << 16;

/** Told without the file's name, which whoever reads the blocks adds. */
const damaged = (): Error => new RangeError("an lz4 block cannot be unpacked");

/** Unpacks one LZ4 block behind up to 64 KiB of history (lz4_Block_format.md). */
function unpack(packed: Buffer, history: Buffer, most: number): Buffer {
  const out = Buffer.allocUnsafe(history.length + most);
  history.copy(out);
  let to = history.length;
  let at = 0;
  const length = (first: number): number => {
    let total = first;
    if (first !== 15) return total;
    for (;;) {
      const more = packed[at]!;
      at += 1;
      total += more;
      if (more !== 255) return total;
    }
  };
  while (at < packed.length) {
    const token = packed[at]!;
    at += 1;
    const literals = length(token >> 4);
    if (!(at + literals <= packed.length && to + literals <= out.length)) throw damaged();
    packed.copy(out, to, at, at + literals);
    at += literals;
    to += literals;
    if (at >= packed.length) break;
    if (at + 2 > packed.length) throw damaged();
    const offset = packed.readUInt16LE(at);
    at += 2;
    const end = to + length(token & 15) + 4;
    if (offset === 0 || offset > to || !(end <= out.length)) throw damaged();
    // A match may overlap what it writes, so it is copied byte by byte.
    for (; to < end; to += 1) out[to] = out[to - offset]!;
  }
  return out.subarray(history.length, to);
}

/** LZ4 frames (Hyperliquid's archive) as blocks of plain bytes; checksums in them are passed over. */
export function lz4Blocks(source: Readable): Blocks {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held = Buffer.alloc(0);
  let most = 0;
  let [linked, blockSums, contentSum, torn] = [false, false, false, false];
  let history = Buffer.alloc(0);
  const take = async (bytes: number): Promise<Buffer | undefined> => {
    while (held.length < bytes) {
      const { value, done } = await chunks.next();
      if (done === true) return undefined;
      held = Buffer.concat([held, value]);
    }
    const taken = held.subarray(0, bytes);
    held = held.subarray(bytes);
    return taken;
  };
  /** Reads a frame's head. @returns false at the end of the file */
  const header = async (): Promise<boolean> => {
    const head = await take(7);
    if (!head) {
      torn ||= held.length > 0;
      return false;
    }
    if (head.readUInt32LE(0) !== MAGIC) throw new RangeError("after an lz4 frame comes something else");
    const flags = head[4]!;
    linked = (flags & 32) === 0;
    blockSums = (flags & 16) !== 0;
    contentSum = (flags & 4) !== 0;
    most = BLOCK_BYTES[(head[5]! >> 4) & 7]!;
    if (most === 0) throw damaged();
    await take(((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4));
    history = Buffer.alloc(0);
    return true;
  };
  const next = async (): Promise<Buffer | undefined> => {
    for (;;) {
      if (most === 0 && !(await header())) return undefined;
      const size = (await take(4))?.readUInt32LE(0);
      if (size === 0) {
        if (contentSum) await take(4);
        most = 0;
        continue;
      }
      if (size !== undefined && (size & 0x7fffffff) > most) throw damaged();
      const packed = size === undefined ? undefined : await take(size & 0x7fffffff);
      if (size === undefined || !packed) {
        torn = true;
        return undefined;
      }
      if (blockSums) await take(4);
      const plain = size >= 0x80000000 ? Buffer.from(packed) : unpack(packed, history, most);
      if (linked) history = Buffer.concat([history, plain]).subarray(-HISTORY);
      return plain;
    }
  };
  return {
    next,
    torn: () => torn,
    async close() {
      await chunks.return?.();
      source.destroy();
    },
  };
}
