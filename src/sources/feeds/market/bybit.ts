import { type RawLevel, applyLevels, lostPlace } from "./book-keeper.ts";
import { emitFunding, emitLiquidation, emitMark, emitQuote, emitTicker, emitTrade, takerOf } from "./emit-events.ts";
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

/** v5 `orderbook.<depth>.<symbol>`: `u` counts up by one per message; `u` = 1 or a snapshot restarts the book. */
function orderBook(session: Session, message: Json, receivedAt: number): void {
  const data = object(message["data"]);
  const keeper = session.keeper(text(data["s"]));
  const at = timeOf(message["cts"] ?? message["ts"], receivedAt);
  const update = figure(data["u"]);
  const snapshot = message["type"] === "snapshot" || update === 1;
  if (!snapshot) {
    if (!keeper.live) {
      session.counters.outdated += 1;
      return;
    }
    if (update !== keeper.sequence + 1) lostPlace(keeper, at, receivedAt);
  }
  keeper.sequence = update;
  applyLevels(
    keeper,
    list(data["b"]) as unknown as RawLevel[],
    list(data["a"]) as unknown as RawLevel[],
    snapshot,
    at,
    receivedAt,
  );
}

/** v2 `orderBookL2_25`: rows with side and price; no sequence of its own but a microsecond time. */
function oldOrderBook(session: Session, raw: string, message: Json, receivedAt: number): void {
  const keeper = session.keeper(raw);
  const at = Math.floor(figure(message["timestamp_e6"]) / 1000) || receivedAt;
  const snapshot = message["type"] === "snapshot";
  const data = message["data"];
  const rows = snapshot ? [...list(object(data)["order_book"]), ...list(data)] : [];
  const sequence = figure(message["cross_seq"]);
  if (!snapshot) {
    if (!keeper.live) {
      session.counters.outdated += 1;
      return;
    }
    // The cross sequence counts all of the venue's work: it may skip, but never runs back.
    if (sequence < keeper.sequence) lostPlace(keeper, at, receivedAt);
    rows.push(...list(object(data)["delete"]).map((row) => ({ ...row, size: 0 })));
    rows.push(...list(object(data)["update"]), ...list(object(data)["insert"]));
  }
  if (!Number.isNaN(sequence)) keeper.sequence = sequence;
  const side = (name: string): RawLevel[] =>
    rows.filter((row) => row["side"] === name).map((row) => [row["price"], row["size"]]);
  applyLevels(keeper, side("Buy"), side("Sell"), snapshot, at, receivedAt);
}

function trades(session: Session, rows: readonly Json[], receivedAt: number): void {
  for (const row of rows) {
    const at = timeOf(row["T"] ?? row["trade_time_ms"] ?? row["timestamp"], receivedAt);
    const market = session.market(text(row["s"]) || text(row["symbol"]));
    emitTrade(
      session,
      market,
      at,
      receivedAt,
      figure(row["p"] ?? row["price"]),
      figure(row["v"] ?? row["size"]),
      takerOf(row["S"] ?? row["side"]),
    );
  }
}

function ticker(session: Session, message: Json, receivedAt: number): void {
  const data = object(message["data"]);
  const at = timeOf(message["ts"], receivedAt);
  const market = session.market(text(data["symbol"]));
  // Deltas carry only what changed; a half-told quote is left out.
  emitQuote(
    session,
    market,
    at,
    receivedAt,
    figure(data["bid1Price"]),
    figure(data["bid1Size"]),
    figure(data["ask1Price"]),
    figure(data["ask1Size"]),
  );
  emitMark(session, market, at, receivedAt, figure(data["markPrice"]), figure(data["indexPrice"]));
  emitFunding(
    session,
    market,
    at,
    receivedAt,
    figure(data["fundingRate"]),
    figure(data["fundingIntervalHour"]) * 3_600_000 || EIGHT_HOURS_MS,
  );
  emitTicker(
    session,
    market,
    at,
    receivedAt,
    figure(data["lastPrice"]),
    figure(data["openInterest"]),
    figure(data["markIv"]),
  );
}

function read(session: Session, message: Json, receivedAt: number): void {
  const topic = text(message["topic"]);
  const [head = "", , ...rest] = topic.split(".");
  if (head === "orderbook") orderBook(session, message, receivedAt);
  else if (head.startsWith("orderBookL2") || head.startsWith("orderBook_")) {
    oldOrderBook(session, topic.slice(head.length + 1) || rest.join("."), message, receivedAt);
  } else if (head === "publicTrade" || head === "trade") trades(session, list(message["data"]), receivedAt);
  else if (head === "tickers") ticker(session, message, receivedAt);
  else if (head === "allLiquidation" || head === "liquidation") {
    const data = message["data"];
    for (const row of Array.isArray(data) ? list(data) : [object(data)]) {
      const at = timeOf(row["T"] ?? row["updatedTime"], receivedAt);
      const market = session.market(text(row["s"]) || text(row["symbol"]));
      // Bybit names the side of the position that is closed: a liquidated long ("Buy") is sold.
      const closed = takerOf(row["S"] ?? row["side"]);
      emitLiquidation(
        session,
        market,
        at,
        receivedAt,
        figure(row["p"] ?? row["price"]),
        figure(row["v"] ?? row["size"]),
        closed === 1 ? -1 : 1,
      );
    }
  }
}

const BYBIT: JsonVenue = { venue: "bybit", read };

/** Bybit v5 public topics, and the v2 books and trades of older recordings. */
export const bybitParser = (context: ParserContext): Parser => jsonParser(BYBIT, context);
