import { z } from "zod";
import { type Alert, SEVERITIES, type TrustClass } from "../../kernel/alert.ts";
import { DeskError } from "../../kernel/errors.ts";
import type { Body } from "./json.ts";
import { decimalOf, textOf } from "./number.ts";
import { severityOf } from "./sender.ts";
import { MAX_ALERTS, timeOf } from "./shape.ts";

const path = z
  .union([z.string().min(1).max(200), z.array(z.string().min(1).max(100)).min(1).max(10)])
  .describe("Where it stands: keys and list positions joined by dots, or as a list where a key holds a dot.");

const field = z
  .union([
    z.strictObject({ value: z.string().max(500).describe("Always this text.") }),
    z.strictObject({
      path,
      table: z.record(z.string(), z.string()).optional().describe("What the found text means; others are refused."),
      prefix: z.string().max(60).optional().describe("Put before what was found."),
      otherwise: z.string().max(500).optional().describe("Used where nothing is found or the table does not know it."),
    }),
  ])
  .describe("A fixed text or a place in the body.");

/** How a body of somebody else's making is read: fixed places and tables, no expressions. */
export const mappingSchema = z
  .strictObject({
    each: path.optional().describe("A list in the body whose items are alerts; else the body is one alert."),
    kind: field,
    status: field.default({ value: "firing" }),
    severity: field.default({ value: "medium" }),
    title: field,
    summary: field.optional(),
    at: field.optional().describe("RFC 3339, or Unix time in seconds or milliseconds; now where it is left out."),
    labels: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/), field).default({}),
    values: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/), field).default({}),
  })
  .describe("How a body is read where it has not the desk's own form.");

export type Mapping = z.infer<typeof mappingSchema>;
type Field = z.infer<typeof field>;
type Path = z.infer<typeof path>;

const stepsOf = (where: Path): readonly string[] => (typeof where === "string" ? where.split(".") : where);
const said = (where: Path): string => stepsOf(where).join(".");

/** What stands at a place; only what the body itself holds. */
function at(body: Body, where: Path): Body | undefined {
  let found: Body | undefined = body;
  for (const step of stepsOf(where)) {
    if (Array.isArray(found)) found = /^\d{1,6}$/.test(step) ? (found as readonly Body[])[Number(step)] : undefined;
    else if (typeof found === "object" && found !== null && Object.hasOwn(found, step)) {
      found = (found as Record<string, Body>)[step];
    } else return undefined;
  }
  return found;
}

/** The text that a field gives, or undefined where its place is empty and nothing stands in. */
function read(body: Body, from: Field): string | undefined {
  if ("value" in from) return from.value;
  const found = textOf(at(body, from.path));
  const { table, otherwise, prefix } = from;
  if (found === undefined) return otherwise;
  if (table && !Object.hasOwn(table, found)) {
    if (otherwise !== undefined) return otherwise;
    throw new DeskError(
      "INPUT_INVALID",
      `${said(from.path)} was "${found.slice(0, 60)}", which the mapping's table does not know`,
    );
  }
  return (prefix ?? "") + (table ? (table[found] ?? found) : found);
}

function must(body: Body, from: Field, what: string): string {
  const found = read(body, from);
  if (found !== undefined && found.trim() !== "") return found;
  throw new DeskError("INPUT_INVALID", `${what} was not found at ${"path" in from ? said(from.path) : "its place"}`);
}

/** RFC 3339, or Unix time: below 10^11 in seconds, above in milliseconds, so both read right from 1973 to 5138. */
export function momentOf(text: string, where: string): Date {
  if (!/^\d{1,16}(\.\d{1,9})?$/.test(text)) return timeOf(text, where);
  const count = Number(text);
  return timeOf(new Date(count < 1e11 ? count * 1_000 : count).toISOString(), where);
}

function statusOf(text: string): Alert["status"] {
  if (text === "firing" || text === "resolved") return text;
  throw new DeskError(
    "INPUT_INVALID",
    `the status must be firing or resolved, was "${text.slice(0, 60)}"; give the mapping a table`,
  );
}

function oneAlert(body: Body, mapping: Mapping, source: string, trust: TrustClass, now: Date): Alert {
  const severity = must(body, mapping.severity, "the severity");
  const known = severityOf(severity);
  if (!known) {
    throw new DeskError(
      "INPUT_INVALID",
      `the severity must be one of ${SEVERITIES.join(", ")}, was "${severity.slice(0, 60)}"`,
    );
  }
  const moment = mapping.at && read(body, mapping.at);
  const summary = mapping.summary && read(body, mapping.summary);
  const labels = Object.entries(mapping.labels).flatMap(([name, from]) => {
    const text = read(body, from);
    return text === undefined ? [] : [[name, text] as const];
  });
  const values = Object.entries(mapping.values).flatMap(([name, from]) => {
    const text = read(body, from);
    if (text === undefined) return [];
    const value = decimalOf(text);
    if (value !== undefined) return [[name, value] as const];
    throw new DeskError(
      "INPUT_INVALID",
      `the value ${name} must be a number of at most 40 digits, was "${text.slice(0, 60)}"`,
    );
  });
  return {
    source,
    trust,
    kind: must(body, mapping.kind, "the kind"),
    status: statusOf(must(body, mapping.status, "the status")),
    severity: known,
    title: must(body, mapping.title, "the title"),
    ...(summary === undefined ? {} : { summary }),
    labels: Object.fromEntries(labels),
    values: Object.fromEntries(values),
    at: moment === undefined ? now : momentOf(moment, "the time"),
  };
}

/**
 * Reads a body by a mapping.
 * @throws DeskError INPUT_INVALID naming what was not found or did not fit
 */
export function mapped(body: Body, mapping: Mapping, source: string, trust: TrustClass, now: Date): Alert[] {
  if (mapping.each === undefined) return [oneAlert(body, mapping, source, trust, now)];
  const list = at(body, mapping.each);
  if (!Array.isArray(list)) throw new DeskError("INPUT_INVALID", `${said(mapping.each)} must be a list of alerts`);
  if (list.length > MAX_ALERTS) {
    throw new DeskError(
      "INPUT_INVALID",
      `${said(mapping.each)} holds ${list.length} alerts; send at most ${MAX_ALERTS} at once`,
    );
  }
  return (list as readonly Body[]).map((item) => oneAlert(item, mapping, source, trust, now));
}
