import {
  type Decimal,
  type Price,
  type Quantity,
  type Usd,
  ZERO,
  decimal,
  div,
  greater,
  less,
  mul,
  neg,
  roundTo,
  sub,
} from "./decimal.ts";

/** Kinds of instruments the desk trades. */
export type InstrumentKind = "spot" | "perpetual" | "future" | "option";

/**
 * One thing that can be traded at one venue. Quantities are contracts; for a linear instrument one contract is
 * `contractSize` base coins, for an inverse one it is `contractSize` units of the quote currency, settled in base.
 */
export interface Instrument {
  readonly venue: string;
  /** Unified symbol, such as "BTC/USDT:USDT" or "BTC/USD:BTC-261225-60000-P". */
  readonly symbol: string;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly inverse: boolean;
  readonly contractSize: Decimal;
  readonly tickSize: Price;
  readonly lotSize: Quantity;
  readonly minQuantity: Quantity;
  /** Futures and options only. */
  readonly expiryAt?: Date;
  /** Options only. */
  readonly strike?: Price;
  readonly optionKind?: "call" | "put";
}

/** Whether a symbol, such as "BTC/USD:BTC-261225-100000-C", is an option's: its prices are no coin's. */
export const namesOption = (symbol: string): boolean => /-[CP]$/.test(symbol);

/** The symbol without its settlement, for people: "BTC/USDT perpetual". */
export const titleOf = (one: Pick<Instrument, "symbol" | "kind">): string =>
  one.kind === "option" ? one.symbol : `${one.symbol.split(":")[0]} ${one.kind}`;

/** Value of `quantity` contracts at `price`, in quote currency (USD or its stablecoins); never negative for a positive price. */
export function notional(one: Instrument, quantity: Quantity, price: Price): Usd {
  const size = less(quantity, ZERO) ? neg(quantity) : quantity;
  return one.inverse ? mul(size, one.contractSize) : mul(mul(size, one.contractSize), price);
}

/** Signed exposure in base coins of `quantity` contracts at `price` (delta of a spot, future or perpetual position). */
export function baseQuantity(one: Instrument, quantity: Quantity, price: Price): Decimal<"base"> {
  const face = mul<"base">(quantity, one.contractSize);
  return one.inverse ? div(face, price, 18, "half-even") : face;
}

/** Contracts, rounded to the lot, whose exposure at `price` comes closest to `base` coins from the side `rounding` names. */
export function contractsFor(
  one: Instrument,
  base: Decimal<"base">,
  price: Price,
  rounding: "down" | "up" | "half-even",
): Quantity {
  const raw = one.inverse
    ? div<"quantity">(mul(base, price), one.contractSize, 18, "half-even")
    : div<"quantity">(base, one.contractSize, 18, "half-even");
  return roundTo(raw, one.lotSize, rounding);
}

/** Unrealised profit in USD of a signed position entered at `entry`, marked at `mark`. */
export function unrealisedUsd(one: Instrument, quantity: Quantity, entry: Price, mark: Price): Usd {
  if (!one.inverse) return mul(mul(quantity, one.contractSize), sub(mark, entry));
  const coins = sub(div(decimal("1"), entry, 30, "half-even"), div(decimal("1"), mark, 30, "half-even"));
  return mul(mul(mul(quantity, one.contractSize), coins), mark);
}

/** Whether `price` is a positive multiple of the tick. */
export const onTick = (one: Instrument, price: Price): boolean =>
  greater(price, ZERO) && roundTo(price, one.tickSize, "down") === price;
