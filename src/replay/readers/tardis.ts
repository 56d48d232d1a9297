import { type RawLevel, applyLevels } from "../../sources/feeds/market/book-keeper.ts";
import {
  emitFunding,
  emitLiquidation,
  emitMark,
  emitQuote,
  emitTicker,
  emitTrade,
  takerOf,
} from "../../sources/feeds/market/emit-events.ts";
import { type Session, figure } from "../../sources/feeds/market/json-parser.ts";
import { cells, columnOf, msOf } from "./csv.ts";
import type { ReplayContext } from "./context.ts";
import type { LineFormat } from "./lines.ts";

const EIGHT_HOURS_MS = 28_800_000;

/** Tardis's names of venues, where ccxt's differ. */
const VENUES: Readonly<Record<string, string>> = {
  "binance-futures": "binanceusdm",
  "binance-delivery": "binancecoinm",
  "okex-swap": "okx",
  "okex-futures": "okx",
  okex: "okx",
  "bybit-spot": "bybit",
  cryptofacilities: "krakenfutures",
};

type Row = readonly string[];
type Take = (session: Session, row: Row, at: number, receivedAt: number) => void;

/** True for the header of a Tardis CSV. */
export const isTardis = (header: string): boolean => header.startsWith("exchange,symbol,timestamp,local_timestamp");

function snapshots(header: Row): Take {
  const depth = header.filter((name) => name.endsWith(".price") && name.startsWith("asks[")).length;
  const position = (name: string): number => columnOf(header, name);
  const places = Array.from({ length: depth }, (_, i) => ({
    ask: [position(`asks[${i}].price`), position(`asks[${i}].amount`)] as const,
    bid: [position(`bids[${i}].price`), position(`bids[${i}].amount`)] as const,
  }));
  return (session, row, at, receivedAt) => {
    const level = ([price, size]: readonly [number, number]): RawLevel => [row[price], row[size]];
    const full = (one: RawLevel): boolean => one[0] !== "" && one[0] !== undefined;
    const keeper = session.keeper(row[1]!);
    const [bids, asks] = [
      places.map(({ bid }) => level(bid)).filter(full),
      places.map(({ ask }) => level(ask)).filter(full),
    ];
    applyLevels(keeper, bids, asks, true, at, receivedAt);
  };
}

/** Rows of one message share both their times; they are applied together. */
function incremental(): { take: Take; finish: () => void } {
  let flush: (() => void) | undefined;
  let key = "";
  let bids: RawLevel[] = [];
  let asks: RawLevel[] = [];
  /** Instruments in the middle of a snapshot. */
  const arriving = new Set<string>();
  const finish = (): void => {
    flush?.();
    flush = undefined;
    bids = [];
    asks = [];
  };
  return {
    finish,
    take(session, row, at, receivedAt) {
      const snapshot = row[4] === "true";
      const here = `${row[1]}|${row[2]}|${row[3]}|${row[4]}`;
      if (here !== key) finish();
      key = here;
      (row[5] === "bid" ? bids : asks).push([row[6], row[7]]);
      const keeper = session.keeper(row[1]!);
      // A snapshot may span several messages, of which the first empties the book; after a break of the feed comes another.
      const first = snapshot && !arriving.has(row[1]!);
      if (snapshot) arriving.add(row[1]!);
      else arriving.delete(row[1]!);
      flush ??= () => {
        if (keeper.live || snapshot) applyLevels(keeper, bids, asks, first, at, receivedAt);
        else session.counters.outdated += 1;
      };
    },
  };
}

function rows(header: Row): { take: Take; finish?: () => void } {
  const at = (...names: string[]): number => columnOf(header, ...names);
  if (header.some((name) => name === "asks[0].price")) return { take: snapshots(header) };
  if (at("is_snapshot") >= 0) return incremental();
  if (at("bid_price") >= 0) {
    const [bid, bidSize, ask, askSize] = [at("bid_price"), at("bid_amount"), at("ask_price"), at("ask_amount")];
    return {
      take: (session, row, time, receivedAt) =>
        emitQuote(
          session,
          session.market(row[1]!),
          time,
          receivedAt,
          figure(row[bid]),
          figure(row[bidSize]),
          figure(row[ask]),
          figure(row[askSize]),
        ),
    };
  }
  if (at("mark_price") >= 0) {
    const [mark, index, rate, last, interest] = [
      at("mark_price"),
      at("index_price"),
      at("funding_rate"),
      at("last_price"),
      at("open_interest"),
    ];
    return {
      take(session, row, time, receivedAt) {
        const market = session.market(row[1]!);
        emitMark(session, market, time, receivedAt, figure(row[mark]), figure(row[index]));
        emitFunding(session, market, time, receivedAt, figure(row[rate]), EIGHT_HOURS_MS);
        emitTicker(session, market, time, receivedAt, figure(row[last]), figure(row[interest]), Number.NaN);
      },
    };
  }
  const [side, price, size] = [at("side"), at("price"), at("amount")];
  // Trades and liquidations have the same columns; the file's name tells them apart, which Tardis keeps in its paths.
  return {
    take: (session, row, time, receivedAt) =>
      emitTrade(
        session,
        session.market(row[1]!),
        time,
        receivedAt,
        figure(row[price]),
        figure(row[size]),
        takerOf(row[side]),
      ),
  };
}

/** Tardis.dev's CSV layouts: book snapshots, incremental book, trades, quotes, derivative tickers, liquidations. */
export function tardisLines(headerLine: string, fileName: string, context: ReplayContext): LineFormat {
  const header = cells(headerLine);
  const { take, finish } = rows(header);
  const liquidations = fileName.includes("liquidations");
  const [side, price, size] = [columnOf(header, "side"), columnOf(header, "price"), columnOf(header, "amount")];
  let row: Row = [];
  let time = Number.NaN;
  return {
    timeOf(bytes, start, end) {
      row = cells(bytes.toString("latin1", start, end));
      time = msOf(row[2]);
      return msOf(row[3]);
    },
    take(_bytes, _start, _end, receivedAt) {
      if (Number.isNaN(time) || row.length < header.length) {
        context.sessionOf("").counters.malformed += 1;
        return;
      }
      const venue = VENUES[row[0]!] ?? row[0]!;
      const session = context.sessionOf(venue);
      session.counters.messages += 1;
      if (liquidations) {
        emitLiquidation(
          session,
          session.market(row[1]!),
          time,
          receivedAt,
          figure(row[price]),
          figure(row[size]),
          takerOf(row[side]),
        );
      } else take(session, row, time, receivedAt);
    },
    ...(finish ? { finish } : {}),
  };
}
