import { QuantError } from "../errors.ts";
import { requireFinite, requireNotNegative } from "../options/checks.ts";
import type { Holding } from "./holdings.ts";
import { portfolioGreeks, type PortfolioGreeks } from "./portfolio-greeks.ts";

/** What stands at one venue or counterparty. */
export interface VenueStake {
  readonly venue: string;
  /** Accounts there, by the names the holdings use. */
  readonly accounts: readonly string[];
  /** Balances and unrealised profit at the venue, in USD; below zero where the desk owes. */
  readonly equityUsd: number;
  /** Collateral that the desk holds against the venue, or that lies with a custodian out of its reach; default 0. */
  readonly protectedUsd?: number;
}

/** How a default is to be judged. */
export interface DefaultAssumptions {
  /** Share of the claim that comes back, 0 … 1. Default 0.4, the market's convention for senior unsecured claims. */
  readonly recoveryRatio?: number;
  /** Yearly probability of default, 0 … 1; default 0.05. */
  readonly yearlyProbability?: number;
  /** Time until money could be withdrawn, in days; default 1. */
  readonly withdrawalDays?: number;
  /** Volatility of the equity over √year as a share of it, for the add-on; default 0.8. */
  readonly sigma?: number;
}

/** Counterparty risk of one venue. */
export interface DefaultExposure {
  readonly venue: string;
  /** What is lost to reach: equity above what is protected, never below zero. */
  readonly exposureAtDefaultUsd: number;
  /** The same after the equity grew by its 97.5 % move before money could be withdrawn. */
  readonly potentialExposureUsd: number;
  readonly lossGivenDefaultUsd: number;
  /** Over a year. */
  readonly expectedLossUsd: number;
  /** The Greeks of what is left when the venue's positions are gone: hedges there no longer hedge. */
  readonly remaining: PortfolioGreeks;
}

/** 97.5 % quantile of the normal law. */
const NEARLY_TWO = 1.959963984540054;

/**
 * Exposure at default of each venue, largest first, with what the desk's Greeks become without it.
 * Throws NOT_FINITE, OUT_OF_RANGE. Source: Gregory, The xVA Challenge (2020), chapters 7 and 8, for one netting set.
 */
export function exposureAtDefault(
  stakes: readonly VenueStake[],
  holdings: readonly Holding[],
  assumptions: DefaultAssumptions = {},
): DefaultExposure[] {
  const { recoveryRatio = 0.4, yearlyProbability = 0.05, withdrawalDays = 1, sigma = 0.8 } = assumptions;
  requireNotNegative({ recoveryRatio, yearlyProbability, withdrawalDays, sigma });
  if (recoveryRatio > 1 || yearlyProbability > 1) {
    throw new QuantError("OUT_OF_RANGE", "recoveryRatio and yearlyProbability are shares and do not exceed 1");
  }
  return stakes
    .map(({ venue, accounts, equityUsd, protectedUsd = 0 }) => {
      requireFinite({ equityUsd });
      requireNotNegative({ protectedUsd });
      const exposureAtDefaultUsd = Math.max(0, equityUsd - protectedUsd);
      const growth = NEARLY_TWO * sigma * Math.sqrt(withdrawalDays / 365);
      const lossGivenDefaultUsd = exposureAtDefaultUsd * (1 - recoveryRatio);
      return {
        venue,
        exposureAtDefaultUsd,
        potentialExposureUsd: Math.max(0, equityUsd * (1 + growth) - protectedUsd),
        lossGivenDefaultUsd,
        expectedLossUsd: lossGivenDefaultUsd * yearlyProbability,
        remaining: portfolioGreeks(holdings.filter((holding) => !accounts.includes(holding.account))),
      };
    })
    .sort((left, right) => right.exposureAtDefaultUsd - left.exposureAtDefaultUsd);
}
