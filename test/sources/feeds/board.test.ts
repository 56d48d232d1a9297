import { expect, test } from "vitest";
import type { MarketEvent } from "../../../src/detectors/event.ts";
import { type BoardRow, createBoard, isStaleRow } from "../../../src/sources/feeds/board.ts";
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
