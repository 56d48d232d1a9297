import type { accountDays } from "../../db/schema.ts";
import { type Decimal, ZERO, add, decimal, max, sub } from "../../kernel/decimal.ts";

/** Transfers are read once a minute; when they were not for this long, a deposit could hide a loss. */
const KNOWN_FOR_MS = 300_000;

/** What is kept of an account's day. */
export type DayRow = Pick<typeof accountDays.$inferSelect, "equityUsd" | "transfersUsd" | "transfersAt" | "lossUsd">;

/**
 * What an account lost since the UTC day began, in USD: its equity at the day's first reading, plus what was paid in and
 * less what was paid out since, minus its equity now; realised and open profit, fees, funding and the value of its coins
 * all count. Until transfers are read again the loss may grow and does not shrink, so that a deposit hides none.
 * @returns "0" where nothing was lost; null where the day has no reading, or its transfers are not known
 */
export function dayLoss(day: DayRow | undefined, equity: Decimal, at: Date): Decimal | null {
  if (day === undefined || day.transfersUsd === null || day.transfersAt === null || day.lossUsd === null) return null;
  if (at.getTime() - day.transfersAt.getTime() > KNOWN_FOR_MS) return null;
  const now = sub(add(decimal(day.equityUsd), decimal(day.transfersUsd)), equity);
  return max(max(now, decimal(day.lossUsd)), ZERO);
}
