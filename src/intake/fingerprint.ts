import { createHash } from "node:crypto";
import type { Alert } from "../kernel/alert.ts";
import { matches } from "./match.ts";
import type { Stage } from "./passing.ts";
import type { IntakeSettings } from "./settings.ts";

const short = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);

/**
 * What identifies a condition: source, kind and labels, in the labels' own order; not its severity, values or words.
 * The first 128 bits of a SHA-256.
 */
export const fingerprintOf = (alert: Alert): string =>
  short([alert.source, alert.kind, Object.entries(alert.labels).sort(([a], [b]) => (a < b ? -1 : 1))]);

/**
 * What alerts of one incident share: the trust class, the first matching rule's name or else the kind, and the values
 * of the labels that the rule or the default names. Trust is part of it so that an unsigned sender can neither join
 * nor occupy the incident of our own monitors.
 */
export function correlationKey(alert: Alert, settings: IntakeSettings): string {
  const rule = settings.correlate.find((one) => matches(one.match, alert));
  const parts: [string, string][] = [];
  for (const name of rule?.by ?? settings.by) {
    const value = alert.labels[name];
    if (value !== undefined) parts.push([name, value]);
  }
  return `${alert.trust}:${short([rule ? ["rule", rule.name] : ["kind", alert.kind], parts])}`;
}

/** Says which condition each alert speaks of and which incident it belongs to. */
export const fingerprint: Stage = (passing, { settings }) => {
  for (const one of passing) {
    one.fingerprint = fingerprintOf(one.alert);
    one.key = correlationKey(one.alert, settings);
  }
};
