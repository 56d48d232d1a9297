import {
  type Decimal,
  type Price,
  type Quantity,
  ZERO,
  abs,
  add,
  decimal,
  div,
  greater,
  isZero,
  min,
  mul,
  neg,
  sign,
  sub,
} from "../../kernel/decimal.ts";
import type { OrderRequest, VenueOrder } from "../../kernel/order.ts";
import type { Deed } from "./journal.ts";
import { known } from "./market.ts";

/** An open position: signed contracts and their average entry. */
export interface Holding {
  readonly quantity: Quantity;
  readonly entryPrice: Price;
}

/** One account's money and positions. */
export interface Book {
  readonly balances: Map<string, Decimal>;
  readonly holdings: Map<string, Holding>;
}

/** An order with what became of it. */
export interface PaperOrder extends OrderRequest {
  readonly id: string;
  readonly by: "client" | "liquidation";
  readonly acceptedAt: Date;
  state: VenueOrder["state"];
  filledQuantity: Quantity;
  /** Sum of quantity times price, for the average. */
  filledValue: Decimal;
  feeUsd: Decimal<"usd">;
  reason?: string;
  updatedAt: Date;
}

/** The exchange's whole memory: the fold of its journal. */
export interface PaperState {
  stormMs: number;
  opened: Extract<Deed, { deed: "opened" }> | undefined;
  readonly accounts: Map<string, Book>;
  readonly orders: Map<string, PaperOrder>;
  /** Ids of orders still in the book. */
  readonly working: Set<string>;
  /** When each account's orders are cancelled unless its dead-man switch is armed anew. */
  readonly deadMen: Map<string, Date>;
  /** Order id by `account client-order-id`. */
  readonly byClientId: Map<string, string>;
  readonly fills: Extract<Deed, { deed: "filled" }>[];
  /** The highest number given to an order or a fill. */
  serial: number;
}

/** A new exchange without accounts. */
export const emptyState = (): PaperState => ({
  stormMs: 0,
  opened: undefined,
  accounts: new Map(),
  orders: new Map(),
  working: new Set(),
  deadMen: new Map(),
  byClientId: new Map(),
  fills: [],
  serial: 0,
});

/** The key under which a client order id is unique. */
export const clientKey = (account: string, clientOrderId: string): string => `${account} ${clientOrderId}`;

/** Does one deed to the state; the same function lives and rebuilds, so a restart can know nothing else. */
export function apply(state: PaperState, deed: Deed): void {
  switch (deed.deed) {
    case "opened":
      state.opened = deed;
      return;
    case "clock":
      state.stormMs = deed.stormMs;
      return;
    case "seeded": {
      const balances = Object.entries(deed.balances).map(([asset, amount]) => [asset, decimal(amount)] as const);
      const holdings = deed.positions.map(
        (one) =>
          [
            one.symbol,
            { quantity: decimal<"quantity">(one.quantity), entryPrice: decimal<"price">(one.entryPrice) },
          ] as const,
      );
      state.accounts.set(deed.account, { balances: new Map(balances), holdings: new Map(holdings) });
      return;
    }
    case "accepted": {
      const { deed: _, at, ...rest } = deed;
      state.serial = Math.max(state.serial, Number(deed.id));
      state.orders.set(deed.id, {
        ...rest,
        acceptedAt: new Date(at),
        state: "working",
        filledQuantity: ZERO,
        filledValue: ZERO,
        feeUsd: ZERO,
        updatedAt: new Date(at),
      });
      state.working.add(deed.id);
      if (deed.clientOrderId !== "") state.byClientId.set(clientKey(deed.account, deed.clientOrderId), deed.id);
      return;
    }
    case "rejected":
    case "liquidating":
      return;
    case "armed":
      if (deed.until === null) state.deadMen.delete(deed.account);
      else state.deadMen.set(deed.account, new Date(deed.until));
      return;
    case "filled": {
      state.serial = Math.max(state.serial, Number(deed.id));
      state.fills.push(deed);
      const order = state.orders.get(deed.order);
      if (order) {
        order.filledQuantity = add(order.filledQuantity, deed.quantity);
        order.filledValue = add(order.filledValue, mul(deed.quantity, deed.price));
        order.feeUsd = add(order.feeUsd, deed.feeUsd);
        order.updatedAt = new Date(deed.at);
        if (order.filledQuantity === order.quantity) {
          order.state = "filled";
          state.working.delete(order.id);
        }
      }
      trade(
        bookOf(state, deed.account),
        deed.symbol,
        deed.side === "buy" ? deed.quantity : neg(deed.quantity),
        deed.price,
      );
      payFee(bookOf(state, deed.account), deed);
      return;
    }
    case "cancelled": {
      const order = state.orders.get(deed.order);
      state.working.delete(deed.order);
      if (order) {
        order.state = deed.cause === "unfilled" || deed.cause === "expired" ? "expired" : "cancelled";
        order.reason = deed.cause;
        order.updatedAt = new Date(deed.at);
      }
      return;
    }
    case "paid":
      credit(bookOf(state, deed.account), deed.asset, decimal(deed.amount));
      return;
    case "closed":
      trade(bookOf(state, deed.account), deed.symbol, neg(deed.quantity), deed.price);
      return;
  }
}

/** The book of an account. @throws TypeError where a deed names an account that was never seeded */
export function bookOf(state: PaperState, account: string): Book {
  const book = state.accounts.get(account);
  if (!book) throw new TypeError(`the paper exchange has no account ${account}`);
  return book;
}

function credit(book: Book, asset: string, amount: Decimal): void {
  book.balances.set(asset, add(book.balances.get(asset) ?? ZERO, amount));
}

/** Adds a signed quantity to a book at a price: spot changes hands, a contract opens, grows, or realises its profit. */
export function trade(book: Book, symbol: string, signed: Quantity, price: Price): void {
  const one = known(symbol);
  if (one.kind === "spot") {
    credit(book, one.base, signed);
    credit(book, one.quote, neg(mul(signed, price)));
    return;
  }
  const old = book.holdings.get(symbol) ?? { quantity: ZERO, entryPrice: price };
  const quantity = add(old.quantity, signed);
  const closes = sign(old.quantity) * sign(signed) < 0;
  if (closes) {
    const closed = min(abs(old.quantity), abs(signed));
    const size = mul(sign(old.quantity) > 0 ? closed : neg(closed), one.contractSize);
    credit(
      book,
      one.settle,
      one.inverse ? mul(size, inverseGain(old.entryPrice, price)) : mul(size, sub(price, old.entryPrice)),
    );
  }
  if (isZero(quantity)) book.holdings.delete(symbol);
  else book.holdings.set(symbol, { quantity, entryPrice: entryAfter(old, signed, price, closes, one.inverse) });
}

function entryAfter(old: Holding, signed: Quantity, price: Price, closes: boolean, inverse: boolean): Price {
  if (closes) return greater(abs(signed), abs(old.quantity)) ? price : old.entryPrice;
  const total = add(old.quantity, signed);
  if (!inverse) return div(add(mul(old.quantity, old.entryPrice), mul(signed, price)), total, 12, "half-even");
  const coins = add(div(old.quantity, old.entryPrice, 24, "half-even"), div(signed, price, 24, "half-even"));
  return div(total, coins, 12, "half-even");
}

const ONE = decimal("1");
const inverseGain = (entry: Price, price: Price): Decimal =>
  sub(div(ONE, entry, 24, "half-even"), div(ONE, price, 24, "half-even"));

function payFee(book: Book, deed: Extract<Deed, { deed: "filled" }>): void {
  const one = known(deed.symbol);
  const coins = one.inverse ? div(deed.feeUsd, deed.price, 12, "up") : deed.feeUsd;
  credit(book, one.inverse ? one.settle : one.quote, neg(coins));
}
