import { and, eq, like, sql } from "drizzle-orm";
import { noteIncident } from "../db/changes.ts";
import type { Db } from "../db/client.ts";
import { type DetectorLabel, alerts, detectorLabels, incidents } from "../db/schema.ts";
import { DeskError } from "../kernel/errors.ts";
import { append } from "../ledger/append.ts";
import type { By } from "./lifecycle.ts";

const SOURCE = "detector:";

/**
 * Says of every detector that raised the incident whether it was right; also after the incident was resolved. A later
 * word replaces an earlier one; the ledger keeps both.
 * @returns the detectors' names
 * @throws DeskError UNKNOWN_INCIDENT; INPUT_INVALID where no detector raised it
 */
export async function labelDetectors(db: Db, id: string, label: DetectorLabel, by: By): Promise<readonly string[]> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select({ id: incidents.id }).from(incidents).where(eq(incidents.id, id)).for("update");
    if (!row) throw new DeskError("UNKNOWN_INCIDENT", `there is no incident ${id}; /incident list shows the open ones`);
    const raisedBy = await tx
      .selectDistinct({ source: alerts.source })
      .from(alerts)
      .where(and(eq(alerts.incidentId, id), like(alerts.source, `${SOURCE}%`)))
      .orderBy(alerts.source);
    const detectors = raisedBy.map((one) => one.source.slice(SOURCE.length));
    if (detectors.length === 0)
      throw new DeskError("INPUT_INVALID", `no detector raised ${id}; only incidents of detectors are labelled`);
    const person = by.actor.replace("person:", "");
    await tx
      .insert(detectorLabels)
      .values(detectors.map((detector) => ({ incidentId: id, detector, label, person })))
      .onConflictDoUpdate({
        target: [detectorLabels.incidentId, detectorLabels.detector],
        set: { label, person, at: sql`now()` },
      });
    await append(tx, { actor: by.actor, type: "detector.labelled", object: id, body: { detectors, label } });
    await noteIncident(tx, {
      incident: id,
      type: "detector.labelled",
      actor: by.actor,
      text: `${detectors.join(", ")}: ${label}`,
      data: { label },
    });
    return detectors;
  });
}
