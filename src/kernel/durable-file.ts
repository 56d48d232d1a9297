import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import path from "node:path";

/**
 * Writes a small file whole and returns once the disk has it: a kill or a power cut leaves the old content or the new
 * one, never a part. Only its owner can read it; its folder must exist.
 * @throws what the file system throws, such as ENOSPC or EACCES
 */
export function writeDurably(file: string, text: string): void {
  const folder = path.dirname(file);
  const draft = `${file}.${randomUUID()}`;
  const descriptor = openSync(draft, "w", 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(draft, file);
  // The disk must have the folder's names too, so that a power cut does not undo the rename.
  const names = openSync(folder, "r");
  fsyncSync(names);
  closeSync(names);
}
