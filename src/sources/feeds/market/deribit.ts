import { type RawLevel, applyLevels, lostPlace } from "./book-keeper.ts";
import {
  emitFunding,
  emitLiquidation,
  emitMark,
  emitOption,
  emitQuote,
  emitTicker,
  emitTrade,
  takerOf,
} from "./emit-events.ts";
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

const EIGHT_HOURS_MS = 28_800_000;

/** Rows are ["new" | "change" | "delete", price, size]. */
const levels = (rows: unknown): RawLevel[] =>
  (Array.isArray(rows) ? (rows as [string, unknown, unknown][]) : []).map(([action, price, size]) => [
    price,
    action === "delete" ? 0 : size,
  ]);

function book(session: Session, data: Json, receivedAt: number): void {
  const keeper = session.keeper(text(data["instrument_name"]));
  const at = timeOf(data["timestamp"], receivedAt);
  const snapshot = data["type"] === "snapshot" || data["prev_change_id"] === undefined;
  if (!snapshot) {
    if (!keeper.live) {
      session.counters.outdated += 1;
      return;
    }
    if (figure(data["prev_change_id"]) !== keeper.sequence) lostPlace(keeper, at, receivedAt);
  }
  keeper.sequence = figure(data["change_id"]);
  applyLevels(keeper, levels(data["bids"]), levels(data["asks"]), snapshot, at, receivedAt);
}

function ticker(session: Session, data: Json, receivedAt: number): void {
  const market = session.market(text(data["instrument_name"]));
  const at = timeOf(data["timestamp"], receivedAt);
  const [bid, bidSize] = [figure(data["best_bid_price"]), figure(data["best_bid_amount"])];
  const [ask, askSize] = [figure(data["best_ask_price"]), figure(data["best_ask_amount"])];
  const [mark, impliedVolatility] = [figure(data["mark_price"]), figure(data["mark_iv"]) / 100];
  emitQuote(session, market, at, receivedAt, bid, bidSize, ask, askSize);
  emitMark(session, market, at, receivedAt, mark, figure(data["index_price"]));
  emitFunding(session, market, at, receivedAt, figure(data["funding_8h"]), EIGHT_HOURS_MS);
  emitTicker(
    session,
    market,
    at,
    receivedAt,
    figure(data["last_price"]),
    figure(data["open_interest"]),
    impliedVolatility,
  );
  const forward = figure(data["underlying_price"]);
  emitOption(session, market, at, receivedAt, { bid, bidSize, ask, askSize, mark, impliedVolatility, forward });
}

function read(session: Session, message: Json, receivedAt: number): void {
  const params = object(message["params"]);
  const channel = text(params["channel"]);
  const data = params["data"];
  if (channel.startsWith("book.")) book(session, object(data), receivedAt);
  else if (channel.startsWith("ticker.")) ticker(session, object(data), receivedAt);
  else if (channel.startsWith("trades.")) {
    for (const row of list(data)) {
      const market = session.market(text(row["instrument_name"]));
      const at = timeOf(row["timestamp"], receivedAt);
      const [price, size, taker] = [figure(row["price"]), figure(row["amount"]), takerOf(row["direction"])];
      emitTrade(session, market, at, receivedAt, price, size, taker);
      // "T", "M" or "MT": the taker's or the maker's side was liquidated.
      const liquidated = text(row["liquidation"]);
      if (liquidated !== "")
        emitLiquidation(
          session,
          market,
          at,
          receivedAt,
          price,
          size,
          liquidated.includes("T") ? taker : taker === 1 ? -1 : 1,
        );
    }
  }
}

const DERIBIT: JsonVenue = { venue: "deribit", read };

/** Deribit JSON-RPC subscriptions: books are continuous where prev_change_id is the change_id before. */
export const deribitParser = (context: ParserContext): Parser => jsonParser(DERIBIT, context);
