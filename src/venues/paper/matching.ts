import {
  type Decimal,
  type Price,
  type Quantity,
  ZERO,
  abs,
  add,
  decimal,
  fromFloat,
  greater,
  isZero,
  less,
  min,
  mul,
  neg,
  places,
  roundTo,
  sign,
  sub,
  toFloat,
} from "../../kernel/decimal.ts";
import { type Instrument, notional } from "../../kernel/instrument.ts";
import type { Side } from "../../kernel/order.ts";
import type { Level, Market } from "./market.ts";
import { known } from "./market.ts";
import type { PaperOrder, PaperState } from "./state.ts";

/** A piece of an order that trades now; `against` names the resting order of another account, if it was one. */
export interface Piece {
  readonly price: Price;
  readonly quantity: Quantity;
  readonly against: PaperOrder | undefined;
}

/** What was taken from the synthetic book lately; it grows back by half every two seconds. */
export interface Taken {
  take(symbol: string, side: Side, quantity: Quantity, at: Date): void;
  left(symbol: string, side: Side, at: Date): Quantity;
}

const REGROW_MS = 2_000;

/** Opens the memory of what takers took. */
export function openTaken(): Taken {
  const marks = new Map<string, { quantity: Quantity; at: number }>();
  const left = (symbol: string, side: Side, at: Date): Quantity => {
    const mark = marks.get(`${symbol} ${side}`);
    if (!mark) return ZERO;
    const share = 0.5 ** (Math.max(0, at.getTime() - mark.at) / REGROW_MS);
    if (share < 0.01) {
      marks.delete(`${symbol} ${side}`);
      return ZERO;
    }
    return roundTo(
      mul<"quantity">(mark.quantity, fromFloat(share, decimal("0.0001"), "down")),
      known(symbol).lotSize,
      "down",
    );
  };
  return {
    left,
    take: (symbol, side, quantity, at) => {
      marks.set(`${symbol} ${side}`, { quantity: add(left(symbol, side, at), quantity), at: at.getTime() });
    },
  };
}

/** The book one who trades on `side` meets, best first: synthetic levels less what was taken, and others' resting orders. */
export function levelsFor(
  state: PaperState,
  market: Market,
  taken: Taken,
  one: Instrument,
  side: Side,
  exceptAccount?: string,
): readonly Piece[] {
  let gone = taken.left(one.symbol, side, market.at);
  const synthetic: Piece[] = [];
  for (const [price, quantity] of market.ladder(one, side === "buy" ? "asks" : "bids")) {
    const eaten = min(gone, quantity);
    gone = sub(gone, eaten);
    const rest = sub(quantity, eaten);
    if (!isZero(rest)) synthetic.push({ price, quantity: rest, against: undefined });
  }
  const best = side === "buy" ? 1 : -1;
  const resting = restingAgainst(state, one.symbol, side, exceptAccount);
  const levels = [...synthetic, ...resting].toSorted((a, b) => best * (toFloat(a.price) - toFloat(b.price)));
  return onlyReducing(state, levels);
}

function restingAgainst(state: PaperState, symbol: string, side: Side, exceptAccount: string | undefined): Piece[] {
  const resting: Piece[] = [];
  for (const id of state.working) {
    const order = state.orders.get(id);
    if (!order || order.symbol !== symbol || order.side === side || order.account === exceptAccount) continue;
    resting.push({ price: order.limitPrice, quantity: sub(order.quantity, order.filledQuantity), against: order });
  }
  return resting;
}

/** Of reduce-only orders what their accounts still hold, in the order in which the levels would trade. */
function onlyReducing(state: PaperState, levels: readonly Piece[]): readonly Piece[] {
  const room = new Map<string, Quantity>();
  return levels.flatMap((level): Piece[] => {
    const { against } = level;
    if (!against) return [level];
    const left = room.get(against.account) ?? reducible(state, against.account, against.symbol, against.side);
    const quantity = against.reduceOnly ? min(left, level.quantity) : level.quantity;
    room.set(against.account, greater(left, quantity) ? sub(left, quantity) : ZERO);
    return isZero(quantity) ? [] : [{ ...level, quantity }];
  });
}

/** The best synthetic level, without what was taken: cheap enough for every tick. */
export const touchOf = (market: Market, one: Instrument, side: Side): Level | undefined =>
  market.ladder(one, side === "buy" ? "asks" : "bids", 1)[0];

/** What of `quantity` trades at once within the limit. */
export function takeable(
  levels: readonly Piece[],
  side: Side,
  quantity: Quantity,
  limitPrice: Price,
): readonly Piece[] {
  const pieces: Piece[] = [];
  let left = quantity;
  for (const level of levels) {
    if (isZero(left) || beyond(side, level.price, limitPrice)) break;
    const part = min(left, level.quantity);
    left = sub(left, part);
    pieces.push({ ...level, quantity: part });
  }
  return pieces;
}

/** Whether a price is worse than the limit for one who trades on this side. */
export const beyond = (side: Side, price: Price, limit: Price): boolean =>
  side === "buy" ? greater(price, limit) : less(price, limit);

/** How much a reduce-only order may still fill: never more than the position it stands against. */
export function reducible(state: PaperState, account: string, symbol: string, side: Side): Quantity {
  const held = state.accounts.get(account)?.holdings.get(symbol)?.quantity ?? ZERO;
  const against = side === "sell" ? sign(held) > 0 : sign(held) < 0;
  return against ? abs(held) : ZERO;
}

const MAKER = decimal("0.0002");
const TAKER = decimal("0.0005");
const OPTION = decimal("0.0003");
const OPTION_CAP = decimal("0.125");

/** The fee of a trade in USD: 2 bp resting, 5 bp taking; options 3 bp of the index, at most an eighth of the premium. */
export function feeUsd(
  one: Instrument,
  quantity: Quantity,
  price: Price,
  index: Price,
  maker: boolean,
): Decimal<"usd"> {
  const value =
    one.kind === "option"
      ? min(mul<"usd">(mul(quantity, index), OPTION), mul<"usd">(mul(quantity, price), OPTION_CAP))
      : mul<"usd">(notional(one, quantity, price), maker ? MAKER : TAKER);
  return places(value, 8, "up");
}

/** A quantity with the sign of its side. */
export const signed = (side: Side, quantity: Quantity): Quantity => (side === "buy" ? quantity : neg(quantity));

/** The synthetic and resting book of a symbol as plain levels, same prices joined. */
export function depthOf(levels: readonly Piece[], depth: number): readonly Level[] {
  const joined = new Map<Price, Quantity>();
  for (const { price, quantity } of levels) joined.set(price, add(joined.get(price) ?? ZERO, quantity));
  return [...joined].slice(0, depth);
}
