import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { and, eq } from "drizzle-orm";
import type { Tx } from "../db/client.ts";
import { ledger } from "../db/schema.ts";
import { append } from "../ledger/append.ts";
import { freeze, statesNow } from "./trading-state.ts";

/** What the kill switch leaves on the disk, so that it holds while the database is away. */
export interface HaltMarker {
  readonly id: string;
  readonly state: "reducing" | "halted";
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

const fileOf = (home: string): string => path.join(home, "halt.json");

/** Waits until the disk has the folder's names, so that a power cut does not undo a rename. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Writes the marker and waits until the disk has it. A stricter one that stands is kept, and is what is returned. */
export function writeMarker(home: string, marker: Omit<HaltMarker, "id">): HaltMarker {
  const standing = readMarker(home);
  if (standing?.state === "halted" && marker.state === "reducing") return standing;
  const whole = { id: randomUUID(), ...marker };
  mkdirSync(home, { recursive: true });
  const draft = `${fileOf(home)}.${whole.id}`;
  const descriptor = openSync(draft, "w", 0o600);
  writeSync(descriptor, JSON.stringify(whole));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(draft, fileOf(home));
  syncFolder(home);
  return whole;
}

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

/**
 * Brings the marker and the database together: a halt that the database has not heard of is written there; a marker whose
 * halt was lifted by a plan is removed. To be called at the start and every second. Needs no clock, so a wrong one cannot
 * lift a halt. Resolves to the marker that still stands.
 */
export async function settleMarker(tx: Tx, home: string): Promise<HaltMarker | null> {
  const marker = readMarker(home);
  if (marker === null) return null;
  const [known] = await tx
    .select({ seq: ledger.seq })
    .from(ledger)
    .where(and(eq(ledger.type, "halt.pulled"), eq(ledger.object, marker.id)))
    .limit(1);
  if (known === undefined) {
    await recordHalt(tx, marker);
    return marker;
  }
  if ((await statesNow(tx))["firm"] !== undefined) return marker;
  rmSync(fileOf(home), { force: true });
  return null;
}

/** Freezes the firm and writes who pulled the switch. */
export async function recordHalt(tx: Tx, marker: HaltMarker): Promise<void> {
  await freeze(tx, { scope: "firm", state: marker.state, by: marker.by, reason: marker.reason, planHash: null });
  await append(tx, {
    actor: marker.by,
    type: "halt.pulled",
    object: marker.id,
    body: { state: marker.state, reason: marker.reason, at: marker.at },
  });
}
