import { type Decimal, type Price, type Quantity, ZERO, decimal, fromFloat, toFloat } from "../../kernel/decimal.ts";
import type { Instrument } from "../../kernel/instrument.ts";
import { mix } from "../../quant/scenario/hash.ts";
import { ladder } from "../../quant/scenario/ladder.ts";
import { optionMark } from "../../quant/scenario/option-mark.ts";
import { type Weather, stormPath } from "../../quant/scenario/storm.ts";
import { instrumentOf } from "./listing.ts";
import type { Storm } from "./storms.ts";

/** Price and size of one level. */
export type Level = readonly [price: Price, quantity: Quantity];

/** What an instrument is worth at one moment: mark, index, and exposure in base coins of one contract. */
interface Mark {
  readonly price: Price;
  readonly index: Price;
  readonly delta: Decimal<"base">;
}

/** The whole market at one moment; a pure function of storm, seed, storm time and the time of day. */
export interface Market {
  readonly stormMs: number;
  readonly at: Date;
  readonly weather: Weather;
  /** The market's price of a coin in US dollars. */
  index(base: string): Price;
  mark(one: Instrument): Mark;
  /** What others offer to one who sells ("bids") or buys ("asks"), best first, before anything was taken; `most` levels if given. */
  ladder(one: Instrument, side: "bids" | "asks", most?: number): readonly Level[];
  /** Zero for anything but perpetuals. */
  fundingRate(one: Instrument): Decimal;
}

/** Calm depth of one side within 1.5 %, in USD, and calm spread as a share of the price. */
const BOOKS: Readonly<Record<string, readonly [depthUsd: number, spread: number]>> = {
  "BTC/USDT:USDT": [60_000_000, 0.00002],
  "ETH/USDT:USDT": [35_000_000, 0.00003],
  "BTC/USD:BTC": [25_000_000, 0.00005],
  "BTC/USDT": [25_000_000, 0.00003],
  "ETH/USDT": [15_000_000, 0.00005],
};
const OPTION_BOOK = [2_000_000, 0.002] as const;
const RATE_STEP = decimal("0.000001");
const COIN_STEP = decimal("0.00000001");

/** What a test fixes instead of the storm: prices by base coin, and a share of the storm's depth. */
export interface Pins {
  readonly prices: ReadonlyMap<string, Price>;
  readonly depth: number;
}

/** Nothing fixed. */
export const NO_PINS: Pins = { prices: new Map(), depth: 1 };

/** Prepares a storm's path and answers with the market at any moment of it. */
export function openMarket(storm: Storm, seed: number): (stormMs: number, at: Date, pins: Pins) => Market {
  const path = stormPath(storm, seed);
  return (stormMs, at, pins) => marketAt(path(stormMs), stormMs, at, pins, seed);
}

function marketAt(weather: Weather, stormMs: number, at: Date, pins: Pins, seed: number): Market {
  const marks = new Map<string, Mark>();
  const coin = (base: string): number => {
    const pinned = pins.prices.get(base);
    if (pinned !== undefined) return toFloat(pinned);
    return base === "BTC" ? weather.btcUsd : weather.ethUsd;
  };
  const index = (base: string): Price => fromFloat<"price">(coin(base), decimal("0.01"), "half-even");
  const basisOf = (base: string): number => (pins.prices.has(base) ? 0 : weather.basis);

  const compute = (one: Instrument): Mark => {
    const spot = coin(one.base);
    if (one.kind === "option" && one.optionKind && one.strike && one.expiryAt) {
      const left = one.expiryAt.getTime() - at.getTime();
      const fair = optionMark(one.optionKind, spot, toFloat(one.strike), weather.impliedVol, left);
      return {
        price: fromFloat<"price">(fair.price, decimal("0.01"), "half-even"),
        index: index(one.base),
        delta: fromFloat<"base">(fair.delta * toFloat(one.contractSize), COIN_STEP, "half-even"),
      };
    }
    const price = one.kind === "perpetual" ? spot * (1 + basisOf(one.base)) : spot;
    const size = toFloat(one.contractSize);
    return {
      price: fromFloat<"price">(price, decimal("0.01"), "half-even"),
      index: index(one.base),
      delta: fromFloat<"base">(one.inverse ? size / price : size, decimal("0.000000000001"), "half-even"),
    };
  };
  const mark = (one: Instrument): Mark => {
    const known = marks.get(one.symbol);
    if (known) return known;
    const fresh = compute(one);
    marks.set(one.symbol, fresh);
    return fresh;
  };

  return {
    stormMs,
    at,
    weather,
    index,
    mark,
    fundingRate: (one) => (one.kind === "perpetual" ? fromFloat(weather.funding, RATE_STEP, "half-even") : ZERO),
    ladder(one, side, most) {
      const middle = toFloat(mark(one).price);
      const [depthUsd, spread] = BOOKS[one.symbol] ?? OPTION_BOOK;
      const value = one.inverse ? toFloat(one.contractSize) : toFloat(one.contractSize) * coin(one.base);
      const sign = side === "bids" ? -1 : 1;
      const moment = Math.floor(stormMs / 1000);
      const rungs = ladder(weather.depth, spread, seed, mix(...Buffer.from(one.symbol)), sign, moment);
      const levels = new Map<Price, number>();
      for (const rung of rungs.slice(0, most)) {
        const price = fromFloat<"price">(
          middle * (1 + sign * rung.offset),
          one.tickSize,
          side === "bids" ? "floor" : "ceil",
        );
        if (toFloat(price) > 0)
          levels.set(price, (levels.get(price) ?? 0) + (rung.share * depthUsd * weather.depth * pins.depth) / value);
      }
      return [...levels].flatMap(([price, size]): Level[] => {
        const quantity = fromFloat<"quantity">(size, one.lotSize, "down");
        return toFloat(quantity) > 0 ? [[price, quantity]] : [];
      });
    },
  };
}

/** The instrument of a symbol known to exist. @throws TypeError where it does not: a fault of this program. */
export function known(symbol: string): Instrument {
  const one = instrumentOf(symbol);
  if (!one) throw new TypeError(`${symbol} stands in the paper exchange's books but is no instrument of it`);
  return one;
}
