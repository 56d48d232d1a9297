export type TradingState = "active" | "reducing" | "halted";

/** One account in the right column and on its page; decimals as text. */
export interface AccountRow {
  readonly account: string;
  readonly venue: string;
  readonly environment: "paper" | "live";
  readonly equityUsd: string | null;
  readonly maintenanceMarginUsd: string | null;
  /** Maintenance margin / equity: at 1 the venue liquidates. */
  readonly marginRatio: string | null;
  /** The position that is nearest to its liquidation price: |mark - liquidation| / mark. */
  readonly nearest: { readonly symbol: string; readonly distanceRatio: string; readonly price: string } | null;
  readonly positions: readonly PositionRow[];
  readonly openOrders: number | null;
  readonly trading: TradingState;
  /** How the venue's dead-man switch stands, in words; null where the account has none. */
  readonly deadMan: string | null;
  /** Time of the figures; null where none ever came. */
  readonly at: string | null;
}

/** One open position. */
export interface PositionRow {
  readonly symbol: string;
  readonly quantity: string;
  readonly entryPrice: string;
  readonly markPrice: string;
  readonly notionalUsd: string;
  readonly unrealisedUsd: string;
  readonly liquidationPrice: string | null;
  /** Place in the venue's auto-deleveraging queue, 0 to 1, 1 is next; null where the venue does not tell it. */
  readonly adlRankRatio: string | null;
}

/** One point of the chart. */
export interface AccountPoint {
  readonly at: string;
  readonly equityUsd: string;
  readonly marginRatio: string | null;
  readonly markPrice: string | null;
}

/** Points of an account's chart, oldest first. */
export interface AccountSeries {
  readonly account: string;
  readonly points: readonly AccountPoint[];
  /** Lines drawn across the margin ratio. */
  readonly thresholds: readonly { readonly label: string; readonly ratio: string }[];
}

/** A freeze that holds. */
export interface FreezeRow {
  readonly scope: string;
  readonly state: TradingState;
  readonly setBy: string;
  readonly reason: string;
  readonly setAt: string;
}
