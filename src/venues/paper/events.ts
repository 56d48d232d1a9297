import { type Decimal, type Price, type Quantity, fromFloat, toFloat } from "../../kernel/decimal.ts";
import type { Side } from "../../kernel/order.ts";
import { hashed } from "../../quant/scenario/hash.ts";
import type { StormShape } from "../../quant/scenario/storm.ts";
import { LISTED, optionsListed } from "./listing.ts";
import type { Level, Market } from "./market.ts";
import { touchOf } from "./matching.ts";

/** What the paper exchange's public stream says; prices in the quote currency, quantities in contracts. */
export type PaperMarketEvent =
  | {
      readonly kind: "trade";
      readonly symbol: string;
      readonly side: Side;
      readonly price: Price;
      readonly quantity: Quantity;
      readonly at: Date;
    }
  | {
      readonly kind: "top";
      readonly symbol: string;
      readonly bidPrice: Price;
      readonly bidQuantity: Quantity;
      readonly askPrice: Price;
      readonly askQuantity: Quantity;
      readonly at: Date;
    }
  | {
      readonly kind: "mark";
      readonly symbol: string;
      readonly markPrice: Price;
      readonly indexPrice: Price;
      readonly at: Date;
    }
  | { readonly kind: "funding"; readonly symbol: string; readonly rate: Decimal; readonly at: Date }
  /** An option's mark and the best of its book, null where a side is empty; `forward` is the coin's price at its expiry. */
  | {
      readonly kind: "option";
      readonly symbol: string;
      readonly bid: Level | null;
      readonly ask: Level | null;
      readonly markPrice: Price;
      readonly forward: Price;
      readonly at: Date;
    }
  /** The whole book, best levels first; what took from it lately and resting orders are left out, as in `top`. */
  | {
      readonly kind: "book";
      readonly symbol: string;
      readonly bids: readonly Level[];
      readonly asks: readonly Level[];
      readonly at: Date;
    }
  /** A forced order: `side` is the order's own, so "sell" closes a long. */
  | {
      readonly kind: "liquidation";
      readonly symbol: string;
      readonly side: Side;
      readonly price: Price;
      readonly quantity: Quantity;
      readonly at: Date;
    };

/** Books are told once a second of storm time: in between their levels only move with the price. */
const BOOK_MS = 1_000;
/** Options are told more seldom: there are a hundred, and nothing here answers them by the second. */
const OPTION_MS = 5_000;

/** Every listed option, where five seconds of storm time began between the two moments; nothing at others. */
export function optionEvents(market: Market, before: Market, storm: StormShape): readonly PaperMarketEvent[] {
  if (Math.floor(market.stormMs / OPTION_MS) === Math.floor(before.stormMs / OPTION_MS)) return [];
  const { at } = market;
  return optionsListed(storm, at).map((one) => ({
    kind: "option",
    symbol: one.symbol,
    bid: market.ladder(one, "bids", 1)[0] ?? null,
    ask: market.ladder(one, "asks", 1)[0] ?? null,
    markPrice: market.mark(one).price,
    forward: market.index(one.base),
    at,
  }));
}

/** The events of one tick: a top, a mark and the funding rate for each listed market, a trade or two, other people's liquidations, and a book each second. */
export function tickEvents(market: Market, before: Market, seed: number): readonly PaperMarketEvent[] {
  const { at } = market;
  const moment = Math.floor(market.stormMs);
  const tellBooks = Math.floor(market.stormMs / BOOK_MS) > Math.floor(before.stormMs / BOOK_MS);
  const events: PaperMarketEvent[] = [];
  for (const [number, one] of LISTED.entries()) {
    const { symbol } = one;
    const bid = touchOf(market, one, "sell");
    const ask = touchOf(market, one, "buy");
    if (!bid || !ask) continue;
    events.push({
      kind: "top",
      symbol,
      bidPrice: bid[0],
      bidQuantity: bid[1],
      askPrice: ask[0],
      askQuantity: ask[1],
      at,
    });
    if (tellBooks)
      events.push({ kind: "book", symbol, bids: market.ladder(one, "bids"), asks: market.ladder(one, "asks"), at });
    const mark = market.mark(one);
    const falls = toFloat(mark.price) < toFloat(before.mark(one).price);
    const side: Side = hashed(seed, 21, number, moment) < (falls ? 0.8 : 0.4) ? "sell" : "buy";
    const touch = side === "sell" ? bid : ask;
    const share = hashed(seed, 22, number, moment) ** 3;
    const quantity = fromFloat<"quantity">(toFloat(touch[1]) * share, one.lotSize, "up");
    events.push({ kind: "trade", symbol, side, price: touch[0], quantity, at });
    if (one.kind !== "perpetual") continue;
    events.push({ kind: "mark", symbol, markPrice: mark.price, indexPrice: mark.index, at });
    events.push({ kind: "funding", symbol, rate: market.fundingRate(one), at });
    const expected = (market.weather.liquidationsPerSecond * Math.max(0, market.stormMs - before.stormMs)) / 1000 / 3;
    const count = Math.floor(expected + hashed(seed, 23, number, moment));
    for (let each = 0; each < Math.min(count, 20); each += 1) {
      const usd = 20_000 / (0.02 + hashed(seed, 24, number, moment, each));
      const size = fromFloat<"quantity">(one.inverse ? usd / 100 : usd / toFloat(mark.price), one.lotSize, "up");
      events.push({
        kind: "liquidation",
        symbol,
        side: falls ? "sell" : "buy",
        price: touch[0],
        quantity: size,
        at,
      });
    }
  }
  return events;
}
