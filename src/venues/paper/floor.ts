import { type Price, type Quantity, ZERO, div, isZero } from "../../kernel/decimal.ts";
import type { Side, VenueOrder } from "../../kernel/order.ts";
import type { Deed } from "./journal.ts";
import type { Market } from "./market.ts";
import type { Piece, Taken } from "./matching.ts";
import { feeUsd } from "./matching.ts";
import { known } from "./market.ts";
import type { PaperOrder, PaperState } from "./state.ts";
import type { Storm } from "./storms.ts";

/** What every part of the exchange works on: its memory, the market now, and the one way to change anything. */
export interface Floor {
  readonly state: PaperState;
  readonly storm: Storm;
  readonly taken: Taken;
  /** The market as of the last tick. */
  market(): Market;
  /** The exchange's own time, which stamps what happens between ticks. */
  now(): Date;
  /** Applies deeds, hands them to the journal and tells who watches. */
  record(...deeds: readonly Deed[]): void;
}

/** The next id; ids of orders and fills are one rising series. */
export const nextId = (state: PaperState): string => String(state.serial + 1);

/** Lets an order trade its pieces; the other side of a resting order is filled with it. */
export function fill(floor: Floor, order: PaperOrder, pieces: readonly Piece[], maker: boolean): void {
  const one = known(order.symbol);
  const market = floor.market();
  const at = floor.now().toISOString();
  const { index } = market.mark(one);
  const execution = (of: PaperOrder, quantity: Quantity, price: Price, side: Side, resting: boolean): Deed => ({
    deed: "filled",
    id: nextId(floor.state),
    order: of.id,
    account: of.account,
    clientOrderId: of.clientOrderId,
    symbol: of.symbol,
    side,
    quantity,
    price,
    feeUsd: feeUsd(one, quantity, price, index, resting),
    maker: resting,
    at,
  });
  for (const { price, quantity, against } of pieces) {
    floor.record(execution(order, quantity, price, order.side, maker));
    if (against) floor.record(execution(against, quantity, price, against.side, true));
    else floor.taken.take(order.symbol, order.side, quantity, market.at);
  }
}

/** An order as the venue reports it. */
export function venueOrder(order: PaperOrder): VenueOrder {
  return {
    venueOrderId: order.id,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    quantity: order.quantity,
    limitPrice: order.limitPrice,
    reduceOnly: order.reduceOnly,
    state: order.state,
    filledQuantity: order.filledQuantity,
    averagePrice: isZero(order.filledQuantity)
      ? null
      : div<"price">(order.filledValue, order.filledQuantity, 8, "half-even"),
    feeUsd: isZero(order.filledQuantity) ? ZERO : order.feeUsd,
    ...(order.reason === undefined ? {} : { reason: order.reason }),
    updatedAt: order.updatedAt,
  };
}

/** An account's orders still in the book, oldest first. */
export function workingOrders(state: PaperState, account: string): readonly PaperOrder[] {
  return [...state.working].flatMap((id) => {
    const order = state.orders.get(id);
    return order?.account === account ? [order] : [];
  });
}
