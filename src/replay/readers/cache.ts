import type { FeedEvent, Market, MarketEvent } from "../../detectors/event.ts";
import { clearBook, setAsk, setBid } from "../../quant/book/book.ts";
import { refine } from "../../quant/book/refine.ts";
import type { BookKeeper } from "../../sources/feeds/market/book-keeper.ts";
import type { Session } from "../../sources/feeds/market/json-parser.ts";
import { MAGIC, unpackBlock } from "../block-file.ts";
import { FEED_STATES, RECORD } from "../codec.ts";
import type { Blocks } from "./blocks.ts";
import type { ReplayContext } from "./context.ts";
import type { Reader } from "./reader.ts";

/** True where these bytes begin a recording of our own. */
export const isCache = (head: Buffer): boolean => head.toString("latin1", 0, MAGIC.length) === MAGIC;

/** A block's words while they are played. */
interface Cursor {
  floats: Float64Array;
  ints: Int32Array;
  bytes: Buffer;
  at: number;
  readonly texts: string[];
  readonly markets: Market[];
  readonly sessions: Session[];
  readonly keepers: (BookKeeper | undefined)[];
  readonly context: ReplayContext;
}

/** Plays a recording of our own; a torn or damaged block ends it there, as after a crash. */
export async function cacheReader(blocks: Blocks, context: ReplayContext): Promise<Reader> {
  const cursor: Cursor = {
    floats: new Float64Array(0),
    ints: new Int32Array(0),
    bytes: Buffer.alloc(0),
    at: 0,
    texts: [],
    markets: [],
    sessions: [],
    keepers: [],
    context,
  };
  let held: Buffer = Buffer.alloc(0);
  let position = MAGIC.length;
  let ended = false;
  const reader = {
    at: Number.NEGATIVE_INFINITY,
    play(until: number): void {
      while (cursor.at < cursor.floats.length && reader.at < until && !context.stopped()) {
        playOne(cursor);
        find();
      }
    },
    async more(): Promise<boolean> {
      while (cursor.at >= cursor.floats.length) {
        const found = unpackBlock(held, position);
        if (found === "broken" || (found === "short" && ended)) {
          reader.at = Number.POSITIVE_INFINITY;
          return false;
        }
        if (found === "short") {
          const block = await blocks.next();
          if (block === undefined) ended = true;
          else {
            held = Buffer.concat([held.subarray(position), block]);
            position = 0;
            // The magic bytes were in the first block.
            if (reader.at === Number.NEGATIVE_INFINITY && isCache(held)) position = MAGIC.length;
          }
          continue;
        }
        position += found.bytes;
        load(cursor, found.payload);
        find();
      }
      return true;
    },
    close: () => blocks.close(),
  };
  function find(): void {
    while (cursor.at < cursor.floats.length && isName(cursor)) readName(cursor);
    if (cursor.at >= cursor.floats.length) return;
    const time = cursor.floats[cursor.at + 2]!;
    if (time > reader.at) reader.at = time;
  }
  held = (await blocks.next()) ?? held;
  await reader.more();
  return reader;
}

function load(cursor: Cursor, payload: Buffer): void {
  // Typed arrays need memory aligned to eight bytes, which a part of a file seldom is.
  const memory = new ArrayBuffer(payload.length);
  cursor.bytes = Buffer.from(memory);
  payload.copy(cursor.bytes);
  cursor.floats = new Float64Array(memory);
  cursor.ints = new Int32Array(memory);
  cursor.at = 0;
}

function isName(cursor: Cursor): boolean {
  const kind = cursor.floats[cursor.at]! & 15;
  return kind === RECORD.text || kind === RECORD.market;
}

function readName(cursor: Cursor): void {
  const { floats, at } = cursor;
  const head = floats[at]!;
  const id = (head - (head & 15)) / 16;
  if ((head & 15) === RECORD.text) {
    cursor.at += 3;
    cursor.texts[id] = readText(cursor);
    return;
  }
  const session = cursor.context.sessionOf(cursor.texts[floats[at + 3]!]!);
  cursor.sessions[id] = session;
  cursor.markets[id] = session.market(cursor.texts[floats[at + 4]!]!);
  cursor.keepers[id] = undefined;
  cursor.at += 5;
}

function readText(cursor: Cursor): string {
  const length = cursor.floats[cursor.at]!;
  const from = (cursor.at + 1) * 8;
  cursor.at += 1 + Math.ceil(length / 8);
  return cursor.bytes.toString("utf8", from, from + length);
}

function playOne(cursor: Cursor): void {
  const { floats: f, at } = cursor;
  const head = f[at]!;
  const kind = head & 15;
  const id = (head - kind) / 16;
  const market = cursor.markets[id]!;
  const session = cursor.sessions[id]!;
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
      cursor.at += 7;
      emit(quote);
      return;
    }
    case RECORD.depth:
      playDepth(cursor, id, time, receivedAt);
      return;
    case RECORD.trade: {
      const { trade } = records;
      trade.market = market;
      trade.at = time;
      trade.receivedAt = receivedAt;
      trade.price = f[at + 3]!;
      trade.size = f[at + 4]!;
      trade.taker = f[at + 5]! as 1 | -1 | 0;
      trade.buyer = f[at + 6]! < 0 ? "" : cursor.texts[f[at + 6]!]!;
      trade.seller = f[at + 7]! < 0 ? "" : cursor.texts[f[at + 7]!]!;
      cursor.at += 8;
      emit(trade);
      return;
    }
    default:
      playRare(cursor, kind, session, { market, at: time, receivedAt });
  }
}

function playRare(
  cursor: Cursor,
  kind: number,
  session: Session,
  head: { market: Market; at: number; receivedAt: number },
): void {
  const { floats: f, at } = cursor;
  const { records, emit } = session;
  switch (kind) {
    case RECORD.mark:
      cursor.at += 5;
      emit(Object.assign(records.mark, head, { mark: f[at + 3]!, index: f[at + 4]! }));
      return;
    case RECORD.funding:
      cursor.at += 5;
      emit(Object.assign(records.funding, head, { rate: f[at + 3]!, intervalMs: f[at + 4]! }));
      return;
    case RECORD.ticker:
      cursor.at += 6;
      emit(
        Object.assign(records.ticker, head, {
          last: f[at + 3]!,
          openInterest: f[at + 4]!,
          impliedVolatility: f[at + 5]!,
        }),
      );
      return;
    case RECORD.liquidation:
      cursor.at += 6;
      emit(
        Object.assign(records.liquidation, head, {
          price: f[at + 3]!,
          size: f[at + 4]!,
          taker: f[at + 5]! as 1 | -1 | 0,
        }),
      );
      return;
    case RECORD.candle:
      cursor.at += 9;
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
      cursor.at += 4;
      const state: FeedEvent["state"] = FEED_STATES[f[at + 3]!]!;
      if (state === "gap") session.counters.gaps += 1;
      if (state === "crossed") session.counters.crossed += 1;
      emit(Object.assign(records.feed, head, { state }));
      return;
    }
    default: {
      cursor.at += 3;
      emit({ ...(JSON.parse(readText(cursor)) as MarketEvent), ...head } as MarketEvent);
    }
  }
}

function playDepth(cursor: Cursor, id: number, time: number, receivedAt: number): void {
  const { floats, ints, at } = cursor;
  const session = cursor.sessions[id]!;
  let keeper = cursor.keepers[id];
  if (keeper === undefined) {
    keeper = session.keeper(cursor.markets[id]!.raw);
    cursor.keepers[id] = keeper;
  }
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
  cursor.at = sizesAt + count;
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
