import { LosslessNumber } from "lossless-json";
import { type Decimal, decimal, isDecimal } from "../../kernel/decimal.ts";
import type { Body } from "./json.ts";

const SCIENTIFIC = /^([+-]?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/;

/**
 * A decimal from a number or from text that is one, also in scientific form ("2.473e+09"); undefined where it is none
 * or needs more than 40 digits.
 */
export function decimalOf(value: Body | undefined): Decimal | undefined {
  const text = value instanceof LosslessNumber ? value.value : value;
  if (typeof text !== "string") return undefined;
  const plain = text.length > 60 ? undefined : spelledOut(text.trim());
  return plain !== undefined && isDecimal(plain) ? decimal(plain) : undefined;
}

/** "1.5e3" as "1500". */
function spelledOut(text: string): string | undefined {
  const parts = SCIENTIFIC.exec(text);
  if (!parts) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point > 60 || point < -60) return undefined;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const rest = digits.slice(point);
  return sign + digits.slice(0, point).padEnd(point, "0") + (rest === "" ? "" : `.${rest}`);
}

/** Text as a label holds it: strings, numbers by their digits, booleans; undefined for anything else. */
export function textOf(value: Body | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  return value instanceof LosslessNumber ? value.value : undefined;
}
