import type { FeedEvent, Market, MarketEvent } from "../../../detectors/event.ts";
import { clearBook, setAsk, setBid } from "../../../quant/book/book.ts";
import { refine } from "../../../quant/book/refine.ts";
import type { BookKeeper } from "./book-keeper.ts";
import { FEED_STATES, RECORD } from "./codec.ts";
import type { Session } from "./json-parser.ts";

/** Blocks of encoded events while they are played; names told in earlier blocks are remembered. */
export interface Decoder {
  floats: Float64Array;
  ints: Int32Array;
  bytes: Buffer;
  /** Word that is played next. */
  at: number;
  readonly texts: string[];
  readonly markets: Market[];
  readonly sessions: Session[];
  readonly keepers: (BookKeeper | undefined)[];
  readonly sessionOf: (venue: string) => Session;
}

/** @param sessionOf where the events of a venue go */
export const createDecoder = (sessionOf: (venue: string) => Session): Decoder => ({
  floats: new Float64Array(0),
  ints: new Int32Array(0),
  bytes: Buffer.alloc(0),
  at: 0,
  texts: [],
  markets: [],
  sessions: [],
  keepers: [],
  sessionOf,
});

/** True while the loaded block holds another event. */
export const hasNext = (decoder: Decoder): boolean => decoder.at < decoder.floats.length;

/** Takes in names up to the next event, and says when that was received; NaN where the block has no more. */
export function nextAt(decoder: Decoder): number {
  while (hasNext(decoder) && isName(decoder)) readName(decoder);
  return hasNext(decoder) ? decoder.floats[decoder.at + 2]! : Number.NaN;
}

/** Begins the next block. */
export function load(decoder: Decoder, payload: Buffer): void {
  // Typed arrays need memory aligned to eight bytes, which a part of a file seldom is.
  const memory = new ArrayBuffer(payload.length);
  decoder.bytes = Buffer.from(memory);
  payload.copy(decoder.bytes);
  decoder.floats = new Float64Array(memory);
  decoder.ints = new Int32Array(memory);
  decoder.at = 0;
}

function isName(decoder: Decoder): boolean {
  const kind = decoder.floats[decoder.at]! & 15;
  return kind === RECORD.text || kind === RECORD.market;
}

function readName(decoder: Decoder): void {
  const { floats, at } = decoder;
  const head = floats[at]!;
  const id = (head - (head & 15)) / 16;
  if ((head & 15) === RECORD.text) {
    decoder.at += 3;
    decoder.texts[id] = readText(decoder);
    return;
  }
  const session = decoder.sessionOf(decoder.texts[floats[at + 3]!]!);
  decoder.sessions[id] = session;
  decoder.markets[id] = session.market(decoder.texts[floats[at + 4]!]!);
  decoder.keepers[id] = undefined;
  decoder.at += 5;
}

function readText(decoder: Decoder): string {
  const length = decoder.floats[decoder.at]!;
  const from = (decoder.at + 1) * 8;
  decoder.at += 1 + Math.ceil(length / 8);
  return decoder.bytes.toString("utf8", from, from + length);
}

/** Hands the next event on; only after `nextAt` found one. */
export function playNext(decoder: Decoder): void {
  const { floats: f, at } = decoder;
  const head = f[at]!;
  const kind = head & 15;
  const id = (head - kind) / 16;
  const market = decoder.markets[id]!;
  const session = decoder.sessions[id]!;
  const { records, emit, counters } = session;
  counters.messages += 1;
  const time = f[at + 1]!;
  const receivedAt = f[at + 2]!;
  switch (kind) {
    case RECORD.quote: {
      const { quote } = records;
      quote.market = market;
      quote.at = time;
      quote.receivedAt = receivedAt;
      quote.bid = f[at + 3]!;
      quote.bidSize = f[at + 4]!;
      quote.ask = f[at + 5]!;
      quote.askSize = f[at + 6]!;
      decoder.at += 7;
      emit(quote);
      return;
    }
    case RECORD.book:
      counters.messages -= 1;
      restoreBook(decoder, id);
      return;
    case RECORD.depth:
      playDepth(decoder, id, time, receivedAt);
      return;
    case RECORD.trade: {
      const { trade } = records;
      trade.market = market;
      trade.at = time;
      trade.receivedAt = receivedAt;
      trade.price = f[at + 3]!;
      trade.size = f[at + 4]!;
      trade.taker = f[at + 5]! as 1 | -1 | 0;
      trade.buyer = f[at + 6]! < 0 ? "" : decoder.texts[f[at + 6]!]!;
      trade.seller = f[at + 7]! < 0 ? "" : decoder.texts[f[at + 7]!]!;
      decoder.at += 8;
      emit(trade);
      return;
    }
    default:
      playRare(decoder, kind, session, { market, at: time, receivedAt });
  }
}

function playRare(
  decoder: Decoder,
  kind: number,
  session: Session,
  head: { market: Market; at: number; receivedAt: number },
): void {
  const { floats: f, at } = decoder;
  const { records, emit } = session;
  switch (kind) {
    case RECORD.mark:
      decoder.at += 5;
      emit(Object.assign(records.mark, head, { mark: f[at + 3]!, index: f[at + 4]! }));
      return;
    case RECORD.funding:
      decoder.at += 5;
      emit(Object.assign(records.funding, head, { rate: f[at + 3]!, intervalMs: f[at + 4]! }));
      return;
    case RECORD.ticker:
      decoder.at += 6;
      emit(
        Object.assign(records.ticker, head, {
          last: f[at + 3]!,
          openInterest: f[at + 4]!,
          impliedVolatility: f[at + 5]!,
        }),
      );
      return;
    case RECORD.option:
      decoder.at += 10;
      emit(
        Object.assign(records.option, head, {
          bid: f[at + 3]!,
          bidSize: f[at + 4]!,
          ask: f[at + 5]!,
          askSize: f[at + 6]!,
          mark: f[at + 7]!,
          impliedVolatility: f[at + 8]!,
          forward: f[at + 9]!,
        }),
      );
      return;
    case RECORD.liquidation:
      decoder.at += 6;
      emit(
        Object.assign(records.liquidation, head, {
          price: f[at + 3]!,
          size: f[at + 4]!,
          taker: f[at + 5]! as 1 | -1 | 0,
        }),
      );
      return;
    case RECORD.candle:
      decoder.at += 9;
      emit(
        Object.assign(records.candle, head, {
          intervalMs: f[at + 3]!,
          open: f[at + 4]!,
          high: f[at + 5]!,
          low: f[at + 6]!,
          close: f[at + 7]!,
          volume: f[at + 8]!,
        }),
      );
      return;
    case RECORD.feed: {
      decoder.at += 4;
      const state: FeedEvent["state"] = FEED_STATES[f[at + 3]!]!;
      if (state === "gap") session.counters.gaps += 1;
      if (state === "crossed") session.counters.crossed += 1;
      emit(Object.assign(records.feed, head, { state }));
      return;
    }
    default: {
      decoder.at += 3;
      emit({ ...(JSON.parse(readText(decoder)) as MarketEvent), ...head });
    }
  }
}

function keeperOf(decoder: Decoder, id: number): BookKeeper {
  let keeper = decoder.keepers[id];
  if (keeper === undefined) {
    keeper = decoder.sessions[id]!.keeper(decoder.markets[id]!.raw);
    decoder.keepers[id] = keeper;
  }
  return keeper;
}

/** Puts a book back as it stood where a segment begins. No event tells of it: the market said nothing then. */
function restoreBook(decoder: Decoder, id: number): void {
  const { floats, ints, at } = decoder;
  const { book } = keeperOf(decoder, id);
  const [count, bidCount, decimals] = [floats[at + 3]!, floats[at + 4]!, floats[at + 5]!];
  clearBook(book);
  if (decimals > book.decimals) refine(book, decimals);
  const factor = 10 ** (book.decimals - decimals);
  const ticksAt = (at + 6) * 2;
  const sizesAt = at + 6 + ((count + 1) >> 1);
  for (let i = 0; i < count; i += 1) {
    const [tick, size] = [ints[ticksAt + i]! * factor, floats[sizesAt + i]!];
    if (i < bidCount) setBid(book, tick, size);
    else setAsk(book, tick, size);
  }
  decoder.at = sizesAt + count;
}

function playDepth(decoder: Decoder, id: number, time: number, receivedAt: number): void {
  const { floats, ints, at } = decoder;
  const session = decoder.sessions[id]!;
  const keeper = keeperOf(decoder, id);
  const { book } = keeper;
  const count = floats[at + 4]!;
  const bidCount = floats[at + 5]!;
  const flags = floats[at + 6]!;
  const snapshot = flags >= 16;
  const decimals = flags & 15;
  if (snapshot) clearBook(book);
  if (decimals > book.decimals) refine(book, decimals);
  // Another file may have made the grid finer than this one knows.
  const factor = decimals === book.decimals ? 1 : 10 ** (book.decimals - decimals);
  const { depth } = session.records;
  if (depth.ticks.length < count) {
    depth.ticks = new Int32Array(count * 2);
    depth.sizes = new Float64Array(count * 2);
    depth.before = new Float64Array(count * 2);
  }
  const { ticks, sizes, before } = depth;
  const ticksAt = (at + 7) * 2;
  const sizesAt = at + 7 + ((count + 1) >> 1);
  for (let i = 0; i < count; i += 1) {
    const tick = ints[ticksAt + i]! * factor;
    const size = floats[sizesAt + i]!;
    ticks[i] = tick;
    sizes[i] = size;
    before[i] = i < bidCount ? setBid(book, tick, size) : setAsk(book, tick, size);
  }
  decoder.at = sizesAt + count;
  session.counters.levelUpdates += count;
  keeper.sequence = floats[at + 3]!;
  depth.market = keeper.market;
  depth.at = time;
  depth.receivedAt = receivedAt;
  depth.book = book;
  depth.snapshot = snapshot;
  depth.count = count;
  depth.bidCount = bidCount;
  depth.sequence = keeper.sequence;
  session.emit(depth);
}
