import { type Decimal, type Usd, decimal, fromFloat } from "../kernel/decimal.ts";
import type { Exposure } from "../quant/risk/holdings.ts";
import { portfolioGreeks } from "../quant/risk/portfolio-greeks.ts";
import type { Reading } from "./holdings.ts";
import { isDollar } from "../kernel/dollar.ts";

/** Greeks of one account's asset, of an asset over the desk, or of all; amounts in coins are null where they would add up different coins. */
export interface GreeksLine {
  /** Null for the desk. */
  readonly account: string | null;
  /** Null for all assets together. */
  readonly asset: string | null;
  readonly deltaCoin: Decimal<"base"> | null;
  readonly deltaUsd: Usd;
  readonly gammaUsdPerPercent: Usd;
  readonly vegaCoinPerPoint: Decimal<"base"> | null;
  readonly vegaUsdPerPoint: Usd;
  readonly thetaCoinPerDay: Decimal<"base"> | null;
  readonly thetaUsdPerDay: Usd;
  readonly vannaUsdPerPoint: Usd;
  readonly volgaUsdPerPoint: Usd;
}

/** Greeks per account and asset, then per asset over the desk where there are several accounts, then all of it. */
export interface GreeksReport {
  readonly lines: readonly GreeksLine[];
  readonly notes: readonly string[];
}

const COIN_STEP = decimal("0.0001");
const FINE_COIN_STEP = decimal("0.000001");
const CENT = decimal("0.01");

type Sums = Omit<Exposure, "deltaCoin" | "gammaCoin" | "vegaCoinPerPoint" | "thetaCoinPerDay"> & Partial<Exposure>;

/**
 * The Greeks of accounts that were read. Dollars and their coins are left out: what moves them is a depeg, which `/risk`
 * shows.
 */
export function greeksReport(readings: readonly Reading[]): GreeksReport {
  const greeks = portfolioGreeks(
    readings.flatMap((one) => one.holdings).filter((one) => !(one.kind === "spot" && isDollar(one.asset))),
  );
  const several = readings.length > 1;
  return {
    lines: [
      ...greeks.lines.map((one) => lineOf(one.account, one.asset, one)),
      ...(several ? [...greeks.byAsset].map(([asset, sums]) => lineOf(null, asset, sums)) : []),
      ...(greeks.lines.length > 1 ? [lineOf(several ? null : (readings[0]?.account ?? null), null, greeks.desk)] : []),
    ],
    notes: readings.flatMap((one) => one.notes),
  };
}

function lineOf(account: string | null, asset: string | null, sums: Sums): GreeksLine {
  const coin = (value: number | undefined, step: Decimal): Decimal<"base"> | null =>
    asset === null || value === undefined ? null : fromFloat(value, step, "half-even");
  const usd = (value: number): Usd => fromFloat(value, CENT, "half-even");
  return {
    account,
    asset,
    deltaCoin: coin(sums.deltaCoin, COIN_STEP),
    deltaUsd: usd(sums.deltaUsd),
    gammaUsdPerPercent: usd(sums.gammaUsdPerPercent),
    vegaCoinPerPoint: coin(sums.vegaCoinPerPoint, FINE_COIN_STEP),
    vegaUsdPerPoint: usd(sums.vegaUsdPerPoint),
    thetaCoinPerDay: coin(sums.thetaCoinPerDay, FINE_COIN_STEP),
    thetaUsdPerDay: usd(sums.thetaUsdPerDay),
    vannaUsdPerPoint: usd(sums.vannaUsdPerPoint),
    volgaUsdPerPoint: usd(sums.volgaUsdPerPoint),
  };
}
