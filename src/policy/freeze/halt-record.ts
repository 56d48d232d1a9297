import { and, eq } from "drizzle-orm";
import type { Tx } from "../../db/client.ts";
import { ledger } from "../../db/schema.ts";
import { append } from "../../ledger/append.ts";
import { type HaltMarker, readMarker, removeMarker } from "./halt-marker.ts";
import { freeze, statesNow } from "./trading-state.ts";

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
  removeMarker(home, marker);
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
