import { QuantError } from "../errors.ts";
import { requireFinite } from "../options/checks.ts";
import { requireSeries, type Series } from "../series.ts";
import type { Holding } from "./holdings.ts";
import { addProfits, bookColumns, type Move } from "./revaluation.ts";

export type { Move } from "./revaluation.ts";

/** A state of the world to revalue a book in. */
export interface Scenario {
  readonly name: string;
  /** The move of every asset not named in `byAsset`; default none. */
  readonly move?: Move;
  readonly byAsset?: Readonly<Record<string, Move>>;
  /** Calendar days that pass; default 0. */
  readonly days?: number;
}

/** What a scenario does to the book. */
export interface ScenarioProfit {
  readonly name: string;
  /** Gain above zero, loss below. */
  readonly profitUsd: number;
  readonly profitUsdByAsset: Readonly<Record<string, number>>;
}

const STILL: Move = { priceMove: 0 };

/**
 * Revalues a book in full (no Greeks) under each scenario; 10,000 options under 100 scenarios take about 0.1 s.
 * Volatilities stop at 0.01. Throws NOT_FINITE, OUT_OF_RANGE (a price that falls by 100 % or more, negative days).
 */
export function stressBook(holdings: readonly Holding[], scenarios: readonly Scenario[]): ScenarioProfit[] {
  const book = bookColumns(holdings);
  const profits = new Float64Array(book.assets.length);
  return scenarios.map((scenario) => {
    const { name, days = 0 } = scenario;
    if (!(days >= 0)) throw new QuantError("OUT_OF_RANGE", `scenario ${name} has ${days} days; time does not run back`);
    const moves = book.assets.map((asset) => checked(name, asset, scenario.byAsset?.[asset] ?? scenario.move ?? STILL));
    profits.fill(0);
    addProfits(profits, book, moves, days);
    return {
      name,
      profitUsd: profits.reduce((sum, value) => sum + value, 0),
      profitUsdByAsset: Object.fromEntries(book.assets.map((asset, index) => [asset, profits[index]!])),
    };
  });
}

function checked(name: string, asset: string, move: Move): Move {
  requireFinite({
    [`${name}'s move of ${asset}`]: move.priceMove,
    [`${name}'s volatility move of ${asset}`]: move.volMove ?? 0,
  });
  if (move.priceMove <= -1) {
    throw new QuantError("OUT_OF_RANGE", `scenario ${name} takes ${asset} to zero or below; a price stays above it`);
  }
  return move;
}

/** A heat map: profits by price move (columns) and volatility move (rows). */
export interface StressGrid {
  readonly priceMoves: readonly number[];
  readonly volMoves: readonly number[];
  /** profitUsd[row of volMoves][column of priceMoves]. */
  readonly profitUsd: readonly (readonly number[])[];
}

const PRICE_MOVES = [-0.5, -0.3, -0.2, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5] as const;
const VOL_MOVES = [-0.2, -0.1, 0, 0.1, 0.2, 0.4] as const;

/**
 * The book's profit on a grid of price moves × volatility moves, of the assets named (others stand still) or of all.
 * Defaults: −50 % … +50 % by 13 and −20 … +40 points by 6. Throws NOT_FINITE, OUT_OF_RANGE.
 */
export function stressGrid(
  holdings: readonly Holding[],
  options: {
    readonly priceMoves?: readonly number[];
    readonly volMoves?: readonly number[];
    readonly assets?: readonly string[];
  } = {},
): StressGrid {
  const { priceMoves = PRICE_MOVES, volMoves = VOL_MOVES, assets } = options;
  const scenarios = volMoves.flatMap((volMove) =>
    priceMoves.map((priceMove): Scenario => {
      const move = { priceMove, volMove };
      const name = `${priceMove}/${volMove}`;
      return assets === undefined
        ? { name, move }
        : { name, byAsset: Object.fromEntries(assets.map((asset) => [asset, move])) };
    }),
  );
  const profits = stressBook(holdings, scenarios).map((result) => result.profitUsd);
  return {
    priceMoves,
    volMoves,
    profitUsd: volMoves.map((_, row) => profits.slice(row * priceMoves.length, (row + 1) * priceMoves.length)),
  };
}

/**
 * One scenario per past day from the joint log returns of each asset, with optional changes of its volatility (points
 * as 0.01). All series pair up by day. Throws EMPTY_SERIES, NOT_FINITE, LENGTH_MISMATCH.
 */
export function historicalScenarios(
  returns: Readonly<Record<string, Series>>,
  names: readonly string[],
  volMoves: Readonly<Record<string, Series>> = {},
): Scenario[] {
  for (const [asset, series] of [...Object.entries(returns), ...Object.entries(volMoves)]) {
    requireSeries(`the series of ${asset}`, series, 1);
    if (series.length !== names.length) {
      throw new QuantError("LENGTH_MISMATCH", `${asset} has ${series.length} days and there are ${names.length} names`);
    }
  }
  return names.map((name, day) => ({
    name,
    byAsset: Object.fromEntries(
      Object.entries(returns).map(([asset, series]) => [
        asset,
        { priceMove: Math.expm1(series[day]!), volMove: volMoves[asset]?.[day] ?? 0 },
      ]),
    ),
  }));
}

/** A stablecoin loses its peg: `discount` 0.05 takes it to 0.95 USD; nothing else moves. Throws OUT_OF_RANGE outside (0, 1). */
export function depegScenario(stablecoin: string, discount: number): Scenario {
  if (!(discount > 0 && discount < 1)) {
    throw new QuantError("OUT_OF_RANGE", `discount was ${discount}; it lies between 0 and 1, as 0.05`);
  }
  return {
    name: `${stablecoin} at ${(1 - discount).toFixed(2)} USD`,
    byAsset: { [stablecoin]: { priceMove: -discount } },
  };
}
