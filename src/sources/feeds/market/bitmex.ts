import { type RawLevel, applyLevels } from "./book-keeper.ts";
import { emitFunding, emitMark, emitQuote, emitTicker, emitTrade, takerOf } from "./emit-events.ts";
import { type Json, type JsonVenue, type Session, figure, jsonParser, list, text, timeOf } from "./json-parser.ts";
import type { Parser, ParserContext } from "./parser.ts";

const EIGHT_HOURS_MS = 28_800_000;

/** Rows of updates and deletions name a level by id only, so the price of each id is remembered. */
function book(
  session: Session,
  prices: Map<string, unknown>,
  action: string,
  rows: readonly Json[],
  receivedAt: number,
): void {
  const bySymbol = new Map<string, { bids: RawLevel[]; asks: RawLevel[]; at: number }>();
  for (const row of rows) {
    const symbol = text(row["symbol"]);
    const key = `${symbol}:${String(row["id"])}`;
    const price = row["price"] ?? prices.get(key);
    if (price === undefined) {
      session.counters.gaps += 1;
      continue;
    }
    if (action === "delete") prices.delete(key);
    else prices.set(key, price);
    const sides = bySymbol.get(symbol) ?? { bids: [], asks: [], at: timeOf(row["timestamp"], receivedAt) };
    bySymbol.set(symbol, sides);
    (row["side"] === "Buy" ? sides.bids : sides.asks).push([price, action === "delete" ? 0 : row["size"]]);
  }
  for (const [symbol, { bids, asks, at }] of bySymbol) {
    const keeper = session.keeper(symbol);
    if (action !== "partial" && !keeper.live) session.counters.outdated += 1;
    else applyLevels(keeper, bids, asks, action === "partial", at, receivedAt);
  }
}

function read(session: Session, prices: Map<string, unknown>, message: Json, receivedAt: number): void {
  const action = text(message["action"]);
  const rows = list(message["data"]);
  const table = text(message["table"]);
  if (table.startsWith("orderBookL2")) {
    book(session, prices, action, rows, receivedAt);
    return;
  }
  for (const row of rows) {
    const market = session.market(text(row["symbol"]));
    const at = timeOf(row["timestamp"], receivedAt);
    if (table === "trade")
      emitTrade(session, market, at, receivedAt, figure(row["price"]), figure(row["size"]), takerOf(row["side"]));
    else if (table === "quote") {
      emitQuote(
        session,
        market,
        at,
        receivedAt,
        figure(row["bidPrice"]),
        figure(row["bidSize"]),
        figure(row["askPrice"]),
        figure(row["askSize"]),
      );
    } else if (table === "instrument") {
      emitMark(session, market, at, receivedAt, figure(row["markPrice"]), figure(row["indicativeSettlePrice"]));
      emitTicker(session, market, at, receivedAt, figure(row["lastPrice"]), figure(row["openInterest"]), Number.NaN);
    } else if (table === "funding")
      emitFunding(session, market, at, receivedAt, figure(row["fundingRate"]), EIGHT_HOURS_MS);
  }
}

/** BitMEX realtime tables; levels carry ids, and an id that was never introduced counts as a gap. */
export function bitmexParser(context: ParserContext): Parser {
  const prices = new Map<string, unknown>();
  const venue: JsonVenue = {
    venue: "bitmex",
    read: (session, message, receivedAt) => read(session, prices, message, receivedAt),
  };
  return jsonParser(venue, context);
}
