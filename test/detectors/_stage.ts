import type { Detector } from "../../src/detectors/detector.ts";
import type { MarketEvent } from "../../src/detectors/event.ts";
import type { Hit } from "../../src/detectors/finding.ts";
import { createWatch } from "../../src/detectors/watch.ts";
import { createBook, setLevel } from "../../src/quant/book/book.ts";
import { createMarkets } from "../../src/sources/feeds/market/markets.ts";

/** Where every stage's time begins. */
export const START = 1_700_000_000_000;

type Loose = { kind: MarketEvent["kind"]; at: number; market?: string; receivedAt?: number; [field: string]: unknown };

/** One detector on a stage: events in plain words go in, hits are collected. */
export function stage(detector: Detector, params: Record<string, number> = {}) {
  const hits: Hit[] = [];
  const markets = createMarkets();
  const watch = createWatch({
    detectors: [detector],
    params: { [detector.name]: params },
    onHit: (hit) => hits.push(hit),
  });
  const marketOf = (name: string) => {
    const [venue = "binanceusdm", raw = "BTCUSDT"] = name.split(" ");
    return markets.of(venue, raw);
  };
  const take = (event: Loose): void => {
    const { market = "binanceusdm BTCUSDT", at, receivedAt, ...rest } = event;
    const time = START + at;
    watch.take({
      ...rest,
      market: marketOf(market),
      at: time,
      receivedAt: receivedAt === undefined ? time : START + receivedAt,
    } as unknown as MarketEvent);
  };
  return {
    hits,
    firing: () => hits.filter((hit) => hit.status === "firing"),
    take,
    advance: (at: number) => watch.advance(START + at),
    trade: (at: number, price: number, size = 1, taker: 1 | -1 = 1, market?: string) =>
      take({
        kind: "trade",
        at,
        price,
        size,
        taker,
        buyer: "",
        seller: "",
        ...(market === undefined ? {} : { market }),
      }),
    quote: (at: number, bid: number, ask: number, market?: string) =>
      take({ kind: "quote", at, bid, ask, bidSize: 1, askSize: 1, ...(market === undefined ? {} : { market }) }),
    /** Sets one level of the book and tells it. */
    level(at: number, side: 0 | 1, tick: number, size: number, market = "binanceusdm BTCUSDT"): void {
      const one = marketOf(market);
      one.book ??= createBook(0, 4096);
      const before = setLevel(one.book, side, tick, size);
      take({
        kind: "depth",
        at,
        market,
        book: one.book,
        snapshot: false,
        count: 1,
        bidCount: side === 0 ? 1 : 0,
        ticks: Int32Array.of(tick),
        sizes: Float64Array.of(size),
        before: Float64Array.of(before),
        sequence: 0,
      });
    },
    order: (at: number, fields: Record<string, unknown> = {}) =>
      take({
        kind: "order",
        at,
        account: "main",
        id: `o${at}`,
        taker: 1,
        price: 100,
        size: 1,
        state: "placed",
        ...fields,
      }),
  };
}
