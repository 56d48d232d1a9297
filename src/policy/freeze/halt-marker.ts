import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { writeDurably } from "../../kernel/durable-file.ts";

/** What the kill switch leaves on the disk, so that it holds while the database is away. */
export interface HaltMarker {
  readonly id: string;
  readonly state: "reducing" | "halted";
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

const fileOf = (home: string): string => path.join(home, "halt.json");

/** Writes the marker and waits until the disk has it. A stricter one that stands is kept, and is what is returned. */
export function writeMarker(home: string, marker: Omit<HaltMarker, "id">): HaltMarker {
  const standing = readMarker(home);
  if (standing?.state === "halted" && marker.state === "reducing") return standing;
  const whole = { id: randomUUID(), ...marker };
  mkdirSync(home, { recursive: true });
  writeDurably(fileOf(home), JSON.stringify(whole));
  return whole;
}

/** Takes this marker away, once its halt was lifted; one that was written since stays. */
export function removeMarker(home: string, marker: Pick<HaltMarker, "id">): void {
  if (readMarker(home)?.id === marker.id) rmSync(fileOf(home), { force: true });
}

/** The marker that stands; one that cannot be read, or names no state, halts everything. Null where there is none. */
export function readMarker(home: string): HaltMarker | null {
  const file = fileOf(home);
  if (!existsSync(file)) return null;
  try {
    const marker = JSON.parse(readFileSync(file, "utf8")) as HaltMarker | null;
    if (marker?.state === "halted" || marker?.state === "reducing") return marker;
    throw new TypeError("it names no state");
  } catch (error) {
    return {
      // Another one that cannot be read is another halt.
      id: `unreadable ${statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? ""}`,
      state: "halted",
      by: "system",
      reason: `the marker of the kill switch cannot be read (${String(error)})`,
      at: "",
    };
  }
}
