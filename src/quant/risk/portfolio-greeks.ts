import { addExposures, exposureOf, NO_EXPOSURE, type Exposure, type Holding } from "./holdings.ts";

/** The part of an exposure that adds up across assets. */
export type UsdExposure = Omit<Exposure, "deltaCoin" | "gammaCoin" | "vegaCoinPerPoint" | "thetaCoinPerDay">;

/** One account's Greeks of one asset. */
export interface AccountAssetGreeks extends Exposure {
  readonly account: string;
  readonly asset: string;
}

/** A book's Greeks at every level that people ask for. */
export interface PortfolioGreeks {
  /** All of it, in USD: a 1 % move is of every asset at once. */
  readonly desk: UsdExposure;
  readonly byAsset: ReadonlyMap<string, Exposure>;
  readonly byAccount: ReadonlyMap<string, UsdExposure>;
  /** Sorted by account, then asset. */
  readonly lines: readonly AccountAssetGreeks[];
}

/**
 * Sums the Greeks of holdings per account and asset, per asset, per account and over the desk.
 * Balances of stablecoins count as assets of their own: their delta is what a depeg moves.
 * Throws NOT_FINITE, OUT_OF_RANGE.
 */
export function portfolioGreeks(holdings: readonly Holding[]): PortfolioGreeks {
  const cells = new Map<string, AccountAssetGreeks>();
  for (const holding of holdings) {
    const { account, asset } = holding;
    const key = JSON.stringify([account, asset]);
    cells.set(key, { ...addExposures(cells.get(key) ?? NO_EXPOSURE, exposureOf(holding)), account, asset });
  }
  const lines = [...cells.values()].sort((left, right) => {
    return compare(left.account, right.account) || compare(left.asset, right.asset);
  });
  const byAsset = new Map<string, Exposure>();
  const byAccount = new Map<string, Exposure>();
  let desk = NO_EXPOSURE;
  for (const { account, asset, ...exposure } of lines) {
    byAsset.set(asset, addExposures(byAsset.get(asset) ?? NO_EXPOSURE, exposure));
    byAccount.set(account, addExposures(byAccount.get(account) ?? NO_EXPOSURE, exposure));
    desk = addExposures(desk, exposure);
  }
  return {
    desk: inUsd(desk),
    byAsset,
    byAccount: new Map([...byAccount].map(([account, exposure]) => [account, inUsd(exposure)])),
    lines,
  };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function inUsd({
  deltaUsd,
  gammaUsdPerPercent,
  vegaUsdPerPoint,
  thetaUsdPerDay,
  vannaUsdPerPoint,
  volgaUsdPerPoint,
}: Exposure): UsdExposure {
  return { deltaUsd, gammaUsdPerPercent, vegaUsdPerPoint, thetaUsdPerDay, vannaUsdPerPoint, volgaUsdPerPoint };
}
