import { toFloat } from "../../kernel/decimal.ts";
import { namesOption } from "../../kernel/instrument.ts";
import type { PaperMarketEvent } from "../../venues/paper/events.ts";
import type { Level } from "../../venues/paper/market.ts";
import { applyLevels } from "./market/book-keeper.ts";
import {
  emitFunding,
  emitLiquidation,
  emitMark,
  emitOption,
  emitQuote,
  emitTrade,
  takerOf,
} from "./market/emit-events.ts";
import type { FeedCounters } from "./market/counters.ts";
import type { Markets } from "./market/markets.ts";
import type { Emit } from "./market/records.ts";
import { createSessions } from "./market/sessions.ts";

/** Funding is quoted for eight hours, however often a storm that plays a day in five minutes has it paid. */
const FUNDING_MS = 28_800_000;

const sideOf = (level: Level | null): readonly [price: number, size: number] =>
  level === null ? [Number.NaN, Number.NaN] : [toFloat(level[0]), toFloat(level[1])];

/** What translates the paper exchange's events, and what it counted. */
export interface PaperTranslation {
  /** @param receivedAt ms by our clock, never going back */
  take(event: PaperMarketEvent, receivedAt: number): void;
  readonly counters: FeedCounters;
  /** Events that no detector watches: trades of options. */
  skipped(): number;
}

/** Turns the paper exchange's public events into those of the detectors, through the sessions that every feed uses. */
export function translatePaper(context: { readonly markets: Markets; readonly emit: Emit }): PaperTranslation {
  const sessions = createSessions(context);
  const session = sessions.of("paper");
  let skipped = 0;
  return {
    counters: sessions.counters,
    skipped: () => skipped,
    take(event, receivedAt) {
      const { symbol } = event;
      if (event.kind === "option") {
        sessions.counters.messages += 1;
        const [bid, bidSize] = sideOf(event.bid);
        const [ask, askSize] = sideOf(event.ask);
        const [mark, forward] = [toFloat(event.markPrice), toFloat(event.forward)];
        emitOption(session, session.market(symbol), event.at.getTime(), receivedAt, {
          bid,
          bidSize,
          ask,
          askSize,
          mark,
          impliedVolatility: Number.NaN,
          forward,
        });
        return;
      }
      if (namesOption(symbol)) {
        skipped += 1;
        return;
      }
      sessions.counters.messages += 1;
      const at = event.at.getTime();
      if (event.kind === "book") {
        applyLevels(session.keeper(symbol), event.bids, event.asks, true, at, receivedAt);
        return;
      }
      const market = session.market(symbol);
      switch (event.kind) {
        case "top": {
          const [bid, ask] = [toFloat(event.bidPrice), toFloat(event.askPrice)];
          emitQuote(session, market, at, receivedAt, bid, toFloat(event.bidQuantity), ask, toFloat(event.askQuantity));
          return;
        }
        case "mark":
          emitMark(session, market, at, receivedAt, toFloat(event.markPrice), toFloat(event.indexPrice));
          return;
        case "funding":
          emitFunding(session, market, at, receivedAt, toFloat(event.rate), FUNDING_MS);
          return;
        default: {
          const [price, size] = [toFloat(event.price), toFloat(event.quantity)];
          const tell = event.kind === "trade" ? emitTrade : emitLiquidation;
          tell(session, market, at, receivedAt, price, size, takerOf(event.side));
        }
      }
    },
  };
}
