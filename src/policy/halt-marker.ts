import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { writeDurably } from "../kernel/durable-file.ts";

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

/** Takes the marker away, once its halt was lifted. */
export const removeMarker = (home: string): void => rmSync(fileOf(home), { force: true });

/** The marker that stands; one that cannot be read halts everything. Null where there is none. */
export function readMarker(home: string): HaltMarker | null {
  if (!existsSync(fileOf(home))) return null;
  try {
    return JSON.parse(readFileSync(fileOf(home), "utf8")) as HaltMarker;
  } catch (error) {
    return {
      id: "unreadable",
      state: "halted",
      by: "system",
      reason: `the marker of the kill switch cannot be read (${String(error)})`,
      at: "",
    };
  }
}
