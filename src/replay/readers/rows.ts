import path from "node:path";
import { DeskError } from "../../kernel/errors.ts";
import { takerOf } from "../../sources/feeds/market/emit-events.ts";
import { figure } from "../../sources/feeds/market/json-parser.ts";
import type { Blocks } from "./blocks.ts";
import type { ReplayContext } from "./context.ts";
import { cells, columnOf, msOf } from "./csv.ts";
import type { Reader } from "./reader.ts";
import { type Columns, columnReader } from "./columns.ts";

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

/** The commonest distance of neighbours, which is a candle's length. */
function intervalOf(times: Float64Array): number {
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i += 1) {
    const step = times[i]! - times[i - 1]!;
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  let [best, most] = [HOUR_MS, 0];
  for (const [step, count] of counts) if (count > most) [best, most] = [step, count];
  return best;
}

/** Columns that a layout's figures stand in, by any of their names. */
const FIGURES: Readonly<Record<RowLayout, readonly (readonly string[])[]>> = {
  trades: [["price"], ["amount", "size", "qty", "quantity"], ["side"]],
  prices: [["price"]],
  mark: [["close"]],
  funding: [["open"]],
  candles: [["open"], ["high"], ["low"], ["close"], ["volume", "volume btc", "volume_base", "vol"]],
};

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
  const time = columnOf(header, "timestamp", "unix", "open_time", "time", "date", "datetime");
  const symbol = columnOf(header, "symbol", "coin", "pair");
  const places = FIGURES[layout].map((names) => columnOf(header, ...names));
  const named = nameOf(file);
  const venue = named.venue === "recorded" && layout !== "candles" ? "binance" : named.venue;
  const columns: Columns = {
    at: new Float64Array(lines.length),
    figures: places.map(() => new Float64Array(lines.length)),
    raws: [],
    raw: new Int32Array(lines.length),
    count: 0,
  };
  const rawIds = new Map<string, number>();
  for (const line of lines) {
    const row = cells(line);
    const at = msOf(row[time]);
    if (row.length < 2 || Number.isNaN(at)) continue;
    const index = columns.count;
    columns.at[index] = at;
    for (const [i, place] of places.entries()) {
      const value = row[place];
      columns.figures[i]![index] = layout === "trades" && i === 2 ? takerOf(value) : figure(value);
    }
    const said = row[symbol] ?? "";
    const raw = said === "" ? named.raw : layout === "prices" && !said.includes("/") ? `${said}/USD` : said;
    let id = rawIds.get(raw);
    if (id === undefined) {
      id = columns.raws.length;
      rawIds.set(raw, id);
      columns.raws.push(raw);
    }
    columns.raw[index] = id;
    columns.count += 1;
  }
  if (columns.count === 0) {
    throw new DeskError("RECORDING_UNREADABLE", `${file} has no row whose time could be read; name its --format`);
  }
  const order = orderOf(columns, layout !== "trades");
  const sorted = Float64Array.from(order, (index) => columns.at[index]!);
  // Candles and marks are known at their end.
  const intervalMs = layout === "candles" || layout === "mark" ? intervalOf(sorted) : 0;
  return columnReader(columns, order, intervalMs, layout, context.sessionOf(venue), context.stopped);
}

/** Row numbers in order of time; with `once`, a time that comes again for the same instrument is left out. */
function orderOf(columns: Columns, once: boolean): Int32Array {
  const { at, raw, count } = columns;
  const order = Int32Array.from({ length: count }, (_, index) => index).sort((a, b) => at[a]! - at[b]! || a - b);
  if (!once) return order;
  const seen = new Set<string>();
  return order.filter((index) => {
    const key = `${raw[index]}|${at[index]}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
