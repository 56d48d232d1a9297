import { QuantError } from "../quant/errors.ts";
import { impliedVolatility } from "../quant/options/implied-volatility.ts";
import type { Market, OptionEvent } from "./event.ts";

const YEAR_MS = 365 * 86_400_000;
/** In the last hours a volatility is mostly the tick of its mark. */
const LAST_MS = 12 * 3_600_000;
/** A mark under this share of the forward is rounding: its volatility says nothing, least of all one worked out from it. */
const LEAST_PRICE = { named: 1e-5, workedOut: 1e-4 } as const;
/**
 * Marks this far apart by the venue's clock are of one moment. Venues mark all options of a coin at once, every second or
 * few; marks of different moments make a smile that never was, above all in a storm.
 */
const MOMENT_MS = 900;

/** The volatility that a venue marks one strike at, from the side out of the money. */
export interface StrikeMark {
  readonly market: Market;
  readonly right: "call" | "put";
  readonly strike: number;
  /** Price of the underlying when the mark was made, in the quote currency, as bid and ask are; NaN where nobody offers. */
  readonly forward: number;
  readonly bid: number;
  readonly ask: number;
  readonly years: number;
  /** Per √year. */
  readonly sigma: number;
}

/** Marks of one moment. */
export interface Moment {
  /** Of its first mark, by the venue's clock, ms. */
  beganAt: number;
  marks: Map<string, StrikeMark>;
  /** When a moment before was last judged, our clock. */
  judgedAt: number;
}

/** The moments that are being gathered, by what belongs together. */
export type Moments = Map<string, Moment>;

/** Venue and settlement: what makes one surface. */
export const familyOf = ({ venue, quote, inverse }: Market): string => `${venue} ${quote}${inverse ? " in coin" : ""}`;

/** Years of 365 days, as the venues count them. */
export const yearsTo = (expiresAt: number, at: number): number => (expiresAt - at) / YEAR_MS;

/**
 * Takes a mark into the moment of `key`. Where it begins a new one and `everyMs` passed since the last judgement, the marks
 * of the moment before, by strike; else undefined.
 */
export function gather(moments: Moments, key: string, event: OptionEvent, everyMs: number): StrikeMark[] | undefined {
  let moment = moments.get(key);
  if (moment === undefined) {
    moment = { beganAt: event.at, marks: new Map(), judgedAt: Number.NEGATIVE_INFINITY };
    moments.set(key, moment);
  }
  let complete: StrikeMark[] | undefined;
  if (Math.abs(event.at - moment.beganAt) > MOMENT_MS) {
    if (event.receivedAt - moment.judgedAt >= everyMs) {
      moment.judgedAt = event.receivedAt;
      complete = [...moment.marks.values()].sort((left, right) => left.strike - right.strike);
    }
    moment.marks = new Map();
    moment.beganAt = event.at;
  }
  const mark = markOf(event);
  // A strike is told by one side; where the price crossed it within the moment, by the later.
  if (mark) moment.marks.set(`${event.market.expiresAt} ${mark.strike}`, mark);
  return complete;
}

/** What an option says of volatility; undefined where it says nothing. */
function markOf({
  market,
  at,
  forward,
  mark,
  bid,
  ask,
  impliedVolatility: named,
}: OptionEvent): StrikeMark | undefined {
  const { option: terms, expiresAt, inverse } = market;
  if (terms === undefined || !(expiresAt - at > LAST_MS) || !(terms.strike > 0)) return undefined;
  const { right, strike } = terms;
  // In the money an option is mostly its intrinsic value; the other side of the strike tells its volatility better.
  if ((right === "call") !== strike >= forward) return undefined;
  const usd = inverse ? forward : 1;
  const price = mark * usd;
  if (price < LEAST_PRICE[named > 0 ? "named" : "workedOut"] * forward) return undefined;
  const years = yearsTo(expiresAt, at);
  const sigma = named > 0 ? named : sigmaOf(right, forward, strike, years, price);
  if (sigma === undefined) return undefined;
  return { market, right, strike, forward, bid: bid * usd, ask: ask * usd, years, sigma };
}

function sigmaOf(
  kind: "call" | "put",
  forward: number,
  strike: number,
  years: number,
  price: number,
): number | undefined {
  try {
    return impliedVolatility({ kind, forward, strike, years, price });
  } catch (error) {
    // A mark outside the arbitrage bounds has no volatility; that it is outside is the parity detector's matter.
    if (error instanceof QuantError) return undefined;
    throw error;
  }
}
