import type { Alert } from "../kernel/alert.ts";
import type { Arrival } from "./passing.ts";

const TITLE = 200;
const SUMMARY = 4_000;
const VALUE = 512;
const LABELS = 64;
/** A source's clock may run ahead this much before its time is not believed. */
const AHEAD_MS = 300_000;

/** Control characters, and the invisible ones that turn or hide text: what people read must be what is compared. */
const UNSEEN = /[\p{Cc}\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]+/gu;
const PLAIN = /^[\x20-\x7e]*$/;

const clean = (text: string): string =>
  PLAIN.test(text) ? text.trim() : text.replaceAll(UNSEEN, " ").normalize("NFC").trim();

/** Cuts text to `limit` characters, never in the middle of one, and marks the cut. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = text.slice(0, limit - 1);
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/**
 * One alert as the desk keeps it: composed Unicode without invisible characters, bounded lengths, labels in the order
 * of their names, no empty ones, and a time that is not in the future.
 */
export function normalised(alert: Alert, now: Date): Alert {
  const labels: [string, string][] = [];
  for (const name of Object.keys(alert.labels).sort()) {
    const value = cut(clean(alert.labels[name] ?? ""), VALUE);
    const key = clean(name).slice(0, 64);
    if (value !== "" && key !== "" && labels.length < LABELS) labels.push([key, value]);
  }
  const ahead = alert.at.getTime() > now.getTime() + AHEAD_MS;
  return {
    ...alert,
    kind: cut(clean(alert.kind), 120),
    title: cut(clean(alert.title), TITLE) || cut(clean(alert.kind), TITLE),
    ...(alert.summary === undefined ? {} : { summary: cut(clean(alert.summary), SUMMARY) }),
    labels: Object.fromEntries(labels),
    at: ahead ? now : alert.at,
  };
}

/** Brings every alert into the desk's form. */
export const normalise: Arrival = (passing, { now }) => {
  for (const one of passing) one.alert = normalised(one.alert, now);
};
