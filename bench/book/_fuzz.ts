import { createBook } from "../../src/quant/book/book.ts";
import { readBinance } from "../../src/sources/feeds/market/binance-bytes.ts";
import { type BinanceFrame, type Lane, createFrame } from "../../src/sources/feeds/market/binance-frame.ts";
import { dataOf, frameOf } from "../../src/sources/feeds/market/binance-json.ts";
import { NOWHERE } from "../../src/sources/feeds/market/records.ts";

const laneFor = (symbol: string, decimals: number): Lane => ({
  symbol,
  market: NOWHERE,
  book: createBook(decimals, 4096),
  state: "live",
  fresh: false,
  last: 0,
  held: [],
  crossed: false,
  suspect: false,
});

function contentOf(frame: BinanceFrame): string {
  const { kind, lane, count } = frame;
  if (kind === "depth") {
    const levels = [frame.ticks.subarray(0, count), frame.sizes.subarray(0, count)];
    return [
      kind,
      lane.symbol,
      frame.eventAt,
      frame.tradeAt,
      frame.first,
      frame.last,
      frame.previous,
      frame.bidCount,
      ...levels,
    ].join();
  }
  if (kind === "quote")
    return [kind, lane.symbol, frame.eventAt, frame.last, frame.bid, frame.bidSize, frame.ask, frame.askSize].join();
  return [kind, lane.symbol, frame.eventAt, frame.tradeAt, frame.id, frame.buyerMaker, frame.bid, frame.bidSize].join();
}

/** True where the byte reader leaves a message alone or reads it as JSON.parse does. */
export function compareReaders(symbol: string, decimals: number): (bytes: Buffer) => boolean {
  const lane = laneFor(symbol, decimals);
  const slowLane = laneFor(symbol, decimals);
  const fast = createFrame(lane);
  const slow = createFrame(slowLane);
  return (bytes) => {
    const find = (all: Uint8Array, start: number, end: number): Lane | undefined =>
      Buffer.from(all.buffer, all.byteOffset + start, end - start).toString("latin1") === symbol ? lane : undefined;
    if (!readBinance(bytes, 0, bytes.length, fast, find)) return true;
    slowLane.book.decimals = decimals;
    const data = dataOf(bytes.toString("utf8"));
    if (data === undefined || !frameOf(data, slow, (name) => (name === symbol ? slowLane : laneFor(name, decimals))))
      return false;
    return contentOf(fast) === contentOf(slow);
  };
}

/** A small seeded generator. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

const NASTY = Buffer.from('0123456789.,:"[]{}-+eE \\abuUApsTm\u0000ÿ', "latin1");

/** One to three bytes changed, put in, taken out or doubled. */
export function mutate(message: Buffer, next: (below: number) => number): Buffer {
  let bytes = message;
  for (let times = 1 + next(3); times > 0; times -= 1) {
    const at = next(bytes.length);
    const kind = next(4);
    const one = NASTY.subarray(next(NASTY.length)).subarray(0, 1);
    const head = bytes.subarray(0, at);
    if (kind === 0) bytes = Buffer.concat([head, one, bytes.subarray(at + 1)]);
    else if (kind === 1) bytes = Buffer.concat([head, bytes.subarray(at + 1)]);
    else if (kind === 2) bytes = Buffer.concat([head, one, bytes.subarray(at)]);
    else bytes = Buffer.concat([head, bytes.subarray(at, at + 1 + next(20)), bytes.subarray(at)]);
  }
  return bytes;
}
