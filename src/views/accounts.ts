import { and, asc, desc, eq, gt, ne } from "drizzle-orm";
import type { AccountPoint, AccountRow, FreezeRow, PositionRow, TradingState } from "../chat/console/rows/accounts.ts";
import type { Db } from "../db/client.ts";
import { accountPoints, accountStates, tradingStates } from "../db/schema.ts";
import type { Account, AccountState } from "../kernel/account.ts";
import { type Decimal, abs, compare, div, isZero, sub } from "../kernel/decimal.ts";
import type { Position } from "../kernel/order.ts";

const MOST_POINTS = 7_200;
const STRICTNESS = { active: 0, reducing: 1, halted: 2 } as const satisfies Record<TradingState, number>;

/** How far the mark is from the liquidation price, as a share of the mark; null where the venue names none. */
function distanceOf(one: Position): Decimal<"ratio"> | null {
  if (one.liquidationPrice === null || isZero(one.markPrice)) return null;
  return div<"ratio">(abs(sub(one.markPrice, one.liquidationPrice)), one.markPrice, 6, "down");
}

function nearestOf(state: AccountState): AccountRow["nearest"] {
  let nearest: { symbol: string; distanceRatio: Decimal<"ratio">; price: string } | null = null;
  for (const one of state.positions) {
    const distanceRatio = distanceOf(one);
    if (distanceRatio === null || one.liquidationPrice === null) continue;
    if (nearest && compare(distanceRatio, nearest.distanceRatio) >= 0) continue;
    nearest = { symbol: one.symbol, distanceRatio, price: one.liquidationPrice };
  }
  return nearest;
}

const positionRow = (one: Position): PositionRow => ({
  symbol: one.symbol,
  quantity: one.quantity,
  entryPrice: one.entryPrice,
  markPrice: one.markPrice,
  notionalUsd: one.notionalUsd,
  unrealisedUsd: one.unrealisedUsd,
  liquidationPrice: one.liquidationPrice,
  adlRankRatio: one.adlRankRatio ?? null,
});

/** The freezes that hold, the whole desk's first. */
export async function listFreezes(db: Db, nameOf: (actor: string) => string): Promise<readonly FreezeRow[]> {
  const rows = await db
    .select()
    .from(tradingStates)
    .where(ne(tradingStates.state, "active"))
    .orderBy(asc(tradingStates.scope));
  return rows
    .map((row) => ({
      scope: row.scope,
      state: row.state,
      setBy: nameOf(row.setBy),
      reason: row.reason,
      setAt: row.setAt.toISOString(),
    }))
    .sort((a, b) => Number(b.scope === "firm") - Number(a.scope === "firm"));
}

const strictest = (freezes: readonly FreezeRow[], scopes: readonly string[]): TradingState =>
  freezes
    .filter((one) => scopes.includes(one.scope))
    .reduce<TradingState>((worst, one) => (STRICTNESS[one.state] > STRICTNESS[worst] ? one.state : worst), "active");

/** Every account that desk.yaml names or a feed knows, with its newest figures. */
export async function listAccounts(
  db: Db,
  named: { readonly accounts: readonly Account[]; readonly deadMan: (account: string) => string | null },
  freezes: readonly FreezeRow[],
): Promise<readonly AccountRow[]> {
  const rows = await db.select().from(accountStates).orderBy(asc(accountStates.account));
  const states = new Map(rows.map((row) => [row.account, row]));
  const configured = new Map(named.accounts.map((one) => [one.id, one]));
  const ids = [...new Set([...configured.keys(), ...states.keys()])];
  return ids.map((account) => {
    const row = states.get(account);
    const venue = configured.get(account)?.venue ?? row?.state.venue ?? "unknown";
    return {
      account,
      venue,
      environment: configured.get(account)?.environment ?? "paper",
      equityUsd: row?.state.equityUsd ?? null,
      maintenanceMarginUsd: row?.state.maintenanceMarginUsd ?? null,
      marginRatio: row?.state.marginRatio ?? null,
      nearest: row ? nearestOf(row.state) : null,
      positions: row ? row.state.positions.map(positionRow) : [],
      openOrders: row ? row.state.openOrders.length : null,
      trading: strictest(freezes, ["firm", `venue:${venue}`, `account:${account}`]),
      deadMan: named.deadMan(account),
      at: row ? row.at.toISOString() : null,
    };
  });
}

/** Points of an account's chart after `since`, oldest first; the newest 7,200 of them. */
export async function pointsOf(db: Db, account: string, since: Date): Promise<readonly AccountPoint[]> {
  const rows = await db
    .select()
    .from(accountPoints)
    .where(and(eq(accountPoints.account, account), gt(accountPoints.at, since)))
    .orderBy(desc(accountPoints.at))
    .limit(MOST_POINTS);
  return rows.reverse().map((row) => ({
    at: row.at.toISOString(),
    equityUsd: row.equityUsd,
    marginRatio: row.marginRatio,
    markPrice: row.markPrice,
  }));
}
