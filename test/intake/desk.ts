import { randomUUID } from "node:crypto";
import type { Database } from "../../src/db/client.ts";
import { type Intake, openIntake } from "../../src/intake/intake.ts";
import type { Committed } from "../../src/intake/commit.ts";
import type { Match, Placing } from "../../src/intake/passing.ts";
import { intakeSettings } from "../../src/intake/settings.ts";
import type { Alert } from "../../src/kernel/alert.ts";
import { type Clock, systemClock } from "../../src/kernel/clock.ts";
import { decimal } from "../../src/kernel/decimal.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { SEAL } from "../policy/control.ts";

/** An alert of our own account monitor, with what the test wants to differ. */
export function alertOf(change: Partial<Omit<Alert, "values">> & { values?: Record<string, string> } = {}): Alert {
  const { values, ...rest } = change;
  return {
    source: "account-monitor",
    trust: "internal",
    kind: "margin.ratio",
    status: "firing",
    severity: "critical",
    title: "Maintenance margin above 80 %",
    labels: { account: "paper-a", venue: "paper" },
    at: new Date("2026-03-12T10:00:00Z"),
    ...rest,
    values: Object.fromEntries(
      Object.entries(values ?? { ratio: "0.83" }).map(([name, text]) => [name, decimal(text)]),
    ),
  };
}

/** Labels of a condition that no other test knows. */
export const fresh = (): Record<string, string> => ({ account: randomUUID(), venue: "paper" });

/** An intake over the test's database, with everything it reported. */
export function intakeOn(
  database: Database,
  options: {
    clock?: Clock;
    settings?: unknown;
    matchPlaybooks?: (alert: Alert) => readonly Match[];
    place?: Placing;
  } = {},
): Intake & { readonly committed: Committed[] } {
  const committed: Committed[] = [];
  const intake = openIntake({
    db: database,
    clock: options.clock ?? systemClock,
    settings: intakeSettings.parse(options.settings ?? {}),
    seal: SEAL,
    matchPlaybooks: options.matchPlaybooks ?? (() => []),
    place: options.place ?? null,
    onCommitted: (one) => committed.push(one),
    log: silentLog,
  });
  return Object.assign(intake, { committed });
}
