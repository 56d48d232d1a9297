import path from "node:path";
import { DeskError } from "../../kernel/errors.ts";
import { emitFunding, emitMark, emitTicker, emitTrade, takerOf } from "../../sources/feeds/market/emit-events.ts";
import { type Session, figure } from "../../sources/feeds/market/json-parser.ts";
import type { Blocks } from "./blocks.ts";
import type { ReplayContext } from "./context.ts";
import { cells, columnOf, msOf } from "./csv.ts";
import type { Reader } from "./reader.ts";

const EIGHT_HOURS_MS = 28_800_000;
const HOUR_MS = 3_600_000;

/** Layouts of plain CSV files. */
export type RowLayout = "trades" | "candles" | "mark" | "funding" | "prices";

/** What a CSV's header says it holds; undefined where it is none of ours. */
export function layoutOf(headerLine: string, fileName: string): RowLayout | undefined {
  const header = cells(headerLine);
  const has = (...names: string[]): boolean => columnOf(header, ...names) >= 0;
  if (!has("timestamp", "unix", "date", "time", "datetime", "open_time")) return undefined;
  if (has("open") && has("close")) {
    if (/funding/.test(fileName)) return "funding";
    return /mark/.test(fileName) ? "mark" : "candles";
  }
  if (!has("price")) return undefined;
  return has("amount", "size", "qty", "quantity") ? "trades" : "prices";
}

/** "Binance_BTCUSDT_1h.csv.gz", "XRP_USDT_USDT-5m-futures.csv.gz", "btc-perp-2021_1m.csv": venue and instrument by the name. */
function nameOf(file: string): { venue: string; raw: string } {
  const name = path.basename(file).replace(/\.csv(\.gz)?$/i, "");
  const freqtrade = /^([A-Z0-9]+)_([A-Z]+)_([A-Z]+)-/.exec(name);
  if (freqtrade) return { venue: "binanceusdm", raw: `${freqtrade[1]}/${freqtrade[2]}:${freqtrade[3]}` };
  const download = /^([A-Za-z]+)_([A-Z0-9]+)_/.exec(name);
  if (download) return { venue: download[1]!.toLowerCase(), raw: download[2]! };
  const perpetual = /^([a-z]+)-perp/i.exec(name);
  if (perpetual) return { venue: "recorded", raw: `${perpetual[1]!.toUpperCase()}/USD:USD` };
  return { venue: "recorded", raw: name };
}

interface Row {
  readonly at: number;
  readonly play: (session: Session) => void;
}

/** The commonest distance of neighbours, which is a candle's length. */
function intervalOf(times: readonly number[]): number {
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i += 1) {
    const step = times[i]! - times[i - 1]!;
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  let [best, most] = [HOUR_MS, 0];
  for (const [step, count] of counts) if (count > most) [best, most] = [step, count];
  return best;
}

/**
 * Reads a CSV of trades, candles, marks, funding rates or prices whole, brings it in order of time, and drops rows that
 * come twice: published files are newest first, change units half-way and repeat hours.
 * @throws DeskError RECORDING_UNREADABLE where no row can be read
 */
export async function rowsReader(
  blocks: Blocks,
  file: string,
  layout: RowLayout,
  context: ReplayContext,
): Promise<Reader> {
  const parts: Buffer[] = [];
  for (let block = await blocks.next(); block; block = await blocks.next()) parts.push(block);
  await blocks.close();
  const lines = Buffer.concat(parts).toString("utf8").split("\n");
  const header = cells(lines.find((line) => !line.startsWith("#") && line.includes(",")) ?? "");
  const column = (...names: string[]): number => columnOf(header, ...names);
  const time = column("timestamp", "unix", "open_time", "time", "date", "datetime");
  const symbol = column("symbol", "coin", "pair");
  const named = nameOf(file);
  const venue = named.venue === "recorded" && layout !== "candles" ? "binance" : named.venue;
  const rawOf = (row: readonly string[]): string => {
    const said = row[symbol] ?? "";
    if (said === "") return named.raw;
    return layout === "prices" && !said.includes("/") ? `${said}/USD` : said;
  };
  const split = lines.map(cells).filter((row) => row.length >= 2 && !Number.isNaN(msOf(row[time])));
  if (split.length === 0)
    throw new DeskError("RECORDING_UNREADABLE", `${file} has no row whose time could be read; name its --format`);
  const ordered = split.map((row) => ({ at: msOf(row[time]), row })).sort((a, b) => a.at - b.at);
  const intervalMs = intervalOf(ordered.map(({ at }) => at));
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const { at, row } of ordered) {
    const raw = rawOf(row);
    if (layout !== "trades") {
      const key = `${raw}|${at}`;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    rows.push(rowOf(layout, row, column, raw, at, intervalMs));
  }
  rows.sort((a, b) => a.at - b.at);
  return readerOf(rows, context.sessionOf(venue), context.stopped);
}

function rowOf(
  layout: RowLayout,
  row: readonly string[],
  column: (...names: string[]) => number,
  raw: string,
  at: number,
  intervalMs: number,
): Row {
  const value = (...names: string[]): number => figure(row[column(...names)]);
  switch (layout) {
    case "trades": {
      const [price, size, taker] = [
        value("price"),
        value("amount", "size", "qty", "quantity"),
        takerOf(row[column("side")]),
      ];
      return { at, play: (session) => emitTrade(session, session.market(raw), at, at, price, size, taker) };
    }
    case "prices": {
      const price = value("price");
      return { at, play: (session) => emitTicker(session, session.market(raw), at, at, price, Number.NaN, Number.NaN) };
    }
    case "mark": {
      const mark = value("close");
      return {
        at: at + intervalMs,
        play: (session) => emitMark(session, session.market(raw), at + intervalMs, at + intervalMs, mark, Number.NaN),
      };
    }
    case "funding": {
      const rate = value("open");
      return { at, play: (session) => emitFunding(session, session.market(raw), at, at, rate, EIGHT_HOURS_MS) };
    }
    case "candles": {
      const [open, high, low, close] = [value("open"), value("high"), value("low"), value("close")];
      const volume = value("volume", "volume btc", "volume_base", "vol");
      const end = at + intervalMs;
      return {
        at: end,
        play: (session) =>
          session.emit(
            Object.assign(session.records.candle, {
              market: session.market(raw),
              at: end,
              receivedAt: end,
              intervalMs,
              open,
              high,
              low,
              close,
              volume,
            }),
          ),
      };
    }
  }
}

function readerOf(rows: readonly Row[], session: Session, stopped: () => boolean): Reader {
  let next = 0;
  const reader = {
    at: rows[0]?.at ?? Number.POSITIVE_INFINITY,
    play(until: number): void {
      while (reader.at < until && !stopped()) {
        rows[next]!.play(session);
        session.counters.messages += 1;
        next += 1;
        reader.at = rows[next]?.at ?? Number.POSITIVE_INFINITY;
      }
    },
    more: () => Promise.resolve(next < rows.length),
    close: () => Promise.resolve(),
  };
  return reader;
}
