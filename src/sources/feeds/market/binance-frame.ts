import type { Book } from "../../../quant/book/shape.ts";
import type { Market } from "../../../detectors/event.ts";

/** What a Binance message turned out to be. `other`: well-formed, but nothing a detector reads. */
export type FrameKind = "depth" | "quote" | "trade" | "other";

/** An update kept back until the snapshot has come. */
export interface HeldUpdate {
  readonly first: number;
  readonly last: number;
  readonly previous: number;
  readonly at: number;
  readonly bidCount: number;
  readonly ticks: Int32Array;
  readonly sizes: Float64Array;
  /** Digits that its ticks stand for. */
  readonly decimals: number;
}

/** One symbol of one Binance connection: its market, book and place in the sequence. */
export interface Lane {
  readonly symbol: string;
  readonly market: Market;
  readonly book: Book;
  /** `waiting`: for the REST snapshot; `live`: in sequence. */
  state: "waiting" | "live";
  /** True until an update has followed the snapshot. */
  fresh: boolean;
  last: number;
  held: HeldUpdate[];
  crossed: boolean;
  /** An update was lost since the last snapshot: old levels may stand in the way. */
  suspect: boolean;
  /** When funding is due next, ms, and the time from one to the next as the moves of that moment tell it. */
  fundingAt: number;
  fundingMs: number;
}

/** The decoded message; re-used, so that nothing is allocated. Prices are ticks of the lane's book. */
export interface BinanceFrame {
  kind: FrameKind;
  lane: Lane;
  eventAt: number;
  tradeAt: number;
  first: number;
  last: number;
  previous: number;
  id: number;
  buyerMaker: boolean;
  /** Trade: price, size. Quote: bid, bidSize, ask, askSize. Prices as floats. */
  bid: number;
  bidSize: number;
  ask: number;
  askSize: number;
  bidCount: number;
  count: number;
  ticks: Int32Array;
  sizes: Float64Array;
  before: Float64Array;
  /** Where the byte parser stands. */
  at: number;
}

/** An empty frame with room for `levels` levels; it grows by itself. */
export function createFrame(lane: Lane, levels = 4096): BinanceFrame {
  const none = Number.NaN;
  return {
    kind: "other",
    lane,
    eventAt: none,
    tradeAt: none,
    first: none,
    last: none,
    previous: none,
    id: none,
    buyerMaker: false,
    bid: none,
    bidSize: none,
    ask: none,
    askSize: none,
    bidCount: 0,
    count: 0,
    ticks: new Int32Array(levels),
    sizes: new Float64Array(levels),
    before: new Float64Array(levels),
    at: 0,
  };
}

/** Makes room for at least `levels` levels, keeping those decoded. */
export function growFrame(frame: BinanceFrame, levels: number): void {
  if (frame.ticks.length >= levels) return;
  const room = Math.max(levels, frame.ticks.length * 2);
  const ticks = new Int32Array(room);
  ticks.set(frame.ticks);
  frame.ticks = ticks;
  const sizes = new Float64Array(room);
  sizes.set(frame.sizes);
  frame.sizes = sizes;
  frame.before = new Float64Array(room);
}
