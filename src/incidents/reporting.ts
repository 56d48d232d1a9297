import { eq, sql } from "drizzle-orm";
import { noteIncident } from "../db/changes.ts";
import type { Db } from "../db/client.ts";
import { incidents, ledger } from "../db/schema.ts";
import { DeskError } from "../kernel/errors.ts";
import { append } from "../ledger/append.ts";
import type { By } from "./lifecycle.ts";

/** What people say of an incident that an authority must hear of, in the order in which it happens. */
export const REPORTING_STEPS = ["major", "initial", "intermediate", "final"] as const;
export type ReportingStep = (typeof REPORTING_STEPS)[number];

const SAID: Record<ReportingStep, string> = {
  major: "classified as a major ICT-related incident",
  initial: "the initial notification was submitted",
  intermediate: "an intermediate report was submitted",
  final: "the final report was submitted",
};
const BEFORE: Record<ReportingStep, ReportingStep | null> = {
  major: null,
  initial: "major",
  intermediate: "initial",
  final: "intermediate",
};

/**
 * Writes down that a step of reporting was taken, now: its time starts or stops a deadline. Only an intermediate report
 * may be said again, because the authority may ask for another.
 * @throws DeskError UNKNOWN_INCIDENT, or DECISION_TAKEN where the step was said before or the one before it was not
 */
export async function stateReporting(db: Db, id: string, step: ReportingStep, by: By, text?: string): Promise<string> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select({ id: incidents.id }).from(incidents).where(eq(incidents.id, id)).for("update");
    if (!row) throw new DeskError("UNKNOWN_INCIDENT", `there is no incident ${id}; /incident list shows the open ones`);
    const said = await tx
      .select({ step: sql<ReportingStep>`body::jsonb ->> 'step'` })
      .from(ledger)
      .where(sql`object = ${id} and type = 'report.stated'`);
    const before = BEFORE[step];
    if (before !== null && !said.some((one) => one.step === before))
      throw new DeskError(
        "DECISION_TAKEN",
        `nobody said of ${id} that ${SAID[before].replace("classified", "it is classified")}; say that first`,
      );
    if (step !== "intermediate" && said.some((one) => one.step === step))
      throw new DeskError("DECISION_TAKEN", `it was said of ${id} before: ${SAID[step]}`);
    await append(tx, { actor: by.actor, type: "report.stated", object: id, body: { step, text: text ?? null } });
    await noteIncident(tx, {
      incident: id,
      type: "report.stated",
      actor: by.actor,
      text: `${SAID[step]}${text ? `: ${text}` : ""}`,
      data: { step },
    });
    return SAID[step];
  });
}
