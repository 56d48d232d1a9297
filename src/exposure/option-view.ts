import { toFloat } from "../kernel/decimal.ts";
import type { Instrument } from "../kernel/instrument.ts";
import { QuantError } from "../quant/errors.ts";
import type { OptionKind } from "../quant/options/checks.ts";
import { impliedVolatility } from "../quant/options/implied-volatility.ts";
import type { OptionHolding } from "../quant/risk/holdings.ts";
import type { BookTop } from "../venues/venue.ts";
import { coinPriced, yearsLeft } from "./instruments.ts";

/** A forward further than this from the index is taken as a bad pair of marks, not as carry. */
const FARTHEST_CARRY = 0.2;

/** What the venue's marks say of one option; floats for `quant`. */
export interface OptionView {
  readonly instrument: Instrument;
  readonly right: OptionKind;
  readonly strikeUsd: number;
  readonly indexUsd: number;
  readonly forwardUsd: number;
  readonly years: number;
  /** Implied by the venue's mark, per √year. */
  readonly sigma: number;
  /** USD that one unit of the instrument's quoted price is worth: 1, or the index where it is quoted in coins. */
  readonly usdPerPrice: number;
}

/** The venue's mark, or the middle of its book; undefined where it gives neither. In the instrument's quote. */
export function markOf(book: BookTop): number | undefined {
  if (book.markPrice !== null) return toFloat(book.markPrice);
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  return bid === undefined || ask === undefined ? undefined : (toFloat(bid) + toFloat(ask)) / 2;
}

/**
 * The forward of an expiry by put–call parity from the marks of one strike's call and put, in USD; the index where the
 * two do not give one within a fifth of it.
 */
export function parityForward(call: number, put: number, strikeUsd: number, indexUsd: number, inCoin: boolean): number {
  // A coin option is paid (F − K)/F coins for the pair, a dollar option F − K dollars.
  const forward = inCoin ? strikeUsd / (1 - (call - put)) : strikeUsd + call - put;
  return Math.abs(forward / indexUsd - 1) <= FARTHEST_CARRY ? forward : indexUsd;
}

/**
 * Reads an option's implied volatility from its mark and its twin's (for the forward). Null where it has expired, has no
 * mark, or the mark lies outside what any volatility could explain.
 */
export function viewOption(
  one: Instrument,
  book: BookTop,
  twin: BookTop | undefined,
  indexUsd: number,
  at: Date,
): OptionView | null {
  const [years, mark] = [yearsLeft(one, at), markOf(book)];
  const { strike, optionKind: right } = one;
  if (years === null || years <= 0 || mark === undefined || strike === undefined || right === undefined) return null;
  const strikeUsd = toFloat(strike);
  const other = twin === undefined ? undefined : markOf(twin);
  const inCoin = coinPriced(one);
  const forwardUsd =
    other === undefined
      ? indexUsd
      : parityForward(right === "call" ? mark : other, right === "call" ? other : mark, strikeUsd, indexUsd, inCoin);
  const price = inCoin ? mark * forwardUsd : mark;
  const sigma = sigmaOf(right, forwardUsd, strikeUsd, years, price);
  if (sigma === null) return null;
  return {
    instrument: one,
    right,
    strikeUsd,
    indexUsd,
    forwardUsd,
    years,
    sigma,
    usdPerPrice: inCoin ? indexUsd : 1,
  };
}

function sigmaOf(kind: OptionKind, forward: number, strike: number, years: number, price: number): number | null {
  try {
    return impliedVolatility({ kind, forward, strike, years, price });
  } catch (error) {
    // A mark rounded to its tick may lie below the intrinsic value by less than that tick; it then says nothing of volatility.
    if (error instanceof QuantError) return null;
    throw error;
  }
}

/** The option as a holding of `contracts`, signed. */
export const holdingOf = (view: OptionView, account: string, contracts: number): OptionHolding => ({
  kind: "option",
  account,
  asset: view.instrument.base,
  indexUsd: view.indexUsd,
  settlement: coinPriced(view.instrument) ? "inverse" : "linear",
  right: view.right,
  size: contracts * toFloat(view.instrument.contractSize),
  strikeUsd: view.strikeUsd,
  forwardUsd: view.forwardUsd,
  years: view.years,
  sigma: view.sigma,
});
