import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { incidentEvents } from "../../../src/db/schema.ts";
import { openReportingClock } from "../../../src/desk/watch/reporting-clock.ts";
import { openIncident } from "../../../src/incidents/lifecycle.ts";
import { type ReportingStep, stateReporting } from "../../../src/incidents/reporting.ts";
import type { Alert } from "../../../src/kernel/alert.ts";
import { type Clock, systemClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { doraReport } from "../../../src/ledger/reports/dora.ts";
import { SEAL } from "../../policy/control.ts";
import { withDatabase } from "../../with-database.ts";

const database = withDatabase();
const HOUR = 3_600_000;
const CLEO = { actor: "person:cleo", surface: "console" };
let aheadMs = 0;
const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };
const alerts: Alert[] = [];
const pages: string[] = [];
const asked = new Set<string>();

/** A clock as it stands after a start: it remembers nothing of an earlier one. */
const begun = () =>
  openReportingClock({
    database: database(),
    leads: () => true,
    emit: async (alert) => void alerts.push(alert),
    // The table of pages takes a key once.
    everyone: async (_tx, { incident, key, summary }) => {
      if (!asked.has(`${incident}/${key}`)) pages.push(summary);
      asked.add(`${incident}/${key}`);
      return ["ntfy"];
    },
    clock,
    log: silentLog,
  });
let incident: string;
let reporting: ReturnType<typeof begun>;
const state = (step: ReportingStep) => stateReporting(database().db, incident, step, CLEO);
const at = async (hours: number): Promise<void> => {
  aheadMs = hours * HOUR;
  await reporting.look();
};
const said = () => alerts.map((one) => `${one.status} ${one.severity} ${one.labels["report"]}`);

beforeAll(() => {
  reporting = begun();
});
beforeEach(async () => {
  aheadMs = 0;
  incident = await database().db.transaction((tx) =>
    openIncident(tx, SEAL, CLEO, { kind: "venue.outage", severity: "critical", title: "The venue is gone" }),
  );
  await reporting.look();
  alerts.length = 0;
  pages.length = 0;
});

describe("the clock of reports to an authority", () => {
  test("does not run for an incident that nobody called major", async () => {
    await at(1_000);
    expect(said()).toEqual([]);
  });

  test("tells at 50, 75 and 90 % of the four hours, and when they are over, each once and louder", async () => {
    await state("major");
    for (const hours of [1.9, 2.1, 2.5, 3.1, 3.1, 3.7, 4.1, 9]) await at(hours);
    expect(said()).toEqual([
      "firing medium initial",
      "firing high initial",
      "firing critical initial",
      "firing critical initial",
    ]);
    expect(alerts[0]?.title).toContain(`50 % of the time for the initial report on ${incident} is used`);
    expect(alerts[0]?.summary).toMatch(/Still to be filled: .*competent_authority.*root_cause/);
    expect(alerts.at(-1)?.title).toMatch(/is overdue since/);
    expect(pages.map((one) => one.slice(0, 4))).toEqual(["50 %", "75 %", "90 %", "The "]);
    await state("initial");
    await at(9);
    expect(said().at(-1)).toBe("resolved critical initial");
    await state("intermediate");
    await state("final");
  });

  test("begins the 72 hours when the initial report was submitted, and ends with the final one", async () => {
    await state("major");
    await state("initial");
    await at(30);
    expect(said()).toEqual([]);
    await at(37);
    expect(said()).toEqual(["firing medium intermediate"]);
    await state("intermediate");
    await at(37);
    await state("final");
    await at(900);
    expect(said()).toEqual(["firing medium intermediate", "resolved medium intermediate"]);
  });

  test("says after a restart what stands, and pages nobody twice", async () => {
    await state("major");
    await at(3.1);
    const again = begun();
    await again.look();
    expect(said()).toEqual(["firing high initial", "firing high initial"]);
    expect(pages).toHaveLength(1);
    for (const step of ["initial", "intermediate", "final"] as const) await state(step);
  });

  test("takes the steps in their order, each once but the intermediate one, and shows them on the incident", async () => {
    await expect(state("initial")).rejects.toThrow(/say that first/);
    await state("major");
    await expect(state("major")).rejects.toThrow(/was said of INC-\d+ before/);
    await expect(state("final")).rejects.toThrow(/say that first/);
    await state("initial");
    await state("intermediate");
    await state("intermediate");
    await state("final");
    await expect(stateReporting(database().db, "INC-999", "major", CLEO)).rejects.toThrow("no incident INC-999");
    const lines = await database().db.select().from(incidentEvents).where(eq(incidentEvents.incidentId, incident));
    expect(lines.map((one) => one.text)).toContain("classified as a major ICT-related incident");
  });

  test("the form knows the steps, how much time is used, and what is missing", async () => {
    await state("major");
    aheadMs = 2.1 * HOUR;
    const { rows, missing } = await doraReport(database().sql, incident, {}, clock.now());
    const value = (field: string) => rows.find((row) => row[0] === field)?.[1];
    expect(value("classified_as_major")).toMatch(/^\d{4}-/);
    expect(value("initial_report_time_used")).toBe("52 %");
    expect(missing).toEqual(expect.arrayContaining(["initial_submitted", "competent_authority", "root_cause"]));
    expect(missing).not.toContain("classified_as_major");
    for (const step of ["initial", "intermediate", "final"] as const) await state(step);
    const after = await doraReport(database().sql, incident, {}, clock.now());
    expect(after.rows.find((row) => row[0] === "final_report_time_used")?.[1]).toBe("submitted");
  });
});
