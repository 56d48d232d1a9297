import { open } from "node:fs/promises";
import { DeskError } from "../../kernel/errors.ts";

/** Where the one entry of a zip lies. */
export interface ZipEntry {
  readonly name: string;
  readonly start: number;
  readonly packedBytes: number;
  /** Not compressed. */
  readonly stored: boolean;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;

/**
 * Finds the first entry of a zip by its central directory (PKWARE APPNOTE 4.3); 64-bit archives are not read.
 * @throws DeskError RECORDING_UNREADABLE where the file is no such zip
 */
export async function zipEntry(file: string): Promise<ZipEntry> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 65_557));
    await handle.read(tail, 0, tail.length, size - tail.length);
    let end = tail.length - 22;
    while (end >= 0 && tail.readUInt32LE(end) !== END) end -= 1;
    if (end < 0) throw new DeskError("RECORDING_UNREADABLE", `${file} is a zip without a directory: was it cut off?`);
    const directory = Buffer.alloc(tail.readUInt32LE(end + 12));
    await handle.read(directory, 0, directory.length, tail.readUInt32LE(end + 16));
    if (directory.length < 46 || directory.readUInt32LE(0) !== CENTRAL) {
      throw new DeskError("RECORDING_UNREADABLE", `${file} is a zip whose directory cannot be read`);
    }
    const method = directory.readUInt16LE(10);
    const packedBytes = directory.readUInt32LE(20);
    const nameLength = directory.readUInt16LE(28);
    const header = directory.readUInt32LE(42);
    const local = Buffer.alloc(30);
    await handle.read(local, 0, 30, header);
    const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (method !== 0 && method !== 8)
      throw new DeskError(
        "RECORDING_UNREADABLE",
        `${file} is packed by method ${method}; only stored and deflate are read`,
      );
    return { name: directory.toString("utf8", 46, 46 + nameLength), start, packedBytes, stored: method === 0 };
  } finally {
    await handle.close();
  }
}
