import type { MarketRow } from "../../chat/console/rows/market.ts";
import type { Market } from "../../detectors/event.ts";
import { decimal, grouped } from "../../kernel/decimal.ts";
import { type BoardRow, isStaleRow } from "../../sources/feeds/board.ts";
import type { LastHits } from "../../views/detectors.ts";

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

/** Why an instrument may not be heard, by venue and the venue's own name. */
type TroubleOf = (venue: string, raw: string) => string | null;

/** What is told of an option beside its best prices; null for anything else. */
function optionOf({ market, mark, impliedVolatility, openInterest, forward }: BoardRow): MarketRow["option"] {
  if (market.option === undefined) return null;
  const price = priceText(mark, market);
  return {
    mark: price !== null && market.inverse ? `${price} ${market.base}` : price,
    volatilityPercent: Number.isFinite(impliedVolatility) ? Number((impliedVolatility * 100).toFixed(1)) : null,
    openInterest: Number.isFinite(openInterest) ? grouped(decimal(String(Number(openInterest.toFixed(3))))) : null,
    underlying: Number.isFinite(forward) ? grouped(decimal(forward.toFixed(2))) : null,
  };
}

function rowOf(row: BoardRow, hits: LastHits, now: number, wall: number, troubleOf: TroubleOf): MarketRow {
  const { market, bid, ask } = row;
  const unheard = Number.isNaN(row.heardAt);
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
    option: optionOf(row),
    heardAt: unheard ? null : new Date(row.heardAt + wall - now).toISOString(),
    trouble: unheard ? troubleOf(venue, market.raw) : null,
    stale: unheard || isStaleRow(row, now),
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
export const marketRows = (
  rows: readonly BoardRow[],
  hits: LastHits,
  now: number,
  wall = now,
  troubleOf: TroubleOf = () => null,
): readonly MarketRow[] =>
  rows
    .map((row) => rowOf(row, hits, now, wall, troubleOf))
    .toSorted(
      (a, b) =>
        a.instrument.localeCompare(b.instrument, "en", { numeric: true }) || a.venue.localeCompare(b.venue, "en"),
    );
