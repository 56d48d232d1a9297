import { open } from "node:fs/promises";
import { DeskError } from "../../kernel/errors.ts";

/** Where the one file of a zip lies. */
export interface ZipEntry {
  readonly name: string;
  readonly start: number;
  readonly packedBytes: number;
  /** Not compressed. */
  readonly stored: boolean;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;

/** Bytes of a central directory's entry before its name. */
const ENTRY_HEAD = 46;

/** The files a central directory names, without folders and what macOS adds. */
function filesIn(directory: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + ENTRY_HEAD <= directory.length && directory.readUInt32LE(at) === CENTRAL;) {
    const entry = directory.subarray(at);
    const name = nameOf(entry);
    if (!name.endsWith("/") && !name.startsWith("__MACOSX/")) found.push(entry);
    at += ENTRY_HEAD + entry.readUInt16LE(28) + entry.readUInt16LE(30) + entry.readUInt16LE(32);
  }
  return found;
}

const nameOf = (entry: Buffer): string => entry.toString("utf8", ENTRY_HEAD, ENTRY_HEAD + entry.readUInt16LE(28));

/**
 * Finds the only file in a zip by its central directory (PKWARE APPNOTE 4.3); 64-bit archives are not read.
 * @throws DeskError RECORDING_UNREADABLE where the file is no such zip
 */
export async function zipEntry(file: string): Promise<ZipEntry> {
  const refuse = (why: string): never => {
    throw new DeskError("RECORDING_UNREADABLE", `${file} is a zip ${why}`);
  };
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 65_557));
    await handle.read(tail, 0, tail.length, size - tail.length);
    let end = tail.length - 22;
    while (end >= 0 && tail.readUInt32LE(end) !== END) end -= 1;
    if (end < 0) refuse("without a directory: was it cut off?");
    const [bytes, from] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
    // What a damaged or hostile file claims is not made room for.
    if (from + bytes > size) refuse("whose directory cannot be read");
    const directory = Buffer.alloc(bytes);
    await handle.read(directory, 0, bytes, from);
    const files = filesIn(directory);
    const [entry] = files;
    if (entry === undefined) return refuse("without a file in it, or whose directory cannot be read");
    if (files.length > 1) refuse(`of ${files.length} files (${files.slice(0, 3).map(nameOf).join(", ")}); unpack it`);
    const method = entry.readUInt16LE(10);
    if (method !== 0 && method !== 8) refuse(`packed by method ${method}; only stored and deflate are read`);
    const packedBytes = entry.readUInt32LE(20);
    const header = entry.readUInt32LE(42);
    const local = Buffer.alloc(30);
    await handle.read(local, 0, 30, header);
    const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (start + packedBytes > size) refuse("whose file lies beyond its end: was it cut off?");
    return { name: nameOf(entry), start, packedBytes, stored: method === 0 };
  } finally {
    await handle.close();
  }
}
