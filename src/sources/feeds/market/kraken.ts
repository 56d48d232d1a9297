import { parse } from "lossless-json";
import { type BookKeeper, type RawLevel, type RawText, applyLevels, checkBook, tellFeed } from "./book-keeper.ts";
import { setLevel } from "../../../quant/book/book.ts";
import { crc32 } from "./crc32.ts";
import { emitQuote, emitTicker, emitTrade, takerOf } from "./emit-events.ts";
import {
  type Json,
  type JsonVenue,
  type Session,
  figure,
  jsonParser,
  list,
  object,
  text,
  timeOf,
} from "./json-parser.ts";
import type { Parser, ParserContext } from "./parser.ts";

/** Kraken's own default, where the subscription's depth was not seen. */
const USUAL_DEPTH = 10;
const bare = (value: string): string => value.replace(".", "").replace(/^0+/, "");

/**
 * CRC-32 over the ten best asks, then bids: price and quantity without point and leading zeros, unsigned
 * (docs.kraken.com, "Book checksum").
 */
export function krakenChecksum(asks: readonly RawText[], bids: readonly RawText[]): number {
  const side = (levels: readonly RawText[]): string =>
    levels
      .slice(0, 10)
      .map(({ price, size }) => bare(price) + bare(size))
      .join("");
  return crc32(side(asks) + side(bids)) >>> 0;
}

/** The levels of a side, best first; those beyond the subscribed depth leave the book, as Kraken does not take them back. */
function trimmed(keeper: BookKeeper, side: 0 | 1, depth: number): RawText[] {
  const texts = side === 0 ? keeper.texts!.bids : keeper.texts!.asks;
  const sorted = [...texts.entries()].sort((a, b) => (side === 0 ? b[0] - a[0] : a[0] - b[0]));
  for (const [tick] of sorted.slice(depth)) {
    texts.delete(tick);
    setLevel(keeper.book, side, tick, 0);
  }
  return sorted.slice(0, depth).map(([, level]) => level);
}

const levels = (rows: unknown): RawLevel[] => list(rows).map((row) => [row["price"], row["qty"]]);

function book(session: Session, depths: Map<string, number>, data: Json, snapshot: boolean, receivedAt: number): void {
  const raw = text(data["symbol"]);
  const keeper = session.keeper(raw);
  const at = timeOf(data["timestamp"], receivedAt);
  if (!snapshot && !keeper.live) {
    session.counters.outdated += 1;
    return;
  }
  const again = snapshot && keeper.live;
  keeper.sequence += 1;
  if (!applyLevels(keeper, levels(data["bids"]), levels(data["asks"]), snapshot, at, receivedAt)) return;
  if (again) tellFeed(keeper, "resynced", at, receivedAt);
  const depth = depths.get(raw) ?? (snapshot ? Math.max(USUAL_DEPTH, list(data["bids"]).length) : USUAL_DEPTH);
  if (snapshot) depths.set(raw, depth);
  const [bids, asks] = [trimmed(keeper, 0, depth), trimmed(keeper, 1, depth)];
  const expected = figure(data["checksum"]);
  if (!Number.isNaN(expected)) checkBook(keeper, expected, krakenChecksum(asks, bids), at, receivedAt);
}

function read(session: Session, depths: Map<string, number>, message: Json, receivedAt: number): void {
  const snapshot = message["type"] === "snapshot";
  const result = object(message["result"]);
  if (message["method"] === "subscribe" && result["channel"] === "book")
    depths.set(text(result["symbol"]), figure(result["depth"]));
  for (const data of list(message["data"])) {
    const raw = text(data["symbol"]);
    const at = timeOf(data["timestamp"], receivedAt);
    if (message["channel"] === "book") book(session, depths, data, snapshot, receivedAt);
    else if (message["channel"] === "trade") {
      emitTrade(
        session,
        session.market(raw),
        at,
        receivedAt,
        figure(data["price"]),
        figure(data["qty"]),
        takerOf(data["side"]),
      );
    } else if (message["channel"] === "ticker") {
      emitQuote(
        session,
        session.market(raw),
        at,
        receivedAt,
        figure(data["bid"]),
        figure(data["bid_qty"]),
        figure(data["ask"]),
        figure(data["ask_qty"]),
      );
      emitTicker(session, session.market(raw), at, receivedAt, figure(data["last"]), Number.NaN, Number.NaN);
    }
  }
}

/** Kraken spot, websocket v2. Numbers keep their digits, because the checksum is made of them. */
export function krakenParser(context: ParserContext): Parser {
  const depths = new Map<string, number>();
  const venue: JsonVenue = {
    venue: "kraken",
    keepTexts: true,
    parse: (body) => parse(body, undefined, (digits) => digits),
    read: (session, message, receivedAt) => read(session, depths, message, receivedAt),
  };
  return jsonParser(venue, context);
}
