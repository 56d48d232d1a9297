import { LOG_SQRT_TWO_PI, mills, MILLS_LIMIT, normalCdf } from "../normal.ts";
import { optionScale, requireHolding, type Holding, type OptionHolding } from "./holdings.ts";

/** How one asset moves under a scenario. */
export interface Move {
  /** −0.2 is a fall of 20 %. Above −1. */
  readonly priceMove: number;
  /** Added to every implied volatility: 0.1 is ten points. Default 0. */
  readonly volMove?: number;
}

/** Holdings laid out in columns once, to be revalued under many moves. */
export interface BookColumns {
  readonly assets: readonly string[];
  /** USD gained per 1.00 of priceMove by everything without an option in it, per asset. */
  readonly linearUsd: Float64Array;
  readonly options: OptionColumns;
}

interface OptionColumns {
  readonly length: number;
  readonly asset: Int32Array;
  readonly isCall: Uint8Array;
  /** Size times USD per unit of the Black price. */
  readonly amount: Float64Array;
  readonly forward: Float64Array;
  readonly strike: Float64Array;
  /** ln(forward / strike). */
  readonly logMoneyness: Float64Array;
  readonly sigma: Float64Array;
  readonly years: Float64Array;
  readonly rootYears: Float64Array;
  /** Value before any move, in USD. */
  readonly value: Float64Array;
}

/** A volatility that falls through zero stops here. */
const LOWEST_SIGMA = 0.01;
const DAYS_PER_YEAR = 365;

/** Lays holdings out for revaluation. Throws NOT_FINITE, OUT_OF_RANGE. */
export function bookColumns(holdings: readonly Holding[]): BookColumns {
  const assets = [...new Set(holdings.map((holding) => holding.asset))];
  const indexOf = new Map(assets.map((asset, index) => [asset, index]));
  const linearUsd = new Float64Array(assets.length);
  const options: OptionHolding[] = [];
  for (const holding of holdings) {
    requireHolding(holding);
    const at = indexOf.get(holding.asset)!;
    if (holding.kind === "option") options.push(holding);
    else if (holding.kind === "spot") linearUsd[at]! += holding.coins * holding.indexUsd;
    else linearUsd[at]! += holding.settlement === "linear" ? holding.size * holding.markUsd : holding.size;
  }
  const columns: OptionColumns = {
    length: options.length,
    asset: Int32Array.from(options, (option) => indexOf.get(option.asset)!),
    isCall: Uint8Array.from(options, (option) => (option.right === "call" ? 1 : 0)),
    amount: Float64Array.from(options, (option) => option.size * optionScale(option)),
    forward: Float64Array.from(options, (option) => option.forwardUsd),
    strike: Float64Array.from(options, (option) => option.strikeUsd),
    logMoneyness: Float64Array.from(options, (option) => Math.log(option.forwardUsd / option.strikeUsd)),
    sigma: Float64Array.from(options, (option) => option.sigma),
    years: Float64Array.from(options, (option) => option.years),
    rootYears: Float64Array.from(options, (option) => Math.sqrt(option.years)),
    value: new Float64Array(options.length),
  };
  for (let index = 0; index < options.length; index += 1) {
    columns.value[index] =
      columns.amount[index]! * blackPrice(columns, index, 1, 0, columns.sigma[index]! * columns.rootYears[index]!);
  }
  return { assets, linearUsd, options: columns };
}

/**
 * Adds each asset's profit in USD under its move, after `days` have passed, to `profits` (one per asset).
 * Throws nothing: moves are checked where scenarios are read.
 */
export function addProfits(profits: Float64Array, book: BookColumns, moves: readonly Move[], days: number): void {
  const { options } = book;
  const logMoves = moves.map((move) => Math.log1p(move.priceMove));
  for (let asset = 0; asset < book.assets.length; asset += 1) {
    profits[asset]! += book.linearUsd[asset]! * moves[asset]!.priceMove;
  }
  const passed = days / DAYS_PER_YEAR;
  for (let index = 0; index < options.length; index += 1) {
    const asset = options.asset[index]!;
    const move = moves[asset]!;
    const sigma = options.sigma[index]!;
    const moved = Math.max(sigma + (move.volMove ?? 0), Math.min(sigma, LOWEST_SIGMA));
    const root = passed === 0 ? options.rootYears[index]! : Math.sqrt(Math.max(0, options.years[index]! - passed));
    const price = blackPrice(options, index, 1 + move.priceMove, logMoves[asset]!, moved * root);
    profits[asset]! += options.amount[index]! * price - options.value[index]!;
  }
}

/**
 * Black's undiscounted price after the forward moved by `factor`, by Mills ratios on the side out of the money:
 * forward · φ(d1) · (M(d1) − M(d2)), absolute error below 1e-14 of the forward, which is far below a cent.
 */
function blackPrice(options: OptionColumns, index: number, factor: number, logFactor: number, spread: number): number {
  const forward = options.forward[index]! * factor;
  const strike = options.strike[index]!;
  const isCall = options.isCall[index] === 1;
  const intrinsic = isCall ? Math.max(0, forward - strike) : Math.max(0, strike - forward);
  if (!(spread > 0)) return intrinsic;
  const moneyness = options.logMoneyness[index]! + logFactor;
  const outside = moneyness < 0;
  const distance = outside ? moneyness : -moneyness;
  const smaller = outside ? forward : strike;
  const near = distance / spread + 0.5 * spread;
  const far = near - spread;
  const density = Math.exp(-0.5 * near * near - LOG_SQRT_TWO_PI);
  const upper = near <= MILLS_LIMIT ? density * mills(near) : normalCdf(near);
  const outsidePrice = smaller * Math.max(0, upper - density * (far <= MILLS_LIMIT ? mills(far) : 0));
  // A call is out of the money below the strike, a put above it; the other side adds the intrinsic value.
  return intrinsic + outsidePrice;
}
