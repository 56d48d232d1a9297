import type { Market, MarketEvent } from "../../detectors/event.ts";
import { NO_ASK, NO_BID } from "../../quant/book/shape.ts";

/** The newest figures of one instrument at one venue; NaN where none was heard. Prices are in the quote currency. */
export interface BoardRow {
  readonly market: Market;
  bid: number;
  ask: number;
  /** Last trade, or last price of a ticker. */
  last: number;
  mark: number;
  index: number;
  /** In the market's unit of size. */
  openInterest: number;
  /** Of an option: per √year, and the price of what it is on, for its expiry. */
  impliedVolatility: number;
  forward: number;
  /** What longs pay shorts for one interval, as a ratio of notional. */
  fundingRate: number;
  fundingIntervalMs: number;
  /** By our clock, ms. */
  heardAt: number;
  /** How far apart messages usually are, ms: a mean that forgets. */
  usualGapMs: number;
  /** Since the start. */
  gaps: number;
  crossed: number;
  checksumsFailed: number;
}

/** The market at a glance: what each instrument last said. */
export interface Board {
  take(event: MarketEvent): void;
  /** Every instrument heard of, in the order of their first word; the rows go on changing. */
  rows(): readonly BoardRow[];
  /** Whether anything was heard of it but that its connection opened or closed. */
  heard(market: Market): boolean;
}

/** An instrument is quiet for ten times its usual pause, and five seconds at least, before it counts as stale. */
const STALE_TIMES = 10;
const STALE_AT_LEAST_MS = 5_000;
/** Weight of the newest pause in the usual one. */
const NEWEST = 0.05;

/** Whether a row's instrument has been silent for longer than its own habit explains. */
export const isStaleRow = (row: BoardRow, now: number): boolean =>
  now - row.heardAt > Math.max(STALE_AT_LEAST_MS, row.usualGapMs * STALE_TIMES);

const blank = (market: Market): BoardRow => ({
  market,
  bid: Number.NaN,
  ask: Number.NaN,
  last: Number.NaN,
  mark: Number.NaN,
  index: Number.NaN,
  openInterest: Number.NaN,
  impliedVolatility: Number.NaN,
  forward: Number.NaN,
  fundingRate: Number.NaN,
  fundingIntervalMs: Number.NaN,
  heardAt: Number.NaN,
  usualGapMs: 0,
  gaps: 0,
  crossed: 0,
  checksumsFailed: 0,
});

/** Keeps the newest figures; a few assignments an event. */
export function createBoard(): Board {
  const byMarket: (BoardRow | undefined)[] = [];
  const rows: BoardRow[] = [];

  const note = (row: BoardRow, event: MarketEvent): void => {
    switch (event.kind) {
      case "quote":
        row.bid = event.bid;
        row.ask = event.ask;
        return;
      case "depth": {
        const { bestBid, bestAsk, decimals } = event.book;
        row.bid = bestBid === NO_BID ? Number.NaN : bestBid / 10 ** decimals;
        row.ask = bestAsk === NO_ASK ? Number.NaN : bestAsk / 10 ** decimals;
        return;
      }
      case "trade":
        row.last = event.price;
        return;
      case "mark":
        row.mark = event.mark;
        row.index = event.index;
        return;
      case "funding":
        row.fundingRate = event.rate;
        row.fundingIntervalMs = event.intervalMs;
        return;
      case "ticker":
        if (!Number.isNaN(event.last)) row.last = event.last;
        if (!Number.isNaN(event.openInterest)) row.openInterest = event.openInterest;
        return;
      case "option":
        row.bid = event.bid;
        row.ask = event.ask;
        row.mark = event.mark;
        row.forward = event.forward;
        if (!Number.isNaN(event.impliedVolatility)) row.impliedVolatility = event.impliedVolatility;
        return;
      case "feed":
        if (event.state === "gap") row.gaps += 1;
        if (event.state === "crossed") row.crossed += 1;
        if (event.state === "checksum") row.checksumsFailed += 1;
        return;
      default:
    }
  };

  return {
    rows: () => rows,
    heard: ({ id }) => byMarket[id] !== undefined && !Number.isNaN(byMarket[id].heardAt),
    take(event) {
      // Our own orders, positions and logins are no word of the market.
      if (event.kind === "order" || event.kind === "position" || event.kind === "access") return;
      const { market } = event;
      let row = byMarket[market.id];
      if (row === undefined) {
        row = blank(market);
        byMarket[market.id] = row;
        rows.push(row);
      }
      note(row, event);
      // That a connection closed says nothing about how fresh its figures are.
      if (event.kind === "feed") return;
      const gap = event.receivedAt - row.heardAt;
      if (gap > 0) row.usualGapMs += (gap - row.usualGapMs) * NEWEST;
      row.heardAt = event.receivedAt;
    },
  };
}
