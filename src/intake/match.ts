import { z } from "zod";
import type { Matcher } from "../db/schema.ts";
import type { Alert } from "../kernel/alert.ts";

/** What a test may look at, in words. */
export const FIELD = "kind, source, severity, trust, title or a label's name (labels.kind for a label of that name)";

const text = z.string().min(1).max(512);

/** One test, as desk.yaml and the /silence command write it. */
const matcherSchema = z.discriminatedUnion("op", [
  z.strictObject({ field: text, op: z.enum(["equals", "not", "prefix"]), value: text }),
  z.strictObject({ field: text, op: z.literal("in"), value: z.array(text).min(1).max(1_000) }),
]);

/** Tests that must all hold; at least one, because an empty list would match everything. */
export const matchersSchema = z.array(matcherSchema).min(1).max(20);

/** What can be tested: an alert, or an incident in its place. */
export type Tested = Pick<Alert, "kind" | "severity" | "trust" | "labels"> & Partial<Pick<Alert, "source" | "title">>;

const own = (labels: Tested["labels"], name: string): string =>
  Object.hasOwn(labels, name) ? (labels[name] ?? "") : "";

/** The tested text; a label that is absent reads as empty. */
export function fieldOf(tested: Tested, field: string): string {
  switch (field) {
    case "kind":
    case "severity":
    case "trust":
      return tested[field];
    case "source":
    case "title":
      return tested[field] ?? "";
    default:
      return own(tested.labels, field.startsWith("labels.") ? field.slice(7) : field);
  }
}

/** Whether one test holds. Fixed operators, no patterns: nothing an alert or a command says can make this slow. */
export function holds(matcher: Matcher, tested: Tested): boolean {
  const found = fieldOf(tested, matcher.field);
  const { value } = matcher;
  if (typeof value !== "string") return matcher.op === "in" && value.includes(found);
  switch (matcher.op) {
    case "not":
      return found !== value;
    case "prefix":
      return found.startsWith(value);
    default:
      return found === value;
  }
}

/** Whether all tests hold; no tests match nothing. */
export const matches = (matchers: readonly Matcher[], tested: Tested): boolean =>
  matchers.length > 0 && matchers.every((matcher) => holds(matcher, tested));
