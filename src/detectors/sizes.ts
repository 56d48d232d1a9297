import type { Market } from "./event.ts";

/**
 * The unit that a venue's public streams count sizes in, alike in books, trades, forced orders and open interest. Every
 * size that a detector sees is in its market's unit, also those of our own orders and positions.
 */
interface SizeUnit {
  /** "contracts" as accounts are told them, or "face": the USD of a coin-settled contract, else its coins. */
  readonly counts: "contracts" | "face";
  /** Coins in one unit of a contract that is not settled in its coin; NaN where each contract has its own. */
  readonly linear: number;
  /** USD in one unit of a coin-settled contract: bitcoin's, and any other coin's; NaN where each contract has its own. */
  readonly inverse: readonly [bitcoin: number, other: number];
  /** Coins in one unit of an option; NaN where each has its own. */
  readonly option: number;
}

/** Contracts of one coin or one dollar: contracts and face are the same. */
const ONES: SizeUnit = { counts: "contracts", linear: 1, inverse: [1, 1], option: 1 };

/** Sources: the venues' public API references, of streams and of listings ("contract size", `ctVal`, `contract_size`). */
const UNITS: Readonly<Record<string, SizeUnit>> = {
  binance: ONES,
  binanceusdm: ONES,
  binancecoinm: { ...ONES, inverse: [100, 10] },
  bitmex: { ...ONES, linear: Number.NaN, inverse: [1, Number.NaN] },
  bybit: ONES,
  coinbase: ONES,
  // "For perpetual and inverse futures the amount is in USD units. For options and linear futures it is the underlying
  // base currency coin": accounts hold contracts, each of ten dollars, of a part of a coin or of several.
  deribit: { ...ONES, counts: "face" },
  hyperliquid: ONES,
  kraken: ONES,
  krakenfutures: ONES,
  okx: { counts: "contracts", linear: Number.NaN, inverse: [100, 10], option: Number.NaN },
  paper: { ...ONES, inverse: [100, 10] },
};

const unitOf = (venue: string): SizeUnit => UNITS[venue] ?? ONES;

/** Whether `sizeOf` needs to know how large a venue's contracts are. */
export const countsFace = (venue: string): boolean => unitOf(venue).counts === "face";

/**
 * An account's contracts in the unit of their market's sizes.
 * @param contractSize coins (linear) or USD (inverse) a contract; NaN where it is not known, and so is the size
 */
export const sizeOf = (venue: string, contracts: number, contractSize: number): number =>
  countsFace(venue) ? contracts * contractSize : contracts;

/** Coins that a size is worth at a price; NaN where the venue's unit is not known to be the same for all its contracts. */
export function coinsOf({ venue, type, base, inverse }: Market, size: number, price: number): number {
  if (type === "spot") return size;
  const unit = unitOf(venue);
  if (type === "option") return size * unit.option;
  return inverse ? (size * unit.inverse[base === "BTC" ? 0 : 1]) / price : size * unit.linear;
}
