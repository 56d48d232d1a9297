import { toFloat } from "../kernel/decimal.ts";
import type { Instrument } from "../kernel/instrument.ts";
import { isDollar } from "../kernel/dollar.ts";

const YEAR_MS = 365 * 86_400_000;

/** Years of 365 days until an instrument expires; below zero afterwards, null for what never does. */
export const yearsLeft = (one: Instrument, at: Date): number | null =>
  one.expiryAt === undefined ? null : (one.expiryAt.getTime() - at.getTime()) / YEAR_MS;

/**
 * Perpetuals of an asset in dollars, its main market first: linear before inverse, because its delta does not move with the
 * price; USDT before other dollars; then the shorter symbol. One in another coin, such as Binance's "ETHBTC", carries two
 * exposures at once, and its price is none of the asset's.
 */
export function perpetualsOf(instruments: ReadonlyMap<string, Instrument>, asset: string): readonly Instrument[] {
  return [...instruments.values()]
    .filter((one) => one.kind === "perpetual" && one.base === asset && isDollar(one.quote))
    .sort(
      (a, b) =>
        Number(a.inverse) - Number(b.inverse) ||
        Number(b.quote === "USDT") - Number(a.quote === "USDT") ||
        a.symbol.length - b.symbol.length ||
        a.symbol.localeCompare(b.symbol),
    );
}

/** Options of an asset that have not expired, nearest expiry first, then by strike, the call before the put. */
export function optionsOf(
  instruments: ReadonlyMap<string, Instrument>,
  asset: string,
  at: Date,
): readonly Instrument[] {
  return [...instruments.values()]
    .filter((one) => one.kind === "option" && one.base === asset && (yearsLeft(one, at) ?? 0) > 0)
    .sort(
      (a, b) =>
        (a.expiryAt?.getTime() ?? 0) - (b.expiryAt?.getTime() ?? 0) ||
        toFloat(a.strike ?? a.tickSize) - toFloat(b.strike ?? b.tickSize) ||
        (a.optionKind ?? "").localeCompare(b.optionKind ?? ""),
    );
}

/** The option of the same strike, expiry and money on the other side; undefined where none is listed. */
export const twinOf = (instruments: ReadonlyMap<string, Instrument>, one: Instrument): Instrument | undefined =>
  [...instruments.values()].find(
    (other) =>
      other.kind === "option" &&
      other.base === one.base &&
      other.settle === one.settle &&
      other.strike === one.strike &&
      other.optionKind !== one.optionKind &&
      other.expiryAt?.getTime() === one.expiryAt?.getTime(),
  );

/** Whether the venue prices and settles it in the coin itself, as Deribit's coin options are. */
export const coinPriced = (one: Instrument): boolean => one.kind === "option" && one.settle === one.base;
