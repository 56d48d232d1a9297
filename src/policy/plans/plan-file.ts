import { type Json, canonical, sha256 } from "../../kernel/canonical.ts";
import { grouped, decimal } from "../../kernel/decimal.ts";
import { DeskError } from "../../kernel/errors.ts";
import { type Plan, fingerprintWords } from "../../kernel/plan.ts";

/** A plan read from a file, on a machine that need not trust the desk's. */
export interface PlanFile {
  readonly hash: string;
  readonly words: string;
  readonly plan: Plan;
  /** What it would do, drawn from the bytes that were hashed. */
  readonly lines: readonly string[];
}

const isPlan = (value: unknown): value is Plan =>
  value !== null &&
  typeof value === "object" &&
  "format" in value &&
  value.format === 1 &&
  "orders" in value &&
  Array.isArray(value.orders) &&
  "cancels" in value &&
  Array.isArray(value.cancels) &&
  "collars" in value &&
  Array.isArray(value.collars) &&
  "account" in value &&
  typeof value.account === "string";

/** What a plan would do, line by line, for eyes. */
export function planLines(plan: Plan): readonly string[] {
  return [
    `${plan.environment.toUpperCase()} ${plan.action} on ${plan.account} at ${plan.venue}, asked for by ${plan.requestedBy}: ${plan.reason}`,
    ...plan.orders.map(
      (order) =>
        `  ${order.side} ${order.quantity} ${order.symbol} at ${order.limitPrice} or better, ${order.timeInForce}${order.reduceOnly ? ", reduce-only" : ""} (${grouped(decimal(order.notionalUsd), 2)} USD) ${order.clientOrderId}`,
    ),
    ...plan.cancels.map((cancel) => `  cancel ${cancel.symbol} ${cancel.venueOrderId}`),
    ...(plan.trading === null ? [] : [`  ${plan.trading.scope} becomes ${plan.trading.state}`]),
    ...plan.collars.map((collar) => `  only while ${collar.symbol} is between ${collar.low} and ${collar.high}`),
    `  in all ${grouped(decimal(plan.notionalUsd), 2)} USD; may be sent until ${plan.expiresAt}`,
  ];
}

/**
 * Reads a plan's JSON and computes its fingerprint anew, offline: the words must be those on the card.
 * @throws DeskError INPUT_INVALID where the text is no plan
 */
export function readPlanFile(text: string): PlanFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DeskError("INPUT_INVALID", "the file is not JSON; save the plan from the console's page of it", {
      cause: error,
    });
  }
  if (!isPlan(value))
    throw new DeskError(
      "INPUT_INVALID",
      "the file holds no plan of format 1; save the plan from the console's page of it",
    );
  const hash = sha256(canonical(value as unknown as Json));
  return { hash, words: fingerprintWords(hash), plan: value, lines: planLines(value) };
}
