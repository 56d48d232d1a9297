import { type Decimal, decimal, isDecimal } from "../kernel/decimal.ts";
import { DeskError } from "../kernel/errors.ts";

/** One JSON object of a venue's answer, nothing in it trusted yet. */
export type Row = Readonly<Record<string, unknown>>;

const invalid = (what: string, problem: string): DeskError =>
  new DeskError("VENUE_ANSWER_INVALID", `${what} ${problem}; nothing was concluded from the answer`);

/** The value as an object. @throws DeskError VENUE_ANSWER_INVALID */
export function row(value: unknown, what: string): Row {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(what, "was not an object");
  return value as Row;
}

/** The value as a list of objects. @throws DeskError VENUE_ANSWER_INVALID */
export function rows(value: unknown, what: string): readonly Row[] {
  if (!Array.isArray(value)) throw invalid(what, "was not a list");
  return value.map((one, index) => row(one, `${what}[${index}]`));
}

/** A field that must be text (or a number, as its digits). @throws DeskError VENUE_ANSWER_INVALID */
export function text(of: Row, key: string): string {
  const value = maybeText(of, key);
  if (value === undefined) throw invalid(key, "was missing");
  return value;
}

/** A field as text; undefined where it is absent, null or empty. */
export function maybeText(of: Row, key: string): string | undefined {
  const value = of[key];
  if (typeof value === "number" && Number.isFinite(value)) return plain(String(value));
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw invalid(key, "was not text");
  return value;
}

/** A field that must be a number, as an exact decimal. @throws DeskError VENUE_ANSWER_INVALID */
export function figure<U extends string = string>(of: Row, key: string): Decimal<U> {
  const value = maybeFigure<U>(of, key);
  if (value === undefined) throw invalid(key, "was missing");
  return value;
}

/** A field as an exact decimal; undefined where it is absent, null or empty. @throws DeskError VENUE_ANSWER_INVALID for NaN and words */
export function maybeFigure<U extends string = string>(of: Row, key: string): Decimal<U> | undefined {
  const value = maybeText(of, key);
  return value === undefined ? undefined : exact<U>(value, key);
}

/** Text as an exact decimal, also in the exponent form that some venues use. @throws DeskError VENUE_ANSWER_INVALID */
export function exact<U extends string = string>(value: string, what: string): Decimal<U> {
  const digits = plain(value);
  if (!isDecimal(digits)) throw invalid(what, `was "${value.slice(0, 40)}", not a number`);
  return decimal<U>(digits);
}

/** A field in milliseconds since 1970. @throws DeskError VENUE_ANSWER_INVALID */
export function instant(of: Row, key: string): Date {
  const at = new Date(Number(text(of, key)));
  if (Number.isNaN(at.getTime())) throw invalid(key, "was not a time");
  return at;
}

/** A field that must be true or false, also as a word. @throws DeskError VENUE_ANSWER_INVALID */
export function flag(of: Row, key: string): boolean {
  const value = of[key];
  if (value === true || value === "true") return true;
  if (value === false || value === "false" || value === undefined || value === "") return false;
  throw invalid(key, "was neither true nor false");
}

/** A field that must be there and be true or false; its absence is not a no. @throws DeskError VENUE_ANSWER_INVALID */
export function said(of: Row, key: string): boolean {
  if (of[key] === undefined || of[key] === null || of[key] === "") throw invalid(key, "was missing");
  return flag(of, key);
}

/** A field that must be a list of words. @throws DeskError VENUE_ANSWER_INVALID */
export function words(of: Row, key: string): readonly string[] {
  const list = of[key];
  if (!Array.isArray(list) || !list.every((one): one is string => typeof one === "string"))
    throw invalid(key, "was not a list of words");
  return list;
}

/** A field that must be one of a table's words. @throws DeskError VENUE_ANSWER_INVALID */
export function oneOf<T>(of: Row, key: string, table: Readonly<Record<string, T>>): T {
  const word = text(of, key);
  const found = Object.hasOwn(table, word) ? table[word] : undefined;
  if (found === undefined)
    throw invalid(key, `was "${word.slice(0, 40)}", which is not one of ${Object.keys(table).join(", ")}`);
  return found;
}

/** "1.5e-7" as "0.00000015"; anything else unchanged. */
function plain(value: string): string {
  const parts = /^([+-]?)(\d+)(?:\.(\d*))?[eE]([+-]?\d{1,2})$/.exec(value);
  if (!parts) return value;
  const [, minus = "", whole = "", fraction = "", power = "0"] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  if (point <= 0) return `${minus}0.${"0".repeat(-point)}${digits}`;
  return `${minus}${digits.padEnd(point, "0").slice(0, point)}.${digits.slice(point)}0`;
}
