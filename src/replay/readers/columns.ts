import type { Market, Taker } from "../../detectors/event.ts";
import { emitFunding, emitMark, emitTicker, emitTrade } from "../../sources/feeds/market/emit-events.ts";
import type { Session } from "../../sources/feeds/market/json-parser.ts";
import type { Reader } from "./reader.ts";
import type { RowLayout } from "./rows.ts";

const EIGHT_HOURS_MS = 28_800_000;

/** Rows of a CSV as columns of numbers. */
export interface Columns {
  readonly at: number[];
  readonly figures: readonly number[][];
  /** Names of instruments, and each row's number among them. */
  readonly raws: string[];
  readonly raw: number[];
}

/**
 * Plays rows in the given order.
 * @param delayMs time between a row's own time and when it is known: a candle's length
 */
export function columnReader(
  columns: Columns,
  order: Int32Array,
  delayMs: number,
  layout: RowLayout,
  session: Session,
  stopped: () => boolean,
): Reader {
  const markets = columns.raws.map((raw) => session.market(raw));
  let next = 0;
  const timeOf = (): number => (next < order.length ? columns.at[order[next]!]! + delayMs : Number.POSITIVE_INFINITY);
  const reader = {
    at: timeOf(),
    play(until: number): void {
      while (reader.at < until && !stopped()) {
        const row = order[next]!;
        playRow(session, layout, columns.figures, row, markets[columns.raw[row]!]!, reader.at, delayMs);
        session.counters.messages += 1;
        next += 1;
        reader.at = timeOf();
      }
    },
    more: () => Promise.resolve(next < order.length),
    close: () => Promise.resolve(),
  };
  return reader;
}

function playRow(
  session: Session,
  layout: RowLayout,
  figures: readonly (readonly number[])[],
  row: number,
  market: Market,
  at: number,
  intervalMs: number,
): void {
  const first = figures[0]![row]!;
  switch (layout) {
    case "trades":
      emitTrade(session, market, at, at, first, figures[1]![row]!, figures[2]![row]! as Taker);
      return;
    case "prices":
      if (!(first > 0 && first < Number.POSITIVE_INFINITY)) session.counters.malformed += 1;
      else emitTicker(session, market, at, at, first, Number.NaN, Number.NaN);
      return;
    case "mark":
      if (!(first > 0 && first < Number.POSITIVE_INFINITY)) session.counters.malformed += 1;
      else emitMark(session, market, at, at, first, Number.NaN);
      return;
    case "funding":
      if (!Number.isFinite(first)) session.counters.malformed += 1;
      else emitFunding(session, market, at, at, first, EIGHT_HOURS_MS);
      return;
    case "candles": {
      const { candle } = session.records;
      const [high, low, close] = [figures[1]![row]!, figures[2]![row]!, figures[3]![row]!];
      if (
        !(Math.min(first, low, close) > 0 && high >= low && Math.max(first, high, close) < Number.POSITIVE_INFINITY)
      ) {
        session.counters.malformed += 1;
        return;
      }
      candle.market = market;
      candle.at = at;
      candle.receivedAt = at;
      candle.intervalMs = intervalMs;
      candle.open = first;
      candle.high = high;
      candle.low = low;
      candle.close = close;
      candle.volume = figures[4]![row]!;
      session.emit(candle);
    }
  }
}
