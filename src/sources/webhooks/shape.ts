import { LosslessNumber } from "lossless-json";
import { z } from "zod";
import { DeskError } from "../../kernel/errors.ts";
import type { Body } from "./json.ts";

/** Most alerts that one body may hold. */
export const MAX_ALERTS = 1_000;

/** A JSON number, with its text. */
export const number = z.instanceof(LosslessNumber, { message: "must be a number" });

const place = (path: readonly PropertyKey[]): string =>
  path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${String(step)}`))
    .join("");

/**
 * Checks a body against a shape.
 * @throws DeskError INPUT_INVALID with the first place that does not fit
 */
export function fit<T>(shape: z.ZodType<T>, body: Body): T {
  const result = shape.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = place(issue?.path ?? []);
  const what = issue?.message ?? "it does not fit";
  throw new DeskError(
    "INPUT_INVALID",
    `the body was not understood: ${where ? `${where}: ` : ""}${what.slice(0, 200)}`,
  );
}

/**
 * A time from RFC 3339 text.
 * @throws DeskError INPUT_INVALID
 */
export function timeOf(text: string, where: string): Date {
  const at = new Date(text);
  const year = at.getUTCFullYear();
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || !(year >= 1970 && year < 2200)) {
    throw new DeskError(
      "INPUT_INVALID",
      `${where} must be a time such as 2026-03-12T10:00:00Z, was "${text.slice(0, 40)}"`,
    );
  }
  return at;
}
