import { type BookKeeper, type RawLevel, applyLevels, lostPlace } from "./book-keeper.ts";
import { emitFunding, emitLiquidation, emitMark, emitQuote, emitTicker, emitTrade, takerOf } from "./emit-events.ts";
import { type Json, type JsonVenue, type Session, figure, jsonParser, list, text, timeOf } from "./json-parser.ts";
import type { Parser, ParserContext } from "./parser.ts";

const HOUR_MS = 3_600_000;
const levels = (rows: unknown): RawLevel[] => list(rows).map((row) => [row["price"], row["qty"]]);

/** Every product counts its book messages up by one. */
function inSequence(session: Session, keeper: BookKeeper, sequence: number, at: number, receivedAt: number): boolean {
  if (!keeper.live) {
    session.counters.outdated += 1;
    return false;
  }
  if (sequence !== keeper.sequence + 1) lostPlace(keeper, at, receivedAt);
  return true;
}

function read(session: Session, message: Json, receivedAt: number): void {
  const raw = text(message["product_id"]);
  if (raw === "") return;
  const at = timeOf(message["timestamp"] ?? message["time"], receivedAt);
  const market = session.market(raw);
  switch (message["feed"]) {
    case "book_snapshot": {
      const keeper = session.keeper(raw);
      keeper.sequence = figure(message["seq"]);
      applyLevels(keeper, levels(message["bids"]), levels(message["asks"]), true, at, receivedAt);
      return;
    }
    case "book": {
      const keeper = session.keeper(raw);
      const sequence = figure(message["seq"]);
      if (!inSequence(session, keeper, sequence, at, receivedAt)) return;
      keeper.sequence = sequence;
      const level: RawLevel[] = [[message["price"], message["qty"]]];
      const isBid = message["side"] === "buy";
      applyLevels(keeper, isBid ? level : [], isBid ? [] : level, false, at, receivedAt);
      return;
    }
    case "trade": {
      const [price, size, taker] = [figure(message["price"]), figure(message["qty"]), takerOf(message["side"])];
      emitTrade(session, market, at, receivedAt, price, size, taker);
      if (message["type"] === "liquidation") emitLiquidation(session, market, at, receivedAt, price, size, taker);
      return;
    }
    case "ticker":
      emitQuote(
        session,
        market,
        at,
        receivedAt,
        figure(message["bid"]),
        figure(message["bid_size"]),
        figure(message["ask"]),
        figure(message["ask_size"]),
      );
      emitMark(session, market, at, receivedAt, figure(message["markPrice"]), figure(message["index"]));
      emitFunding(session, market, at, receivedAt, figure(message["relative_funding_rate"]), HOUR_MS);
      emitTicker(session, market, at, receivedAt, figure(message["last"]), figure(message["openInterest"]), Number.NaN);
      return;
    default:
  }
}

const KRAKEN_FUTURES: JsonVenue = { venue: "krakenfutures", read };

/** Kraken Futures, websocket v1; funding is hourly and relative to the mark price. */
export const krakenFuturesParser = (context: ParserContext): Parser => jsonParser(KRAKEN_FUTURES, context);
