import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { writeDurably } from "../kernel/durable-file.ts";
import { messageOf } from "../kernel/errors.ts";

/** Why the signer sends nothing until a person lifts it by hand on its machine. */
export interface SignerFreeze {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

const fileOf = (folder: string): string => path.join(folder, "frozen.json");

/** The freeze that stands; one that cannot be read stands too. Null where there is none. */
export function readFreeze(folder: string): SignerFreeze | null {
  if (!existsSync(fileOf(folder))) return null;
  try {
    return JSON.parse(readFileSync(fileOf(folder), "utf8")) as SignerFreeze;
  } catch (error) {
    return { by: "signer", reason: `its freeze cannot be read: ${messageOf(error)}`, at: "" };
  }
}

/** Freezes the signer and returns once the disk has it; the first reason stays. */
export function writeFreeze(folder: string, freeze: SignerFreeze): void {
  if (existsSync(fileOf(folder))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeDurably(fileOf(folder), JSON.stringify(freeze));
}

/** Lifts the freeze. False where none stood. */
export function liftFreeze(folder: string): boolean {
  if (!existsSync(fileOf(folder))) return false;
  rmSync(fileOf(folder));
  return true;
}
