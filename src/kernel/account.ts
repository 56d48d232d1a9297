import type { Decimal, Ratio, Usd } from "./decimal.ts";
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
  /** Maintenance margin / equity: 0 is safe, at 1 the venue liquidates. Null where equity is not positive or the venue does not say. */
  readonly marginRatio: Ratio | null;
  readonly balances: readonly { readonly asset: string; readonly total: string; readonly usd: Usd }[];
  readonly positions: readonly Position[];
  readonly openOrders: readonly VenueOrder[];
  /** The venue's time of these figures where it says one, else when they were received. */
  readonly at: Date;
}

/** The UTC day of a moment, "2026-03-02". */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
