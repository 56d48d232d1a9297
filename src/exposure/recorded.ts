import { and, asc, eq, isNotNull, like, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { accountPoints } from "../db/schema.ts";
import { type Decimal, toFloat } from "../kernel/decimal.ts";

/** A recorded mark. */
export interface PricePoint {
  readonly atMs: number;
  readonly price: number;
}

/** At most this many of the newest points are read; at a poll a second that is over an hour and a half. */
const MOST_POINTS = 6_000;

/**
 * Marks of one instrument of an asset as the account monitor recorded them, oldest first: the instrument with most
 * points, so that no jump between two contracts looks like a move. Empty where nothing was recorded.
 */
export async function recordedMarks(
  db: Db,
  asset: string,
): Promise<{ readonly symbol: string | null; readonly points: readonly PricePoint[] }> {
  const [best] = await db
    .select({ symbol: accountPoints.markSymbol, account: accountPoints.account, count: sql<number>`count(*)::int` })
    .from(accountPoints)
    .where(
      and(like(accountPoints.markSymbol, `${asset.replace(/[\\%_]/g, "\\$&")}/%`), isNotNull(accountPoints.markPrice)),
    )
    .groupBy(accountPoints.markSymbol, accountPoints.account)
    .orderBy(sql`count(*) desc`, asc(accountPoints.account))
    .limit(1);
  if (!best?.symbol) return { symbol: null, points: [] };
  const rows = await db
    .select({ at: accountPoints.at, price: accountPoints.markPrice })
    .from(accountPoints)
    .where(and(eq(accountPoints.account, best.account), eq(accountPoints.markSymbol, best.symbol)))
    .orderBy(sql`${accountPoints.at} desc`)
    .limit(MOST_POINTS);
  const points = rows
    .toReversed()
    .flatMap((row): PricePoint[] =>
      row.price === null ? [] : [{ atMs: row.at.getTime(), price: toFloat(row.price as Decimal) }],
    );
  return { symbol: best.symbol, points };
}
