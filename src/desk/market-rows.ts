import type { MarketRow } from "../chat/console/rows/market.ts";
import type { Market } from "../detectors/event.ts";
import { decimal, grouped } from "../kernel/decimal.ts";
import { type BoardRow, isStaleRow } from "../sources/feeds/board.ts";
import type { LastHits } from "../views/detectors.ts";

const BPS = 10_000;
const HOUR_MS = 3_600_000;
/** Beyond it a float has no digit after the point that means anything. */
const MOST_DIGITS = 8;

/** A price as people read it: the book's own digits where there is a book, eight significant ones where not. */
function priceText(value: number, market: Market): string | null {
  if (!Number.isFinite(value)) return null;
  const whole = Math.max(1, Math.ceil(Math.log10(Math.abs(value) + 1)));
  const digits = market.book?.decimals ?? Math.max(0, MOST_DIGITS - whole);
  const text = value.toFixed(Math.min(digits, 12));
  return grouped(decimal(market.book || !text.includes(".") ? text : text.replace(/\.?0+$/, "")));
}

const bpsOf = (value: number, base: number): number | null => {
  const bps = ((value - base) / base) * BPS;
  return Number.isFinite(bps) ? Number(bps.toFixed(2)) : null;
};

function rowOf(row: BoardRow, hits: LastHits, now: number, wall: number): MarketRow {
  const { market, bid, ask } = row;
  const { venue, instrument } = market;
  const hours = row.fundingIntervalMs / HOUR_MS;
  return {
    venue,
    instrument,
    bid: priceText(bid, market),
    ask: priceText(ask, market),
    last: priceText(row.last, market),
    spreadBps: bpsOf(ask, bid),
    basisBps: bpsOf(row.mark, row.index),
    funding: Number.isFinite(row.fundingRate)
      ? { bps: Number((row.fundingRate * BPS).toFixed(3)), hours: Number.isFinite(hours) ? hours : 8 }
      : null,
    // Before the first word that counts, only the feed itself was heard.
    heardAt: new Date((Number.isFinite(row.heardAt) ? row.heardAt : now) + wall - now).toISOString(),
    stale: isStaleRow(row, now),
    gaps: row.gaps,
    crossed: row.crossed,
    checksumsFailed: row.checksumsFailed,
    hit: hits.get(`${venue} ${instrument}`) ?? null,
  };
}

/**
 * The market for the console, by instrument and then by venue.
 * @param now our time as the rows count it, ms
 * @param wall the same moment by the clock on the wall
 */
export const marketRows = (rows: readonly BoardRow[], hits: LastHits, now: number, wall = now): readonly MarketRow[] =>
  rows
    .map((row) => rowOf(row, hits, now, wall))
    .toSorted(
      (a, b) =>
        a.instrument.localeCompare(b.instrument, "en", { numeric: true }) || a.venue.localeCompare(b.venue, "en"),
    );
