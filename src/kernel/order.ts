import type { Decimal, Price, Quantity, Ratio, Usd } from "./decimal.ts";

export type Side = "buy" | "sell";
/** `IOC` fills what it can at once and cancels the rest. */
export type TimeInForce = "GTC" | "IOC" | "FOK" | "PO";

/** Exactly what is asked of a venue; every field is covered by the plan's hash. */
export interface OrderRequest {
  readonly account: string;
  readonly symbol: string;
  readonly side: Side;
  /** Contracts. */
  readonly quantity: Quantity;
  /** Never absent: a market order is an IOC limit at the collar's edge. */
  readonly limitPrice: Price;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly clientOrderId: string;
}

/**
 * Where an order stands. `intent`: written, not sent. `unknown`: sent, outcome not known; counts as filled for limits.
 * `not_placed`: proved absent at the venue. Terminal: filled, cancelled, rejected, expired, not_placed.
 */
export const ORDER_STATES = [
  "intent",
  "unknown",
  "working",
  "filled",
  "cancelled",
  "rejected",
  "expired",
  "not_placed",
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** States after which nothing more happens. */
export const TERMINAL = new Set<OrderState>(["filled", "cancelled", "rejected", "expired", "not_placed"]);

/** A venue's word on one order. */
export interface VenueOrder {
  readonly venueOrderId: string;
  /** Empty where the order is not ours. */
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly limitPrice: Price | null;
  readonly reduceOnly: boolean;
  readonly state: Exclude<OrderState, "intent" | "unknown" | "not_placed">;
  readonly filledQuantity: Quantity;
  readonly averagePrice: Price | null;
  readonly feeUsd: Usd | null;
  readonly reason?: string;
  readonly updatedAt: Date;
}

/** One execution. */
export interface Fill {
  readonly venueOrderId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly feeUsd: Usd;
  readonly at: Date;
}

/** What `place` learned. A timeout, 5xx, lost connection or unreadable answer is `unknown`, never a failure. */
export type PlaceOutcome =
  | { readonly outcome: "accepted"; readonly order: VenueOrder }
  | { readonly outcome: "rejected"; readonly reason: string }
  | { readonly outcome: "unknown"; readonly reason: string };

/** A signed open position. */
export interface Position {
  readonly symbol: string;
  /** Contracts; negative is short. */
  readonly quantity: Quantity;
  readonly entryPrice: Price;
  readonly markPrice: Price;
  readonly notionalUsd: Usd;
  readonly unrealisedUsd: Usd;
  readonly maintenanceMarginUsd: Usd;
  readonly liquidationPrice: Price | null;
  /** Exposure per base coin: base coins for spot, futures and perpetuals, the option's delta times size for options. */
  readonly delta: Decimal<"base">;
  /** Our place in the venue's auto-deleveraging queue, 0 to 1, 1 is next; absent where the venue does not tell. */
  readonly adlRankRatio?: Ratio;
}
