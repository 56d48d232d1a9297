import {
  type Decimal,
  type Price,
  type Quantity,
  ZERO,
  add,
  greater,
  isZero,
  less,
  max,
  min,
  mul,
  neg,
  roundTo,
  sign,
  sub,
  sum,
} from "../../kernel/decimal.ts";
import { type Instrument, onTick } from "../../kernel/instrument.ts";
import type { OrderRequest } from "../../kernel/order.ts";
import { CAPABILITIES } from "../capabilities.ts";
import { type Floor, fill, nextId, workingOrders } from "./floor.ts";
import { instrumentOf } from "./listing.ts";
import { mayHold, valuate } from "./margin.ts";
import { known } from "./market.ts";
import { type Piece, feeUsd, levelsFor, reducible, signed, takeable } from "./matching.ts";
import { type Book, type PaperOrder, clientKey, trade } from "./state.ts";

/** What the exchange says to an order: the order it took, or why it did not; `exists` where it has one of that id already. */
export type Verdict = { readonly order: PaperOrder } | { readonly refused: string; readonly exists: boolean };

/** Takes or refuses one order, and lets it trade what it can at once. Refusals and acceptances are both deeds. */
export function submit(floor: Floor, request: OrderRequest): Verdict {
  const { state } = floor;
  const refused = whyRefused(floor, request);
  const at = floor.now().toISOString();
  if (refused !== undefined) {
    floor.record({
      deed: "rejected",
      account: request.account,
      clientOrderId: request.clientOrderId,
      reason: refused,
      at,
    });
    return { refused, exists: state.byClientId.has(clientKey(request.account, request.clientOrderId)) };
  }
  return { order: accept(floor, request, "client", nextId(state)) };
}

/** Puts an order that was found good into the book; liquidations come in here too. */
export function accept(floor: Floor, request: OrderRequest, by: PaperOrder["by"], id: string): PaperOrder {
  const { state } = floor;
  const at = floor.now().toISOString();
  const { account, symbol, side, quantity, limitPrice, timeInForce, reduceOnly, clientOrderId } = request;
  floor.record({
    deed: "accepted",
    id,
    by,
    account,
    symbol,
    side,
    quantity,
    limitPrice,
    timeInForce,
    reduceOnly,
    clientOrderId,
    at,
  });
  const order = state.orders.get(id);
  if (!order) throw new TypeError(`order ${id} is missing right after it was accepted`);
  const pieces = crossing(floor, request);
  if (timeInForce !== "FOK" || isZero(sub(quantity, sum(pieces.map((piece) => piece.quantity)))))
    fill(floor, order, pieces, false);
  for (const one of new Set([account, ...pieces.flatMap(({ against }) => against?.account ?? [])]))
    dropIdle(floor, one, symbol);
  if (order.state === "working" && (timeInForce === "IOC" || timeInForce === "FOK")) {
    floor.record({ deed: "cancelled", order: id, cause: "unfilled", at });
  }
  return order;
}

/** Takes an order out of the book. */
export function withdraw(floor: Floor, account: string, symbol: string, id: string): "accepted" | "gone" {
  const order = floor.state.orders.get(id);
  if (!order || order.account !== account || order.symbol !== symbol || order.state !== "working") return "gone";
  floor.record({ deed: "cancelled", order: id, cause: "asked", at: floor.now().toISOString() });
  return "accepted";
}

/** Cancels reduce-only orders that have nothing left to reduce. */
export function dropIdle(floor: Floor, account: string, symbol: string): void {
  const { state } = floor;
  for (const id of state.working) {
    const order = state.orders.get(id);
    if (!order?.reduceOnly || order.account !== account || order.symbol !== symbol) continue;
    if (isZero(reducible(state, account, symbol, order.side))) {
      floor.record({ deed: "cancelled", order: id, cause: "reduce-only", at: floor.now().toISOString() });
    }
  }
}

/** What an order would trade at once. */
function crossing(floor: Floor, request: OrderRequest): readonly Piece[] {
  const { account, symbol, side, quantity, limitPrice, reduceOnly } = request;
  const one = instrumentOf(symbol);
  if (!one) return [];
  const most = reduceOnly ? min(quantity, reducible(floor.state, account, symbol, side)) : quantity;
  return takeable(levelsFor(floor.state, floor.market(), floor.taken, one, side, account), side, most, limitPrice);
}

function whyRefused(floor: Floor, request: OrderRequest): string | undefined {
  const { state } = floor;
  const { account, symbol, side, quantity, limitPrice, timeInForce, reduceOnly, clientOrderId } = request;
  const book = state.accounts.get(account);
  const one = instrumentOf(symbol);
  const { maxLength, pattern } = CAPABILITIES.paper.clientOrderId;
  if (!book) return `unknown account ${account}`;
  if (!one) return `unknown instrument ${symbol}`;
  if (one.expiryAt && one.expiryAt <= floor.market().at) return `${symbol} has expired`;
  if (clientOrderId.length > maxLength || !pattern.test(clientOrderId))
    return `client order id must be 1 to ${maxLength} letters, digits, - or _`;
  if (state.byClientId.has(clientKey(account, clientOrderId))) return `duplicate client order id ${clientOrderId}`;
  if (less(quantity, one.minQuantity) || roundTo(quantity, one.lotSize, "down") !== quantity) {
    return `quantity ${quantity} is not a multiple of the lot ${one.lotSize}`;
  }
  if (!onTick(one, limitPrice)) return `price ${limitPrice} is not a multiple of the tick ${one.tickSize}`;
  if (reduceOnly && isZero(reducible(state, account, symbol, side)))
    return "reduce-only order would not reduce a position";
  if (timeInForce === "PO" && crossing(floor, request).length > 0) return "post-only order would trade at once";
  if (!reduceOnly && !affordable(floor, book, one, request)) return "insufficient margin";
  return undefined;
}

/**
 * Whether the book could carry the order, alone and with all that rests already, if it traded: at its limit, or at the mark
 * where that is worse, so that a price the market is far from lends no margin.
 */
function affordable(floor: Floor, book: Book, one: Instrument, request: OrderRequest): boolean {
  const { account, symbol, side, quantity } = request;
  const resting = workingOrders(floor.state, account).filter((other) => !other.reduceOnly && other.side === side);
  const due = [...resting.map((other) => ({ ...other, quantity: unfilled(other) })), request];
  if (one.kind === "spot") {
    const needs = due.filter((other) => other.symbol === symbol).map((other) => spotNeeds(one, other));
    return !greater(sum(needs), book.balances.get(side === "buy" ? one.quote : one.base) ?? ZERO);
  }
  const held = book.holdings.get(symbol)?.quantity ?? ZERO;
  const change: Quantity = signed(side, quantity);
  if (sign(held) * sign(change) < 0 && !greater(quantity, sign(held) < 0 ? neg(held) : held)) return true;
  // What rests may also free margin, which nobody can count on.
  return [[request], due].every((orders) => {
    const after: Book = { balances: new Map(book.balances), holdings: new Map(book.holdings) };
    for (const other of orders)
      if (known(other.symbol).kind !== "spot")
        trade(after, other.symbol, signed(other.side, other.quantity), worse(floor, other));
    return mayHold(valuate(after, floor.market()));
  });
}

const unfilled = (order: PaperOrder): Quantity => sub(order.quantity, order.filledQuantity);

/** What a spot order takes at most: coins, or money and the fee. */
function spotNeeds(one: Instrument, { side, quantity, limitPrice }: OrderRequest): Decimal {
  if (side === "sell") return quantity;
  return add(mul(quantity, limitPrice), feeUsd(one, quantity, limitPrice, limitPrice, false));
}

function worse(floor: Floor, { symbol, side, limitPrice }: OrderRequest): Price {
  const { price } = floor.market().mark(known(symbol));
  return side === "buy" ? max(price, limitPrice) : min(price, limitPrice);
}
