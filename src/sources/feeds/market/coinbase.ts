import { type RawLevel, applyLevels, tellFeed } from "./book-keeper.ts";
import { emitQuote, emitTicker, emitTrade, takerOf } from "./emit-events.ts";
import { type Json, type JsonVenue, type Session, figure, jsonParser, list, text, timeOf } from "./json-parser.ts";
import type { Parser, ParserContext } from "./parser.ts";

/** Advanced Trade: one sequence number over all of a connection's messages. */
interface Connection {
  sequence: number;
}

function advanced(session: Session, connection: Connection, message: Json, receivedAt: number): void {
  const sequence = figure(message["sequence_num"]);
  const at = timeOf(message["timestamp"], receivedAt);
  const lost = sequence > 0 && connection.sequence >= 0 && sequence !== connection.sequence + 1;
  connection.sequence = sequence;
  if (lost) session.counters.gaps += 1;
  for (const event of list(message["events"])) {
    if (message["channel"] === "l2_data") {
      const keeper = session.keeper(text(event["product_id"]));
      if (lost) {
        tellFeed(keeper, "gap", at, receivedAt);
        session.context.resync?.(keeper.market.raw);
      }
      const snapshot = event["type"] === "snapshot";
      if (!snapshot && !keeper.live) {
        session.counters.outdated += 1;
        continue;
      }
      keeper.sequence = sequence;
      const side = (name: string): RawLevel[] =>
        list(event["updates"])
          .filter((row) => row["side"] === name)
          .map((row) => [row["price_level"], row["new_quantity"]]);
      applyLevels(keeper, side("bid"), side("offer"), snapshot, at, receivedAt);
    } else if (message["channel"] === "market_trades" && event["type"] === "update") {
      for (const row of list(event["trades"])) {
        emitTrade(
          session,
          session.market(text(row["product_id"])),
          timeOf(row["time"], at),
          receivedAt,
          figure(row["price"]),
          figure(row["size"]),
          takerOf(row["side"]),
        );
      }
    } else if (message["channel"] === "ticker") {
      for (const row of list(event["tickers"])) ticker(session, row, at, receivedAt);
    }
  }
}

function ticker(session: Session, row: Json, at: number, receivedAt: number): void {
  const market = session.market(text(row["product_id"]));
  const bidSize = figure(row["best_bid_quantity"] ?? row["best_bid_size"]);
  const askSize = figure(row["best_ask_quantity"] ?? row["best_ask_size"]);
  emitQuote(session, market, at, receivedAt, figure(row["best_bid"]), bidSize, figure(row["best_ask"]), askSize);
  emitTicker(session, market, at, receivedAt, figure(row["price"]), Number.NaN, Number.NaN);
}

function exchange(session: Session, message: Json, receivedAt: number): void {
  const raw = text(message["product_id"]);
  const at = timeOf(message["time"], receivedAt);
  switch (message["type"]) {
    case "snapshot":
      applyLevels(
        session.keeper(raw),
        list(message["bids"]) as unknown as RawLevel[],
        list(message["asks"]) as unknown as RawLevel[],
        true,
        at,
        receivedAt,
      );
      return;
    case "l2update": {
      const keeper = session.keeper(raw);
      if (!keeper.live) {
        session.counters.outdated += 1;
        return;
      }
      keeper.sequence += 1;
      const rows = list(message["changes"]) as unknown as [string, unknown, unknown][];
      const side = (name: string): RawLevel[] => rows.filter((row) => row[0] === name).map((row) => [row[1], row[2]]);
      applyLevels(keeper, side("buy"), side("sell"), false, at, receivedAt);
      return;
    }
    case "match":
    case "last_match":
      // The exchange feed names the maker's side.
      emitTrade(
        session,
        session.market(raw),
        at,
        receivedAt,
        figure(message["price"]),
        figure(message["size"]),
        takerOf(message["side"]) === 1 ? -1 : 1,
      );
      return;
    case "ticker":
      ticker(session, message, at, receivedAt);
      return;
    default:
  }
}

/** Coinbase: Advanced Trade channels, and the Exchange feed's level2, matches and ticker. */
export function coinbaseParser(context: ParserContext): Parser {
  const connection: Connection = { sequence: -1 };
  const venue: JsonVenue = {
    venue: "coinbase",
    read: (session, message, receivedAt) =>
      "channel" in message && "events" in message
        ? advanced(session, connection, message, receivedAt)
        : exchange(session, message, receivedAt),
  };
  return jsonParser(venue, context);
}
