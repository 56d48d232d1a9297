import { type RawText, applyLevels, checkBook, lostPlace, tellFeed } from "./book-keeper.ts";
import { crc32 } from "./crc32.ts";
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

/** Joins the best 25 levels as bid:size:ask:size, one side after the other where the second is shorter. */
export function okxChecksum(bids: readonly RawText[], asks: readonly RawText[]): number {
  const parts: string[] = [];
  for (let i = 0; i < 25; i += 1) {
    const bid = bids[i];
    const ask = asks[i];
    if (bid) parts.push(bid.price, bid.size);
    if (ask) parts.push(ask.price, ask.size);
  }
  return crc32(parts.join(":"));
}

function books(session: Session, raw: string, data: Json, action: string, receivedAt: number): void {
  const keeper = session.keeper(raw);
  const at = timeOf(data["ts"], receivedAt);
  const snapshot = action === "snapshot";
  const [previous, sequence] = [figure(data["prevSeqId"]), figure(data["seqId"])];
  if (!snapshot) {
    if (!keeper.live) {
      session.counters.outdated += 1;
      return;
    }
    // Recordings from before 2022-10 carry no sequence; the checksum alone guards them.
    if (previous >= 0 && keeper.sequence !== 0 && previous !== keeper.sequence) lostPlace(keeper, at, receivedAt);
  }
  if (!Number.isNaN(sequence)) keeper.sequence = sequence;
  const again = snapshot && keeper.live;
  const [bids, asks] = [list(data["bids"]), list(data["asks"])] as unknown as [[string, string][], [string, string][]];
  if (!applyLevels(keeper, bids, asks, snapshot, at, receivedAt)) return;
  if (again) tellFeed(keeper, "resynced", at, receivedAt);
  // Since 2026 OKX sends 0 for all books: the sequence is what is left.
  const expected = figure(data["checksum"]) || Number.NaN;
  const { texts } = keeper;
  if (Number.isNaN(expected) || !texts) return;
  const best = (side: Map<number, RawText>, sign: 1 | -1): RawText[] =>
    [...side.entries()]
      .sort((a, b) => sign * (a[0] - b[0]))
      .slice(0, 25)
      .map(([, level]) => level);
  checkBook(keeper, expected, okxChecksum(best(texts.bids, -1), best(texts.asks, 1)), at, receivedAt);
}

function read(session: Session, message: Json, receivedAt: number): void {
  const arg = object(message["arg"]);
  const channel = text(arg["channel"]);
  for (const data of list(message["data"])) {
    const raw = text(data["instId"]) || text(arg["instId"]);
    if (raw === "") continue;
    const at = timeOf(data["ts"], receivedAt);
    const market = session.market(raw);
    switch (channel) {
      case "books":
      case "books-l2-tbt":
      case "books50-l2-tbt":
        books(session, raw, data, text(message["action"]), receivedAt);
        break;
      case "books5":
        books(session, raw, { ...data, checksum: undefined }, "snapshot", receivedAt);
        break;
      case "trades":
      case "trades-all":
        emitTrade(session, market, at, receivedAt, figure(data["px"]), figure(data["sz"]), takerOf(data["side"]));
        break;
      case "tickers":
      case "bbo-tbt":
        emitQuote(
          session,
          market,
          at,
          receivedAt,
          figure(data["bidPx"]),
          figure(data["bidSz"]),
          figure(data["askPx"]),
          figure(data["askSz"]),
        );
        emitTicker(session, market, at, receivedAt, figure(data["last"]), Number.NaN, Number.NaN);
        break;
      case "mark-price":
        emitMark(session, market, at, receivedAt, figure(data["markPx"]), Number.NaN);
        break;
      case "funding-rate":
        emitFunding(
          session,
          market,
          at,
          receivedAt,
          figure(data["fundingRate"]),
          Math.max(0, figure(data["nextFundingTime"]) - figure(data["fundingTime"])) || EIGHT_HOURS_MS,
        );
        break;
      case "open-interest":
        emitTicker(session, market, at, receivedAt, Number.NaN, figure(data["oi"]), Number.NaN);
        break;
      case "liquidation-orders":
        for (const detail of list(data["details"])) {
          emitLiquidation(
            session,
            market,
            timeOf(detail["ts"], at),
            receivedAt,
            figure(detail["bkPx"]),
            figure(detail["sz"]),
            takerOf(detail["side"]),
          );
        }
        break;
      default:
    }
  }
}

const OKX: JsonVenue = { venue: "okx", keepTexts: true, read };

/**
 * OKX v5 public channels: books are continuous where prevSeqId is the seqId before, and the CRC-32 over the best 25 levels
 * is checked where a message carries one (docs-v5, "checksum").
 */
export const okxParser = (context: ParserContext): Parser => jsonParser(OKX, context);
