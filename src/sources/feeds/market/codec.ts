import type { DepthEvent, FeedEvent, Market, MarketEvent } from "../../../detectors/event.ts";
import { copyLevels } from "../../../quant/book/depth.ts";
import type { Book } from "../../../quant/book/shape.ts";

/*
 * Events as 64-bit words: a record is [head, at, receivedAt, …], head = kind + 16 · market. Texts (market names, parties)
 * are told once as records of their own and named by number afterwards. Levels of a book update take one word and a half:
 * ticks as 32-bit integers, two a word, then sizes.
 */

/** Kinds of records by number; permanent, as files hold them. */
export const RECORD = {
  text: 0,
  market: 1,
  trade: 2,
  quote: 3,
  depth: 4,
  mark: 5,
  funding: 6,
  ticker: 7,
  liquidation: 8,
  candle: 9,
  feed: 10,
  other: 11,
  book: 12,
  option: 13,
} as const;

/** Permanent: files hold the index. */
export const FEED_STATES: readonly FeedEvent["state"][] = ["open", "closed", "gap", "crossed", "checksum", "resynced"];

/** Words of events, waiting to be written as one block. */
export interface Encoder {
  floats: Float64Array;
  /** The same memory. */
  ints: Int32Array;
  bytes: Uint8Array;
  /** Words in use. */
  length: number;
  readonly texts: Map<string, number>;
  readonly markets: Map<Market, number>;
  /** Tell a market's whole book with its name, so that what follows can be played alone. */
  readonly books: boolean;
}

/** An encoder with room for `words` words; it grows by itself. */
export function createEncoder(words = 1 << 16, books = false): Encoder {
  const memory = new ArrayBuffer(words * 8);
  return {
    floats: new Float64Array(memory),
    ints: new Int32Array(memory),
    bytes: new Uint8Array(memory),
    length: 0,
    texts: new Map(),
    markets: new Map(),
    books,
  };
}

function room(encoder: Encoder, words: number): void {
  if (encoder.length + words <= encoder.floats.length) return;
  const memory = new ArrayBuffer(Math.max(encoder.floats.length * 2, encoder.length + words) * 8);
  const floats = new Float64Array(memory);
  floats.set(encoder.floats);
  encoder.floats = floats;
  encoder.ints = new Int32Array(memory);
  encoder.bytes = new Uint8Array(memory);
}

function put(encoder: Encoder, ...words: readonly number[]): void {
  room(encoder, words.length);
  for (const word of words) {
    encoder.floats[encoder.length] = word;
    encoder.length += 1;
  }
}

function putText(encoder: Encoder, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  const words = Math.ceil(bytes.length / 8);
  put(encoder, bytes.length);
  room(encoder, words);
  encoder.floats.fill(0, encoder.length, encoder.length + words);
  encoder.bytes.set(bytes, encoder.length * 8);
  encoder.length += words;
}

function textId(encoder: Encoder, text: string): number {
  const known = encoder.texts.get(text);
  if (known !== undefined) return known;
  const id = encoder.texts.size;
  encoder.texts.set(text, id);
  put(encoder, RECORD.text + 16 * id, 0, 0);
  putText(encoder, text);
  return id;
}

/** Ticks two to a word, then sizes. */
function putLevels(encoder: Encoder, ticks: ArrayLike<number>, sizes: ArrayLike<number>, count: number): void {
  const tickWords = (count + 1) >> 1;
  room(encoder, tickWords + count);
  for (let i = 0; i < count; i += 1) encoder.ints[encoder.length * 2 + i] = ticks[i]!;
  encoder.length += tickWords;
  for (let i = 0; i < count; i += 1) encoder.floats[encoder.length + i] = sizes[i]!;
  encoder.length += count;
}

/** One side as it stood before the levels from `from` to `to` of this update. */
function sideBefore(book: Book, side: 0 | 1, update: DepthEvent | undefined, from: number, to: number) {
  const count = side === 0 ? book.bidCount : book.askCount;
  const [ticks, sizes] = [new Int32Array(count), new Float64Array(count)];
  copyLevels(book, side, ticks, sizes);
  const levels = new Map<number, number>();
  for (let i = 0; i < count; i += 1) levels.set(ticks[i]!, sizes[i]!);
  // Where an update names a price twice, the first tells what stood there.
  for (let i = to - 1; update !== undefined && i >= from; i -= 1) {
    const before = update.before[i]!;
    if (before > 0) levels.set(update.ticks[i]!, before);
    else levels.delete(update.ticks[i]!);
  }
  return levels;
}

/** The whole book as it stood before this event; nothing where there is none, or the event brings it whole. */
function putBook(encoder: Encoder, market: number, event: MarketEvent): void {
  const { book } = event.market;
  const update = event.kind === "depth" ? event : undefined;
  if (book === undefined || update?.snapshot === true) return;
  const bids = sideBefore(book, 0, update, 0, update?.bidCount ?? 0);
  const asks = sideBefore(book, 1, update, update?.bidCount ?? 0, update?.count ?? 0);
  const count = bids.size + asks.size;
  if (count === 0) return;
  put(encoder, RECORD.book + 16 * market, event.at, event.receivedAt, count, bids.size, book.decimals);
  putLevels(encoder, [...bids.keys(), ...asks.keys()], [...bids.values(), ...asks.values()], count);
}

function marketId(encoder: Encoder, event: MarketEvent): number {
  const { market } = event;
  const known = encoder.markets.get(market);
  if (known !== undefined) return known;
  const [venue, raw] = [textId(encoder, market.venue), textId(encoder, market.raw)];
  const id = encoder.markets.size;
  encoder.markets.set(market, id);
  put(encoder, RECORD.market + 16 * id, 0, 0, venue, raw);
  if (encoder.books) putBook(encoder, id, event);
  return id;
}

/** Appends one event. Ticks of the clock are not kept: replay makes them again. */
export function encode(encoder: Encoder, event: MarketEvent): void {
  if (event.kind === "tick") return;
  const market = marketId(encoder, event);
  const { at, receivedAt } = event;
  switch (event.kind) {
    case "trade": {
      const parties =
        event.buyer === "" && event.seller === ""
          ? [-1, -1]
          : [textId(encoder, event.buyer), textId(encoder, event.seller)];
      put(encoder, RECORD.trade + 16 * market, at, receivedAt, event.price, event.size, event.taker, ...parties);
      return;
    }
    case "quote":
      put(encoder, RECORD.quote + 16 * market, at, receivedAt, event.bid, event.bidSize, event.ask, event.askSize);
      return;
    case "depth": {
      const { count, bidCount, book, snapshot, sequence } = event;
      put(
        encoder,
        RECORD.depth + 16 * market,
        at,
        receivedAt,
        sequence,
        count,
        bidCount,
        book.decimals + (snapshot ? 16 : 0),
      );
      putLevels(encoder, event.ticks, event.sizes, count);
      return;
    }
    case "mark":
      put(encoder, RECORD.mark + 16 * market, at, receivedAt, event.mark, event.index);
      return;
    case "funding":
      put(encoder, RECORD.funding + 16 * market, at, receivedAt, event.rate, event.intervalMs);
      return;
    case "ticker":
      put(
        encoder,
        RECORD.ticker + 16 * market,
        at,
        receivedAt,
        event.last,
        event.openInterest,
        event.impliedVolatility,
      );
      return;
    case "option":
      put(
        encoder,
        RECORD.option + 16 * market,
        at,
        receivedAt,
        event.bid,
        event.bidSize,
        event.ask,
        event.askSize,
        event.mark,
        event.impliedVolatility,
        event.forward,
      );
      return;
    case "liquidation":
      put(encoder, RECORD.liquidation + 16 * market, at, receivedAt, event.price, event.size, event.taker);
      return;
    case "candle":
      put(
        encoder,
        RECORD.candle + 16 * market,
        at,
        receivedAt,
        event.intervalMs,
        event.open,
        event.high,
        event.low,
        event.close,
        event.volume,
      );
      return;
    case "feed":
      put(encoder, RECORD.feed + 16 * market, at, receivedAt, FEED_STATES.indexOf(event.state));
      return;
    case "order":
    case "position":
    case "access": {
      // Rare: kept as JSON, without the market, which the head names.
      put(encoder, RECORD.other + 16 * market, at, receivedAt);
      putText(encoder, JSON.stringify({ ...event, market: undefined }));
    }
  }
}
