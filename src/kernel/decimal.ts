import { Decimal as Big } from "decimal.js";

/**
 * Exact decimal numbers as branded strings: money, prices, quantities and rates travel, are stored and are
 * hashed as text, so no float can creep in. Only this file computes with them.
 */
declare const unit: unique symbol;
/** A canonical decimal string such as "-1234.5": no exponent, no leading or trailing zeros, never "-0". */
export type Decimal<Unit extends string = string> = string & { readonly [unit]: Unit };

/** US dollars or a coin pegged to it. */
export type Usd = Decimal<"usd">;
/** A plain share, 0..1 unless said otherwise; never per cent. */
export type Ratio = Decimal<"ratio">;
/** An instrument's price in its quote currency. */
export type Price = Decimal<"price">;
/** An instrument's quantity in contracts (in coins where the contract size is one coin). */
export type Quantity = Decimal<"quantity">;

/** How a result that does not fit is rounded; always named by the caller. */
export type Rounding = "up" | "down" | "half-even" | "floor" | "ceil";

const MODES = {
  up: Big.ROUND_UP,
  down: Big.ROUND_DOWN,
  "half-even": Big.ROUND_HALF_EVEN,
  floor: Big.ROUND_FLOOR,
  ceil: Big.ROUND_CEIL,
} as const satisfies Record<Rounding, Big.Rounding>;

/** 60 digits hold every product of two 30-digit amounts exactly; the exponent range keeps text bounded. */
const Exact = Big.clone({
  precision: 60,
  rounding: Big.ROUND_HALF_EVEN,
  toExpNeg: -9e15,
  toExpPos: 9e15,
  maxE: 60,
  minE: -60,
});
const SHAPE = /^[+-]?(\d+\.?\d*|\.\d+)$/;

const text = <U extends string>(value: Big): Decimal<U> => (value.isZero() ? "0" : value.toFixed()) as Decimal<U>;

/**
 * Reads a decimal from text or a bigint.
 * @throws RangeError where the text is not a plain decimal ("1e5", "NaN", "1,5", "") or has more than 40 digits.
 * @example decimal<"usd">("1234.50") // "1234.5"
 */
export function decimal<U extends string = string>(value: string | bigint): Decimal<U> {
  const raw = String(value);
  if (raw.length > 41 || !SHAPE.test(raw)) {
    throw new RangeError(`"${raw.slice(0, 60)}" is not a decimal; write digits with an optional point, such as 1234.5`);
  }
  return text(new Exact(raw));
}

/** True where `decimal(value)` would succeed. */
export function isDecimal(value: unknown): value is string {
  return typeof value === "string" && value.length <= 41 && SHAPE.test(value);
}

/** Zero, of any unit. */
export const ZERO = "0" as Decimal<never>;

/** a + b, exactly. */
export const add = <U extends string>(a: Decimal<U>, b: Decimal<U>): Decimal<U> => text(new Exact(a).plus(b));
/** a − b, exactly. */
export const sub = <U extends string>(a: Decimal<U>, b: Decimal<U>): Decimal<U> => text(new Exact(a).minus(b));
/** −a. */
export const neg = <U extends string>(a: Decimal<U>): Decimal<U> => text(new Exact(a).neg());
/** |a|. */
export const abs = <U extends string>(a: Decimal<U>): Decimal<U> => text(new Exact(a).abs());
/** a · b, exact up to 60 digits; the caller names the result's unit. */
export const mul = <R extends string = string>(a: Decimal, b: Decimal): Decimal<R> => text(new Exact(a).times(b));
/** The sum of a list; zero where it is empty. */
export const sum = <U extends string>(list: readonly Decimal<U>[]): Decimal<U> =>
  text(list.reduce((total, item) => total.plus(item), new Exact(0)));

/**
 * a / b to `places` digits after the point.
 * @throws RangeError where b is zero.
 */
export function div<R extends string = string>(a: Decimal, b: Decimal, places: number, rounding: Rounding): Decimal<R> {
  if (isZero(b)) throw new RangeError(`${a} cannot be divided by zero`);
  return text(new Exact(a).div(b).toDecimalPlaces(places, MODES[rounding]));
}

/**
 * The multiple of `step` next to a: prices to ticks, quantities to lots.
 * @throws RangeError where step is not positive.
 */
export function roundTo<U extends string>(a: Decimal<U>, step: Decimal, rounding: Rounding): Decimal<U> {
  if (sign(step) <= 0) throw new RangeError(`a step must be positive, was ${step}`);
  return text(new Exact(a).div(step).toDecimalPlaces(0, MODES[rounding]).times(step));
}

/** a with at most `places` digits after the point. */
export const places = <U extends string>(a: Decimal<U>, count: number, rounding: Rounding): Decimal<U> =>
  text(new Exact(a).toDecimalPlaces(count, MODES[rounding]));

/**
 * −1 where a < b, 0 where equal, 1 where a > b. Reading text as the nearest float never turns two numbers' order around, so
 * floats that differ decide; only where they are the same the decimals themselves are compared.
 */
export const compare = (a: Decimal, b: Decimal): -1 | 0 | 1 => {
  const [x, y] = [Number(a), Number(b)];
  // Text that is no number reads as NaN or, where it is empty, as zero: both are left to the exact reader, which refuses them.
  if (x < y && a !== "" && b !== "") return -1;
  if (x > y && a !== "" && b !== "") return 1;
  return new Exact(a).cmp(b) as -1 | 0 | 1;
};
/** −1, 0 or 1. */
export const sign = (a: Decimal): -1 | 0 | 1 => compare(a, ZERO);
/** a < b. */
export const less = (a: Decimal, b: Decimal): boolean => compare(a, b) < 0;
/** a > b. */
export const greater = (a: Decimal, b: Decimal): boolean => compare(a, b) > 0;
/** a = 0. */
export const isZero = (a: Decimal): boolean => sign(a) === 0;
/** The smaller one. */
export const min = <U extends string>(a: Decimal<U>, b: Decimal<U>): Decimal<U> => (greater(a, b) ? b : a);
/** The larger one. */
export const max = <U extends string>(a: Decimal<U>, b: Decimal<U>): Decimal<U> => (less(a, b) ? b : a);

/** The door to `quant/`: the nearest float. */
export const toFloat = (a: Decimal): number => Number(a);

/**
 * The door back from `quant/`: a float as a multiple of `step`.
 * @throws RangeError where the value is not finite.
 */
export function fromFloat<U extends string = string>(value: number, step: Decimal, rounding: Rounding): Decimal<U> {
  if (!Number.isFinite(value)) throw new RangeError(`a decimal must be finite, was ${value}`);
  return roundTo(text<U>(new Exact(value)), step, rounding);
}

/** Thousands separated by commas, for people: "1,234.50" with `digits` = 2. */
export function grouped(a: Decimal, digits?: number): string {
  const [whole = "0", fraction] = new Exact(a).toFixed(...(digits === undefined ? [] : [digits])).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
}

/** A share for people, with its sign: "81.1 %". */
export const percent = (a: Decimal, digits = 1): string => `${grouped(mul(a, "100" as Decimal), digits)} %`;
