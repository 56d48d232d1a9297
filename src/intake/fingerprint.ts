import { hash } from "node:crypto";
import type { Alert } from "../kernel/alert.ts";
import { matches } from "./match.ts";
import type { Arrival } from "./passing.ts";
import type { IntakeSettings } from "./settings.ts";

/** Longest key that is kept readable. */
const READABLE = 160;

/** 128 bits of a SHA-256, as 32 hexadecimal digits. */
const short = (text: string): string => hash("sha256", text, "hex").slice(0, 32);

/** Names in a fixed order; normalised labels stand in it already. */
function ordered(names: string[]): string[] {
  for (let index = 1; index < names.length; index += 1) {
    if ((names[index - 1] as string) > (names[index] as string)) return names.sort();
  }
  return names;
}

/**
 * What identifies a condition: source, kind and labels, in a fixed order; not its severity, values or words.
 * The first 128 bits of a SHA-256.
 */
export function fingerprintOf(alert: Alert): string {
  const parts = [alert.source, alert.kind];
  for (const name of ordered(Object.keys(alert.labels))) parts.push(name, alert.labels[name] as string);
  return short(JSON.stringify(parts));
}

/**
 * What alerts of one incident share: the trust class, the first matching rule's name or else the kind, and the values
 * of the labels that the rule or the default names. Trust is part of it so that an unsigned sender can neither join
 * nor occupy the incident of our own monitors.
 */
export function correlationKey(alert: Alert, settings: IntakeSettings): string {
  const rule = settings.correlate.find((one) => matches(one.match, alert));
  const parts = rule ? ["rule", rule.name] : ["kind", alert.kind];
  for (const name of rule?.by ?? settings.by) {
    const value = alert.labels[name];
    if (typeof value === "string") parts.push(name, value);
  }
  const text = JSON.stringify(parts);
  return `${alert.trust}:${text.length > READABLE ? short(text) : text}`;
}

/** Says which condition each alert speaks of and which incident it belongs to. */
export const fingerprint: Arrival = (passing, { settings }) => {
  for (const one of passing) {
    one.fingerprint = fingerprintOf(one.alert);
    one.key = correlationKey(one.alert, settings);
  }
};
