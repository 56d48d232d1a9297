import path from "node:path";
import { DeskError } from "../../kernel/errors.ts";
import { takerOf } from "../../sources/feeds/market/emit-events.ts";
import { figure } from "../../sources/feeds/market/json-parser.ts";
import type { Blocks } from "./blocks.ts";
import type { ReplayContext } from "./context.ts";
import { cells, columnOf, headerOf, msOf, separatorOf } from "./csv.ts";
import type { Reader } from "./reader.ts";
import { type Columns, columnReader } from "./columns.ts";

const HOUR_MS = 3_600_000;

/** Layouts of plain CSV files. */
export type RowLayout = "trades" | "candles" | "mark" | "funding" | "prices";

/** What a CSV's header says it holds; undefined where it is none of ours. */
export function layoutOf(headerLine: string, fileName: string): RowLayout | undefined {
  const header = cells(headerLine, separatorOf(headerLine));
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

/** Columns that a layout's figures stand in, by any of their names; those after the first `needed` may be missing. */
const FIGURES: Readonly<
  Record<RowLayout, { readonly needed: number; readonly names: readonly (readonly string[])[] }>
> = {
  trades: { needed: 2, names: [["price"], ["amount", "size", "qty", "quantity"], ["side"]] },
  prices: { needed: 1, names: [["price"]] },
  mark: { needed: 1, names: [["close"]] },
  funding: { needed: 1, names: [["open"]] },
  candles: {
    needed: 4,
    names: [["open"], ["high"], ["low"], ["close"], ["volume", "volume btc", "volume_base", "vol"]],
  },
};

/** Where a layout's figures stand. @throws DeskError RECORDING_UNREADABLE where one that it needs is missing */
function placesOf(layout: RowLayout, header: readonly string[], file: string): readonly number[] {
  const { needed, names } = FIGURES[layout];
  const places = names.map((one) => columnOf(header, ...one));
  const missing = names.find((_, index) => index < needed && places[index]! < 0);
  if (missing)
    throw new DeskError("RECORDING_UNREADABLE", `${file} has no column ${missing[0]}, which ${layout} are read from`);
  return places;
}

/** Whole lines, block by block; what was torn off in the middle of one is left out. */
async function* linesOf(blocks: Blocks): AsyncGenerator<readonly string[]> {
  let rest = Buffer.alloc(0);
  for (let block = await blocks.next(); block; block = await blocks.next()) {
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    const end = bytes.lastIndexOf(10) + 1;
    yield bytes.toString("utf8", 0, end).split("\n");
    rest = Buffer.from(bytes.subarray(end));
  }
  if (!blocks.torn()) yield [rest.toString("utf8")];
}

/**
 * Reads a CSV of trades, candles, marks, funding rates or prices whole, brings it in order of time, and drops rows that
 * come twice: published files are newest first, change units half-way and repeat hours.
 * @param named whose rows they are, where the one who asks says so
 * @throws DeskError RECORDING_UNREADABLE where no row can be read
 */
export async function rowsReader(
  blocks: Blocks,
  file: string,
  layout: RowLayout,
  context: ReplayContext,
  named?: string,
): Promise<Reader> {
  const about = nameOf(file);
  const venue = named ?? (about.venue === "recorded" && layout !== "candles" ? "binance" : about.venue);
  const session = context.sessionOf(venue);
  const columns: Columns = { at: [], figures: FIGURES[layout].names.map(() => []), raws: [], raw: [] };
  const rawIds = new Map<string, number>();
  let separator = ",";
  let header: readonly string[] | undefined;
  let places: readonly number[] = [];
  let [time, symbol] = [-1, -1];
  const take = (line: string): void => {
    if (header === undefined) {
      if (headerOf([line]) === "") return;
      separator = separatorOf(line);
      header = cells(line, separator);
      time = columnOf(header, "timestamp", "unix", "open_time", "time", "date", "datetime");
      symbol = columnOf(header, "symbol", "coin", "pair");
      places = placesOf(layout, header, file);
      return;
    }
    if (line.trim() === "" || line.startsWith("#")) return;
    const row = cells(line, separator);
    const at = msOf(row[time]);
    // A recorder that was killed leaves a row without its end.
    if (Number.isNaN(at) || row.length < header.length) {
      session.counters.malformed += 1;
      return;
    }
    columns.at.push(at);
    for (const [i, place] of places.entries()) {
      const value = row[place];
      columns.figures[i]!.push(layout === "trades" && i === 2 ? takerOf(value) : figure(value));
    }
    const said = row[symbol] ?? "";
    const raw = said === "" ? about.raw : layout === "prices" && !said.includes("/") ? `${said}/USD` : said;
    let id = rawIds.get(raw);
    if (id === undefined) {
      id = columns.raws.length;
      rawIds.set(raw, id);
      columns.raws.push(raw);
    }
    columns.raw.push(id);
  };
  for await (const lines of linesOf(blocks)) for (const line of lines) take(line);
  if (blocks.torn()) session.counters.malformed += 1;
  await blocks.close();
  if (columns.at.length === 0) throw new DeskError("RECORDING_UNREADABLE", `${file} holds no row that could be read`);
  const order = orderOf(columns, layout !== "trades");
  const sorted = Float64Array.from(order, (index) => columns.at[index]!);
  // Candles and marks are known at their end.
  const intervalMs = layout === "candles" || layout === "mark" ? intervalOf(sorted) : 0;
  return columnReader(columns, order, intervalMs, layout, session, context.stopped);
}

/** Row numbers in order of time; with `once`, a time that comes again for the same instrument is left out. */
function orderOf(columns: Columns, once: boolean): Int32Array {
  const { at, raw } = columns;
  const order = Int32Array.from(at, (_, index) => index).sort((a, b) => at[a]! - at[b]! || a - b);
  if (!once) return order;
  const seen = new Set<string>();
  return order.filter((index) => {
    const key = `${raw[index]}|${at[index]}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
