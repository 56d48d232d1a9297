import {
  type Decimal,
  type Ratio,
  type Usd,
  ZERO,
  abs,
  compare,
  decimal,
  div,
  greater,
  isZero,
  min,
  sum,
} from "./decimal.ts";
import type { Position, VenueOrder } from "./order.ts";

/** Whether real money is at stake; shown unmistakably and bound into every plan's hash. */
export type Environment = "paper" | "live";

/** One account at one venue, as desk.yaml names it. */
export interface Account {
  readonly id: string;
  readonly venue: string;
  readonly environment: Environment;
}

/** What came into an account or left it other than by trading: deposits, withdrawals, moves between accounts. */
export interface Transfer {
  /** As the account's balances name it. */
  readonly asset: string;
  /** Negative where it left. */
  readonly amount: Decimal;
  readonly at: Date;
}

/** An account at one moment, as the venue reports it. */
export interface AccountState {
  readonly account: string;
  readonly venue: string;
  readonly equityUsd: Usd;
  readonly maintenanceMarginUsd: Usd;
  /**
   * How near the venue is to liquidating: 0 is safe, 1 is now. Maintenance margin / equity, or the worst such ratio where
   * parts of the account are liquidated by themselves. Null where no money stands for the margin or the venue does not say.
   */
  readonly marginRatio: Ratio | null;
  readonly balances: readonly { readonly asset: string; readonly total: string; readonly usd: Usd }[];
  readonly positions: readonly Position[];
  readonly openOrders: readonly VenueOrder[];
  /** The venue's time of these figures where it says one, else when they were received. */
  readonly at: Date;
}

/**
 * The money that stands for an account's maintenance margin, by the ratio at which its venue liquidates: its equity, or less
 * where a part of that is no collateral or stands for other positions. The equity where the ratio is not known.
 */
export function marginEquity({
  equityUsd,
  maintenanceMarginUsd,
  marginRatio,
}: Pick<AccountState, "equityUsd" | "maintenanceMarginUsd" | "marginRatio">): Usd {
  if (marginRatio === null || isZero(marginRatio) || !greater(equityUsd, ZERO)) return equityUsd;
  // A ratio is rounded; where it is that of the whole, equity stays exact.
  if (compare(div(maintenanceMarginUsd, equityUsd, 6, "up"), marginRatio) >= 0) return equityUsd;
  return min(equityUsd, div<"usd">(maintenanceMarginUsd, marginRatio, 2, "down"));
}

/**
 * What an account holds of an asset by its venue's figures, in coins: the delta of its positions and the coins themselves, once
 * where a venue shows them as a spot position too. `gross` adds up sizes, however much they cancel out.
 */
export function coinsHeld(
  { positions, balances }: Pick<AccountState, "positions" | "balances">,
  asset: string,
): { readonly net: Decimal; readonly gross: Decimal } {
  const own = positions.filter((one) => one.symbol.startsWith(`${asset}/`));
  const shown = own.some((one) => !one.symbol.includes(":"));
  const coins = shown ? [] : balances.filter((one) => one.asset === asset).map((one) => decimal(one.total));
  const all: readonly Decimal[] = [...own.map((one) => one.delta), ...coins];
  return { net: sum(all), gross: sum(all.map(abs)) };
}

/** The UTC day of a moment, "2026-03-02". */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
