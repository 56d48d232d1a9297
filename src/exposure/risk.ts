import { type AccountState, marginEquity } from "../kernel/account.ts";
import { type Price, type Ratio, type Usd, decimal, fromFloat, toFloat } from "../kernel/decimal.ts";
import { QuantError } from "../quant/errors.ts";
import { type Holding, addExposures, exposureOf, NO_EXPOSURE } from "../quant/risk/holdings.ts";
import { liquidationPrices, liquidationProbability } from "../quant/risk/liquidation.ts";
import { addProfits, bookColumns } from "../quant/risk/revaluation.ts";
import { depegScenario, stressBook, stressGrid } from "../quant/risk/stress.ts";
import { valueAtRisk } from "../quant/risk/value-at-risk.ts";
import type { Reading } from "./holdings.ts";
import { isDollar } from "../kernel/dollar.ts";
import { type PriceFan, priceFan } from "./price-fan.ts";

/** Volatility of each coin and where it was taken from. */
export type Volatilities = ReadonlyMap<string, { readonly sigma: Ratio; readonly from: string }>;

/** What a book may lose in a day. */
export interface DayRisk {
  /** Loss not exceeded with 99 % confidence. */
  readonly var99Usd: Usd;
  /** Mean loss in the worst 1 %. */
  readonly shortfallUsd: Usd;
}

/** Where an account is liquidated if one coin moves and all else stands still. */
export interface LiquidationRisk {
  readonly asset: string;
  readonly spot: Price;
  readonly below: Price | null;
  readonly above: Price | null;
  /** Of touching either within 24 hours, by Brownian motion at the volatility named. */
  readonly dayRatio: Ratio;
  readonly sigma: Ratio;
  /** Where the coin's price may stand over those hours. */
  readonly fan: PriceFan;
}

/** Profit of the book on a grid of moves of every coin at once. */
export interface StressTable {
  readonly priceMoves: readonly Ratio[];
  readonly volMoves: readonly Ratio[];
  /** [row of volMoves][column of priceMoves]. */
  readonly profitUsd: readonly (readonly Usd[])[];
}

/** What follows from an account's book without any simulation; null parts are explained in `notes`. */
export interface BookRisk {
  readonly account: string;
  readonly liquidation: LiquidationRisk | null;
  readonly stress: StressTable;
  /** Profit where the largest dollar coin held falls to 0.95; null where none is held. */
  readonly depeg: { readonly asset: string; readonly profitUsd: Usd } | null;
  readonly notes: readonly string[];
}

/** An account's risk with what a day may cost, as far as its data allows. */
export interface RiskReport extends BookRisk {
  /** Null where the volatility of a coin is not known, which `notes` then says. */
  readonly day: DayRisk | null;
}

/** Coins fall together; no series is kept long enough to measure it, so one figure on the safe side stands for all pairs. */
const CORRELATION = 0.85;
/** Student's degrees of freedom of a day's joint move: daily returns of coins have about these tails. */
const DEGREES = 4;
const PATHS = 10_000;
const LEVEL = 0.99;
const DAY_YEARS = 1 / 365;
const PRICE_MOVES = [-0.3, -0.2, -0.1, -0.05, 0, 0.05, 0.1, 0.2] as const;
const VOL_MOVES = [-0.1, 0, 0.2, 0.5] as const;
const DEPEG = 0.05;
const CENT = decimal("0.01");
const STEP = decimal("0.0001");

const usd = (value: number): Usd => fromFloat(value, CENT, "half-even");
const ratio = (value: number): Ratio => fromFloat(value, STEP, "half-even");

/** Coins of a book, dollars apart, and which of them have no known volatility. */
function coinsOf(reading: Reading, volatilities: Volatilities) {
  const coins = reading.holdings.filter((one) => !isDollar(one.asset));
  const assets = [...new Set(coins.map((one) => one.asset))];
  return { coins, assets, unknown: assets.filter((asset) => !volatilities.has(asset)) };
}

/** Measures an account's stress and liquidation from its book, its venue's figures and the volatility of its coins. */
export function bookRisk(reading: Reading, state: AccountState, volatilities: Volatilities): BookRisk {
  const notes = [...reading.notes];
  const { coins, assets } = coinsOf(reading, volatilities);
  const grid = stressGrid(coins, { priceMoves: PRICE_MOVES, volMoves: VOL_MOVES });
  return {
    account: state.account,
    liquidation: liquidationOf(reading, state, coins, assets, volatilities, notes),
    stress: {
      priceMoves: grid.priceMoves.map(ratio),
      volMoves: grid.volMoves.map(ratio),
      profitUsd: grid.profitUsd.map((row) => row.map(usd)),
    },
    depeg: depegOf(reading.holdings),
    notes,
  };
}

/** The same with a day's loss, which is simulated: some ten milliseconds of the processor an account. */
export function riskReport(reading: Reading, state: AccountState, volatilities: Volatilities): RiskReport {
  const book = bookRisk(reading, state, volatilities);
  const { coins, assets, unknown } = coinsOf(reading, volatilities);
  if (unknown.length === 0) return { ...book, day: assets.length > 0 ? dayRisk(coins, assets, volatilities) : null };
  const why = `No volatility of ${unknown.join(", ")} is known at ${state.venue}, so a day's loss is not estimated.`;
  return { ...book, day: null, notes: [...book.notes, why] };
}

function dayRisk(coins: readonly Holding[], assets: readonly string[], volatilities: Volatilities): DayRisk {
  const daily = assets.map((asset) => toFloat(volatilities.get(asset)?.sigma ?? decimal("0")) * Math.sqrt(DAY_YEARS));
  const book = bookColumns(coins);
  const profits = new Float64Array(book.assets.length);
  const order = book.assets.map((asset) => assets.indexOf(asset));
  const result = valueAtRisk({
    method: "simulation",
    level: LEVEL,
    covariance: daily.map((own, row) => daily.map((other, column) => own * other * (row === column ? 1 : CORRELATION))),
    degrees: DEGREES,
    paths: PATHS,
    profit: (moves) => {
      profits.fill(0);
      addProfits(
        profits,
        book,
        order.map((at) => ({ priceMove: Math.expm1(moves[at] ?? 0) })),
        0,
      );
      return profits.reduce((sum, one) => sum + one, 0);
    },
  });
  return { var99Usd: usd(result.var), shortfallUsd: usd(result.expectedShortfall) };
}

/** For the coin with most delta: the money that stands for the margin by full revaluation, maintenance in proportion to its price, as venues charge it to first order. */
function liquidationOf(
  reading: Reading,
  state: AccountState,
  coins: readonly Holding[],
  assets: readonly string[],
  volatilities: Volatilities,
  notes: string[],
): LiquidationRisk | null {
  const weight = (asset: string): number =>
    Math.abs(
      coins.filter((one) => one.asset === asset).reduce((sum, one) => addExposures(sum, exposureOf(one)), NO_EXPOSURE)
        .deltaUsd,
    );
  const [asset] = assets.toSorted((a, b) => weight(b) - weight(a));
  const spot = asset === undefined ? undefined : reading.indexes.get(asset);
  const sigma = asset === undefined ? undefined : volatilities.get(asset)?.sigma;
  const maintenance = toFloat(state.maintenanceMarginUsd);
  const money = toFloat(marginEquity(state));
  if (asset === undefined || spot === undefined || sigma === undefined || maintenance === 0) return null;
  const book = bookColumns(coins.filter((one) => one.asset === asset));
  const profit = new Float64Array(1);
  try {
    const prices = liquidationPrices({
      spot,
      equityAt: (price) => {
        profit[0] = 0;
        addProfits(profit, book, [{ priceMove: price / spot - 1 }], 0);
        return money + (profit[0] ?? 0);
      },
      maintenanceAt: (price) => (maintenance * price) / spot,
    });
    const { either } = liquidationProbability(prices, { spot, sigma: toFloat(sigma), years: DAY_YEARS });
    const priced = (value: number | undefined): Price | null =>
      value === undefined ? null : fromFloat(value, CENT, "half-even");
    return {
      asset,
      spot: fromFloat(spot, CENT, "half-even"),
      below: priced(prices.below),
      above: priced(prices.above),
      dayRatio: ratio(either),
      sigma,
      fan: priceFan(spot, toFloat(sigma)),
    };
  } catch (error) {
    if (!(error instanceof QuantError)) throw error;
    notes.push(`No liquidation price of ${state.account}: ${error.message}.`);
    return null;
  }
}

function depegOf(holdings: readonly Holding[]): BookRisk["depeg"] {
  const dollars = holdings.filter((one) => one.kind === "spot" && isDollar(one.asset));
  const held = dollars.toSorted((a, b) => Math.abs(exposureOf(b).deltaUsd) - Math.abs(exposureOf(a).deltaUsd))[0];
  if (held === undefined) return null;
  const [result] = stressBook(holdings, [depegScenario(held.asset, DEPEG)]);
  return { asset: held.asset, profitUsd: usd(result?.profitUsd ?? 0) };
}
