import { expect, test } from "vitest";
import type { MarketEvent } from "../../../src/detectors/event.ts";
import { type BoardRow, createBoard, isStaleRow } from "../../../src/sources/feeds/board.ts";
import { renderMarketRow } from "../../../src/chat/console/pages/market.ts";
import { marketRows } from "../../../src/desk/console/market-rows.ts";
import { createMarkets } from "../../../src/sources/feeds/market/markets.ts";

const market = createMarkets().of("okx", "BTC-USDT-SWAP");
const quote = (receivedAt: number): MarketEvent => ({
  kind: "quote",
  market,
  at: receivedAt,
  receivedAt,
  bid: 100,
  bidSize: 1,
  ask: 101,
  askSize: 1,
});
const rowAfter = (events: readonly MarketEvent[]): BoardRow => {
  const board = createBoard();
  for (const event of events) board.take(event);
  expect(board.rows()).toHaveLength(1);
  return board.rows()[0]!;
};

test.each([
  ["ten times a second is stale after five seconds", 100, 5_001, true],
  ["ten times a second is fresh after four", 100, 4_000, false],
  ["once a minute is fresh after five minutes", 60_000, 300_000, false],
  ["once a minute is stale after eleven", 60_000, 660_000, true],
])("an instrument that speaks %s", (_, everyMs, silentMs, stale) => {
  const heard = Array.from({ length: 400 }, (__, at) => quote(at * everyMs));
  expect(isStaleRow(rowAfter(heard), 399 * everyMs + silentMs)).toBe(stale);
});

test("an instrument of which only its connection was heard was not heard", () => {
  const board = createBoard();
  board.take({ kind: "feed", market, at: 1, receivedAt: 1, state: "open" });
  expect(board.heard(market)).toBe(false);
  const trouble = () => "okx said “no such instrument”";
  expect(marketRows(board.rows(), new Map(), 60_000, 60_000, trouble)).toMatchObject([
    { heardAt: null, stale: true, trouble: "okx said “no such instrument”" },
  ]);
  board.take(quote(2));
  expect(board.heard(market)).toBe(true);
  expect(marketRows(board.rows(), new Map(), 3, 3, trouble)).toMatchObject([{ stale: false, trouble: null }]);
});

test("an option tells its mark, volatility, open interest and what it is on; a venue that names none leaves them out", () => {
  const board = createBoard();
  const option = createMarkets().of("deribit", "BTC-25DEC26-90000-C");
  const head = { market: option, at: 1, receivedAt: 1 };
  board.take({
    kind: "option",
    ...head,
    bid: 0.02,
    bidSize: 1,
    ask: Number.NaN,
    askSize: 1,
    mark: 0.0213,
    impliedVolatility: 0.5424,
    forward: 91_234.5,
  });
  board.take({ kind: "ticker", ...head, last: 0.021, openInterest: 1240.5, impliedVolatility: 0.5424 });
  const [row] = marketRows(board.rows(), new Map(), 1);
  expect(row).toMatchObject({
    bid: "0.02",
    ask: null,
    option: { mark: "0.0213 BTC", volatilityPercent: 54.2, openInterest: "1,240.5", underlying: "91,234.5" },
  });
  const cells = renderMarketRow(row!).toString();
  expect(cells).toContain('colspan="2"');
  expect(cells.match(/<td/g)).toHaveLength(9);
});

test("what the feed says of itself is counted, and makes no figure fresh", () => {
  const told = (state: "gap" | "crossed" | "checksum" | "open"): MarketEvent => ({
    kind: "feed",
    market,
    at: 9_000,
    receivedAt: 9_000,
    state,
  });
  const row = rowAfter([quote(1_000), told("gap"), told("gap"), told("crossed"), told("checksum"), told("open")]);
  expect(row).toMatchObject({ bid: 100, ask: 101, heardAt: 1_000, gaps: 2, crossed: 1, checksumsFailed: 1 });
});
