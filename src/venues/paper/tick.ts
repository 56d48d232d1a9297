import {
  type Price,
  type Quantity,
  ZERO,
  abs,
  decimal,
  div,
  greater,
  isZero,
  mul,
  neg,
  places,
  roundTo,
  sign,
  sub,
  toFloat,
} from "../../kernel/decimal.ts";
import { notional } from "../../kernel/instrument.ts";
import { type Floor, fill, nextId, workingOrders } from "./floor.ts";
import { isLost, valuate } from "./margin.ts";
import type { Deed } from "./journal.ts";
import { known } from "./market.ts";
import { beyond, levelsFor, reducible, takeable, touchOf } from "./matching.ts";
import { accept, dropIdle } from "./orders.ts";
import { bookOf } from "./state.ts";

/** A liquidation order closes this share of the largest position at a time, all of it below the small amount. */
const SLICE = decimal("0.25");
const SMALL_USD = decimal<"usd">("50000");
/** How far from the mark a liquidation may trade. */
const REACH = decimal("0.05");

/** Cancels what rests in accounts whose dead-man switch was not armed anew in time. */
export function dropSilent(floor: Floor): void {
  const now = floor.now();
  for (const [account, until] of floor.state.deadMen) {
    if (until > now) continue;
    const at = now.toISOString();
    floor.record(
      ...workingOrders(floor.state, account).map(({ id }): Deed => ({
        deed: "cancelled",
        order: id,
        cause: "dead-man",
        at,
      })),
      { deed: "armed", account, until: null, at },
    );
  }
}

/** Lets resting orders trade where the market has come to them; they pay the maker's fee at their own price. */
export function fillResting(floor: Floor): void {
  const { state, taken } = floor;
  for (const id of state.working) {
    const order = state.orders.get(id);
    if (!order || order.state !== "working") continue;
    const one = known(order.symbol);
    if (one.expiryAt && one.expiryAt <= floor.market().at) {
      floor.record({ deed: "cancelled", order: id, cause: "expired", at: floor.market().at.toISOString() });
      continue;
    }
    const touch = touchOf(floor.market(), one, order.side);
    if (!touch || beyond(order.side, touch[0], order.limitPrice)) continue;
    const rest = sub(order.quantity, order.filledQuantity);
    const room = order.reduceOnly ? reducible(state, order.account, order.symbol, order.side) : rest;
    const most = greater(rest, room) ? room : rest;
    const others = levelsFor(state, floor.market(), taken, one, order.side, order.account).filter(
      (level) => !level.against,
    );
    const pieces = takeable(others, order.side, most, order.limitPrice);
    fill(
      floor,
      order,
      pieces.map((piece) => ({ ...piece, price: order.limitPrice })),
      true,
    );
    if (pieces.length > 0) dropIdle(floor, order.account, order.symbol);
  }
}

/** Pays funding on perpetuals: a positive rate from longs to shorts. */
export function payFunding(floor: Floor): void {
  const market = floor.market();
  for (const [account, book] of floor.state.accounts) {
    for (const [symbol, { quantity }] of book.holdings) {
      const one = known(symbol);
      const rate = market.fundingRate(one);
      if (isZero(rate)) continue;
      const { price } = market.mark(one);
      const due = mul(notional(one, quantity, price), sign(quantity) > 0 ? neg(rate) : rate);
      const amount = one.inverse ? div(due, price, 12, "half-even") : places(due, 8, "half-even");
      floor.record({
        deed: "paid",
        account,
        asset: one.settle,
        amount,
        why: "funding",
        symbol,
        at: market.at.toISOString(),
      });
    }
  }
}

/** Settles options that have expired at their intrinsic value. */
export function settleExpired(floor: Floor): void {
  const market = floor.market();
  for (const [account, book] of floor.state.accounts) {
    for (const [symbol, { quantity }] of book.holdings) {
      const one = known(symbol);
      if (!one.expiryAt || one.expiryAt > market.at) continue;
      const { price } = market.mark(one);
      floor.record({ deed: "closed", account, symbol, price, quantity, why: "expiry", at: market.at.toISOString() });
    }
  }
}

/** Accounts whose liquidation has begun and not ended. */
export type Bouts = Set<string>;

/**
 * Closes accounts whose maintenance margin has reached their equity: first their orders, then a quarter of the position
 * with the largest requirement at each tick, until equity is enough again. What is left when equity is gone is closed at
 * the mark; the insurance fund carries the loss, and winners are deleveraged where the storm says so.
 */
export function liquidate(floor: Floor, bouts: Bouts): void {
  for (const [account, book] of floor.state.accounts) {
    const value = valuate(book, floor.market());
    if (!isLost(value)) {
      bouts.delete(account);
      continue;
    }
    const at = floor.market().at.toISOString();
    if (!bouts.has(account)) {
      bouts.add(account);
      floor.record({ deed: "liquidating", account, marginRatio: value.marginRatio ?? "none", at });
    }
    for (const order of workingOrders(floor.state, account)) {
      floor.record({ deed: "cancelled", order: order.id, cause: "liquidation", at });
    }
    if (sign(value.equityUsd) <= 0) bankrupt(floor, account);
    else closeSlice(floor, account);
  }
}

function closeSlice(floor: Floor, account: string): void {
  const { state } = floor;
  const line = valuate(bookOf(state, account), floor.market()).lines.toSorted(
    (a, b) => toFloat(b.maintenanceUsd) - toFloat(a.maintenanceUsd),
  )[0];
  if (!line) return;
  const { instrument: one, holding, markPrice, notionalUsd } = line;
  const held = abs(holding.quantity);
  const quantity = greater(notionalUsd, SMALL_USD) ? roundTo(mul<"quantity">(held, SLICE), one.lotSize, "up") : held;
  const side = sign(holding.quantity) > 0 ? "sell" : "buy";
  const edge = side === "sell" ? sub(decimal("1"), REACH) : decimal("1.05");
  const wanted = roundTo(mul<"price">(markPrice, edge), one.tickSize, side === "sell" ? "up" : "down");
  const limitPrice: Price = greater(wanted, ZERO) ? wanted : one.tickSize;
  accept(
    floor,
    {
      account,
      symbol: one.symbol,
      side,
      quantity,
      limitPrice,
      timeInForce: "IOC",
      reduceOnly: true,
      clientOrderId: "",
    },
    "liquidation",
    nextId(state),
  );
}

function bankrupt(floor: Floor, account: string): void {
  const { state, storm } = floor;
  const market = floor.market();
  const at = market.at.toISOString();
  for (const [symbol, { quantity }] of bookOf(state, account).holdings) {
    const { price } = market.mark(known(symbol));
    floor.record({ deed: "closed", account, symbol, price, quantity, why: "deleveraging", at });
    let left: Quantity = storm.deleverages ? neg(quantity) : ZERO;
    for (const [winner, book] of state.accounts) {
      const held = book.holdings.get(symbol)?.quantity;
      if (winner === account || held === undefined || sign(held) * sign(left) <= 0) continue;
      const part = greater(abs(held), abs(left)) ? left : held;
      left = sub<"quantity">(left, part);
      floor.record({ deed: "closed", account: winner, symbol, price, quantity: part, why: "deleveraging", at });
      dropIdle(floor, winner, symbol);
    }
  }
  const debt = valuate(bookOf(state, account), market).equityUsd;
  if (sign(debt) < 0) {
    floor.record({
      deed: "paid",
      account,
      asset: "USDT",
      amount: neg(places(debt, 8, "up")),
      why: "insurance",
      symbol: "",
      at,
    });
  }
}
