import { type RawLevel, applyLevels } from "./book-keeper.ts";
import { emitFunding, emitMark, emitQuote, emitTicker, emitTrade, takerOf } from "./emit-events.ts";
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

const HOUR_MS = 3_600_000;
const levels = (rows: unknown): RawLevel[] => list(rows).map((row) => [row["px"], row["sz"]]);

/** As many trades as a subscription may begin with, and more: those are told again after each reconnection. */
const REMEMBERED = 1000;

/** Whether a trade is told for the first time. Its number is no sequence, so that each is remembered. */
function isNew(seen: Map<string, Set<unknown>>, { coin, tid }: Json): boolean {
  if (tid === undefined) return true;
  const known = seen.get(text(coin)) ?? new Set();
  seen.set(text(coin), known);
  if (known.has(tid)) return false;
  known.add(tid);
  for (const oldest of known) {
    if (known.size <= REMEMBERED) break;
    known.delete(oldest);
  }
  return true;
}

function read(session: Session, seen: Map<string, Set<unknown>>, message: Json, receivedAt: number): void {
  const data = message["data"];
  switch (message["channel"]) {
    case "l2Book": {
      const { coin, levels: sides, time } = object(data);
      const keeper = session.keeper(text(coin));
      const [bids, asks] = Array.isArray(sides) ? (sides as unknown[]) : [];
      const at = timeOf(time, receivedAt);
      // Every message is a whole snapshot of twenty levels; their time is the only order they have.
      if (at < keeper.sequence) {
        session.counters.outdated += 1;
        return;
      }
      keeper.sequence = at;
      applyLevels(keeper, levels(bids), levels(asks), true, at, receivedAt);
      return;
    }
    case "trades":
      for (const row of list(data)) {
        if (!isNew(seen, row)) {
          session.counters.outdated += 1;
          continue;
        }
        const [buyer = "", seller = ""] = Array.isArray(row["users"]) ? (row["users"] as string[]) : [];
        emitTrade(
          session,
          session.market(text(row["coin"])),
          timeOf(row["time"], receivedAt),
          receivedAt,
          figure(row["px"]),
          figure(row["sz"]),
          takerOf(row["side"]),
          buyer,
          seller,
        );
      }
      return;
    case "bbo": {
      const { coin, bbo, time } = object(data);
      const [bid, ask] = list(bbo);
      emitQuote(
        session,
        session.market(text(coin)),
        timeOf(time, receivedAt),
        receivedAt,
        figure(bid?.["px"]),
        figure(bid?.["sz"]),
        figure(ask?.["px"]),
        figure(ask?.["sz"]),
      );
      return;
    }
    case "activeAssetCtx": {
      const { coin, ctx } = object(data);
      const market = session.market(text(coin));
      const { markPx, oraclePx, funding, openInterest } = object(ctx);
      emitMark(session, market, receivedAt, receivedAt, figure(markPx), figure(oraclePx));
      emitFunding(session, market, receivedAt, receivedAt, figure(funding), HOUR_MS);
      emitTicker(session, market, receivedAt, receivedAt, Number.NaN, figure(openInterest), Number.NaN);
      return;
    }
    default:
  }
}

/** Hyperliquid's public websocket; trades name both parties, funding is hourly. */
export function hyperliquidParser(context: ParserContext): Parser {
  const seen = new Map<string, Set<unknown>>();
  const venue: JsonVenue = {
    venue: "hyperliquid",
    read: (session, message, receivedAt) => read(session, seen, message, receivedAt),
  };
  return jsonParser(venue, context);
}
