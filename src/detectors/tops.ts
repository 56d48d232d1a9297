import type { Quote } from "../quant/hedge/arbitrage.ts";
import type { Market, QuoteEvent } from "./event.ts";
import { coinsOf } from "./sizes.ts";

/** The best bid and ask of one market, as last heard; sizes in the market's unit (sizes.ts). */
export interface Top {
  readonly market: Market;
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
  receivedAt: number;
}

/** The last quotes, by market's id. */
export type Tops = (Top | undefined)[];

/** Keeps a quote; true where a price changed. */
export function keep(tops: Tops, event: QuoteEvent): boolean {
  const { market, bid, bidSize, ask, askSize, receivedAt } = event;
  const top = tops[market.id];
  if (top === undefined) {
    tops[market.id] = { market, bid, bidSize, ask, askSize, receivedAt };
    return true;
  }
  const changed = top.bid !== bid || top.ask !== ask;
  top.bid = bid;
  top.bidSize = bidSize;
  top.ask = ask;
  top.askSize = askSize;
  top.receivedAt = receivedAt;
  return changed;
}

/** Heard within `freshMs`, and no crossed book: that one is stale, not free money. */
export const usable = (top: Top | undefined, receivedAt: number, freshMs: number): top is Top =>
  top !== undefined && receivedAt - top.receivedAt <= freshMs && top.bid > 0 && top.ask >= top.bid;

/** Further apart than this, two prices are not those of one coin. */
const ONE_COIN_RATIO = 0.2;

/** Whether a ratio of two prices may be that of one coin at two places. */
export const oneCoin = (ratio: number): boolean => Math.abs(ratio - 1) <= ONE_COIN_RATIO;

/**
 * Those that price one coin: venues give a ticker to different coins, and one counts in thousands what another counts in ones.
 * Where they do not agree, the middle one decides.
 */
export function ofOneCoin(tops: readonly Top[]): readonly Top[] {
  const bids = tops.map((top) => top.bid).toSorted((a, b) => a - b);
  const middle = bids[bids.length >> 1] ?? Number.NaN;
  return tops.filter((top) => oneCoin(top.bid / middle));
}

/**
 * A top as the arbitrage functions take it. Sizes are no larger than the plan may be, which also stands in where a
 * contract's size is not known.
 * @param planUsd most that one leg may be worth, in the quote currency
 */
export function quoteOf({ market, bid, bidSize, ask, askSize }: Top, feeBps: number, planUsd: number): Quote {
  const within = (size: number, price: number): number => {
    const coins = coinsOf(market, size, price);
    const most = planUsd / price;
    // Without a bound of its own a plan is as large as what is offered; where that is not told either, there is none.
    if (Number.isNaN(coins)) return Number.isFinite(most) ? most : 0;
    return Math.min(coins, most);
  };
  const { venue, instrument: symbol } = market;
  return { venue, symbol, bid, ask, bidSize: within(bidSize, bid), askSize: within(askSize, ask), feeBps };
}
