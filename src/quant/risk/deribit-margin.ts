import { QuantError } from "../errors.ts";
import { black76 } from "../options/black76.ts";
import { requireFinite, requireNotNegative, requirePositive, type OptionKind } from "../options/checks.ts";
import type { MarginRequirement } from "./margin-brackets.ts";

/** A future's standard margin grows with the size: a base plus a slope per coin. */
export interface DeribitFutureRates {
  readonly initialRatio: number;
  readonly maintenanceRatio: number;
  /** Added to both per coin of position. */
  readonly slopePerCoin: number;
}

/** Deribit's BTC futures and perpetuals. Source: Deribit support, "Linear Perpetual" and futures specifications (2 %, 1 %, 0.005 % per BTC). */
export const DERIBIT_BTC_FUTURES: DeribitFutureRates = {
  initialRatio: 0.02,
  maintenanceRatio: 0.01,
  slopePerCoin: 0.00005,
};

/** Deribit's SOL_USDC perpetual. Source: Deribit support, "Linear Perpetual" (4 %, 2 %, 0.0005 % per SOL). */
export const DERIBIT_SOL_FUTURES: DeribitFutureRates = {
  initialRatio: 0.04,
  maintenanceRatio: 0.02,
  slopePerCoin: 0.000005,
};

/**
 * Standard margin of one future in coins; `coins` is the position's size in coins, either sign.
 * Exact for the rates given; the venue's own example: 25 BTC → 2.125 % = 0.53125 BTC. Throws NOT_FINITE.
 */
export function deribitFutureMargin(coins: number, rates: DeribitFutureRates = DERIBIT_BTC_FUTURES): MarginRequirement {
  requireFinite({ coins });
  const size = Math.abs(coins);
  return {
    initial: size * (rates.initialRatio + rates.slopePerCoin * size),
    maintenance: size * (rates.maintenanceRatio + rates.slopePerCoin * size),
  };
}

/** One option position under standard margin. */
export interface DeribitOption {
  readonly kind: OptionKind;
  /** Coins, short below zero. */
  readonly size: number;
  readonly strikeUsd: number;
  /** The forward of its expiry. */
  readonly forwardUsd: number;
  /** Mark price in coins per coin. */
  readonly markCoin: number;
}

/**
 * Standard margin of one option position in coins. Long options need none (their premium is paid). Short call:
 * initial max(0.15 − out-of-the-money / forward, 0.1) + mark, maintenance 0.075 + mark. Short put: maintenance
 * max(0.075, 0.075 · mark) + mark, initial the call's rule but at least the maintenance margin.
 *
 * Exact for BTC and ETH options as documented; orders and the venue's own mark (not the model's) change it.
 * Throws NOT_FINITE, OUT_OF_RANGE. Source: Deribit support, "Standard margin", options.
 */
export function deribitOptionMargin({ kind, size, strikeUsd, forwardUsd, markCoin }: DeribitOption): MarginRequirement {
  requireFinite({ size });
  requirePositive({ strikeUsd, forwardUsd });
  requireNotNegative({ markCoin });
  if (size >= 0) return { initial: 0, maintenance: 0 };
  const outside = Math.max(0, kind === "call" ? strikeUsd - forwardUsd : forwardUsd - strikeUsd) / forwardUsd;
  const plain = Math.max(0.15 - outside, 0.1) + markCoin;
  const maintenance = kind === "call" ? 0.075 + markCoin : Math.max(0.075, 0.075 * markCoin) + markCoin;
  const initial = kind === "call" ? plain : Math.max(plain, maintenance);
  return { initial: -size * initial, maintenance: -size * maintenance };
}

/** A future in a portfolio-margin book. */
export interface PortfolioFuture {
  readonly kind: "future";
  /** Expiry or name: offsetting futures of different ones cost a contingency. */
  readonly name: string;
  readonly coins: number;
}

/** An option in a portfolio-margin book. */
export interface PortfolioOption {
  readonly kind: OptionKind;
  readonly coins: number;
  readonly strikeUsd: number;
  readonly forwardUsd: number;
  readonly years: number;
  readonly sigma: number;
}

/** Deribit's published parameters; its risk team moves them, and the account page shows the present ones. */
export interface PortfolioMarginParameters {
  readonly priceRange: number;
  /** Steps to each side of no move. */
  readonly priceSteps: number;
  readonly volUp: number;
  readonly volDown: number;
  readonly shortVegaPower: number;
  readonly longVegaPower: number;
  readonly lowestShockedVol: number;
  /** Far moves, counted at the share priceRange / |move|, with volatility up. */
  readonly farMoves: readonly number[];
  readonly futureContingency: number;
  readonly optionContingency: number;
  readonly initialFactor: number;
}

/** BTC parameters. Sources: Deribit support, "Portfolio Margin"; Oreome, "Advanced Risk Scenarios" (the volatility shocks). */
export const DERIBIT_BTC_PORTFOLIO: PortfolioMarginParameters = {
  priceRange: 0.16,
  priceSteps: 4,
  volUp: 0.5,
  volDown: 0.25,
  shortVegaPower: 0.3,
  longVegaPower: 0.13,
  lowestShockedVol: 0.5,
  farMoves: [-0.66, -0.33, 0.5, 1, 2, 3, 4, 5],
  futureContingency: 0.01,
  optionContingency: 0.01,
  initialFactor: 1.3,
};

/** Portfolio margin with what makes it up, in coins. */
export interface PortfolioMargin extends MarginRequirement {
  /** Loss of the worst scenario. */
  readonly scenarioLoss: number;
  readonly worst: { readonly priceMove: number; readonly vol: "up" | "same" | "down" };
  readonly contingency: number;
}

/**
 * Segregated portfolio margin of one asset's book, approximated: the worst loss over nine price moves × three
 * volatilities and the far moves, plus contingencies for offsetting futures and for options net short per strike.
 *
 * Stated error: the scenario grid and the volatility shocks follow the published rules; left out are the venue's roll
 * and liquidity shocks, its dampener of the far moves, and netting across currencies, and no recorded account was at
 * hand to measure against. Take it as an estimate, and the venue's own figure where there is one.
 * Throws EMPTY_SERIES, NOT_FINITE, OUT_OF_RANGE.
 */
export function deribitPortfolioMargin(
  indexUsd: number,
  positions: readonly (PortfolioFuture | PortfolioOption)[],
  parameters: PortfolioMarginParameters = DERIBIT_BTC_PORTFOLIO,
): PortfolioMargin {
  requirePositive({ indexUsd });
  if (positions.length === 0) throw new QuantError("EMPTY_SERIES", "the book is empty, so there is nothing to margin");
  const { priceRange, priceSteps, farMoves } = parameters;
  const grid = Array.from({ length: 2 * priceSteps + 1 }, (_, step) => (priceRange * (step - priceSteps)) / priceSteps);
  let scenarioLoss = 0;
  let worst: PortfolioMargin["worst"] = { priceMove: 0, vol: "same" };
  const consider = (priceMove: number, vol: "up" | "same" | "down", share: number): void => {
    const loss =
      (-share * positions.reduce((sum, one) => sum + profitUsd(one, priceMove, vol, parameters, indexUsd), 0)) /
      indexUsd;
    if (loss > scenarioLoss) [scenarioLoss, worst] = [loss, { priceMove, vol }];
  };
  for (const priceMove of grid) for (const vol of ["up", "same", "down"] as const) consider(priceMove, vol, 1);
  for (const priceMove of farMoves) consider(priceMove, "up", priceRange / Math.abs(priceMove));
  const contingency = futureContingency(positions, parameters) + optionContingency(positions, parameters);
  const maintenance = scenarioLoss + contingency;
  return { initial: maintenance * parameters.initialFactor, maintenance, scenarioLoss, worst, contingency };
}

function profitUsd(
  position: PortfolioFuture | PortfolioOption,
  priceMove: number,
  vol: "up" | "same" | "down",
  parameters: PortfolioMarginParameters,
  indexUsd: number,
): number {
  if (position.kind === "future") return position.coins * indexUsd * priceMove;
  const { kind, coins, strikeUsd, forwardUsd, years, sigma } = position;
  const days = Math.max(years * 365, 1 / 24);
  const power = days < 30 ? parameters.shortVegaPower : parameters.longVegaPower;
  const reach = (30 / days) ** power;
  const shocked = {
    up: Math.max(sigma * (1 + parameters.volUp * reach), Math.max(sigma, parameters.lowestShockedVol)),
    same: sigma,
    down: Math.max(0, sigma * (1 - parameters.volDown * reach)),
  }[vol];
  const at = (forward: number, volatility: number): number =>
    black76({ kind, forward, strike: strikeUsd, years, sigma: volatility }).price;
  return coins * (at(forwardUsd * (1 + priceMove), shocked) - at(forwardUsd, sigma));
}

/** Long futures against short ones of other expiries: the smaller side pays. */
function futureContingency(
  positions: readonly (PortfolioFuture | PortfolioOption)[],
  { futureContingency: ratio }: PortfolioMarginParameters,
): number {
  const net = new Map<string, number>();
  for (const one of positions) if (one.kind === "future") net.set(one.name, (net.get(one.name) ?? 0) + one.coins);
  const sides = [...net.values()];
  const long = sides.reduce((sum, coins) => sum + Math.max(0, coins), 0);
  const short = sides.reduce((sum, coins) => sum + Math.max(0, -coins), 0);
  return ratio * Math.min(long, short);
}

/** Calls and puts of one strike and expiry net; what is short of them pays. */
function optionContingency(
  positions: readonly (PortfolioFuture | PortfolioOption)[],
  { optionContingency: ratio }: PortfolioMarginParameters,
): number {
  const net = new Map<string, number>();
  for (const one of positions) {
    if (one.kind === "future") continue;
    const key = `${one.years}/${one.strikeUsd}`;
    net.set(key, (net.get(key) ?? 0) + one.coins);
  }
  return ratio * [...net.values()].reduce((sum, coins) => sum + Math.max(0, -coins), 0);
}
