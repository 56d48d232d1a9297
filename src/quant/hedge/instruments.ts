import { QuantError } from "../errors.ts";
import { requireFinite, requireNotNegative, requirePositive } from "../options/checks.ts";

/** The Greeks that a hedge works on; units are in the names. */
export interface HedgeGreeks {
  readonly deltaUsd: number;
  readonly gammaUsdPerPercent: number;
  readonly vegaUsdPerPoint: number;
}

/** The three Greeks in the order of every list here. */
export const GREEKS = [
  "deltaUsd",
  "gammaUsdPerPercent",
  "vegaUsdPerPoint",
] as const satisfies readonly (keyof HedgeGreeks)[];

/** One level of a book, in units of the instrument. */
export interface HedgeLevel {
  readonly priceUsd: number;
  readonly quantity: number;
}

/** Something the desk could trade to hedge. A unit is one contract, or one coin where there are no contracts. */
export interface HedgeInstrument {
  readonly symbol: string;
  readonly venue: string;
  readonly kind: "spot" | "future" | "option";
  /** Coins that one unit's price refers to: contract size of a linear one, USD of an inverse one over its price. */
  readonly coinsPerUnit: number;
  /** Greeks of one unit long. */
  readonly greeks: HedgeGreeks;
  /** Best first, prices in USD per coin, quantities in units. Only this depth is used. */
  readonly bids: readonly HedgeLevel[];
  readonly asks: readonly HedgeLevel[];
  /** Units are traded in multiples of this; 0 for any amount. */
  readonly lot: number;
  /** Smallest order in units; default one lot. */
  readonly minimum?: number;
  /** Taker fee on the notional, in basis points. */
  readonly feeBps: number;
  /** Fee of one unit where the venue does not charge by notional (options with a cap); replaces feeBps. */
  readonly feeUsdPerUnit?: number;
  /** Funding and borrow paid per unit long and day; below zero where a long earns. A short pays the opposite. Default 0. */
  readonly holdingUsdPerDay?: number;
  /** Standard deviation, per unit over the horizon, of what this hedge misses of the risk: basis and venue. Default 0. */
  readonly basisSdUsd?: number;
  /** Units that may be bought and sold, whatever the depth; default no limit. */
  readonly buyLimit?: number;
  readonly sellLimit?: number;
}

/** Price between best bid and ask, or of the one side there is. */
export function middlePrice({ bids, asks, symbol }: HedgeInstrument): number {
  const [bid, ask] = [bids[0]?.priceUsd, asks[0]?.priceUsd];
  const middle = bid !== undefined && ask !== undefined ? (bid + ask) / 2 : (bid ?? ask);
  if (middle === undefined) throw new QuantError("EMPTY_SERIES", `${symbol} has an empty book; leave it out`);
  return middle;
}

/** What one unit costs at a level: crossing from the middle and the fee, never below zero. */
export function levelCost(
  instrument: HedgeInstrument,
  level: HedgeLevel,
  middle: number,
): { spreadUsd: number; feeUsd: number } {
  return {
    spreadUsd: instrument.coinsPerUnit * Math.abs(level.priceUsd - middle),
    feeUsd: instrument.feeUsdPerUnit ?? (instrument.coinsPerUnit * level.priceUsd * instrument.feeBps) / 10_000,
  };
}

/** Throws NOT_FINITE, OUT_OF_RANGE or EMPTY_SERIES unless the instrument can be put into a programme. */
export function requireInstrument(instrument: HedgeInstrument): void {
  const {
    symbol,
    bids,
    asks,
    lot,
    minimum = 0,
    feeBps,
    feeUsdPerUnit = 0,
    holdingUsdPerDay = 0,
    basisSdUsd = 0,
  } = instrument;
  const named = (name: string): string => `${name} of ${symbol}`;
  requirePositive({ [named("coinsPerUnit")]: instrument.coinsPerUnit });
  requireNotNegative({
    [named("lot")]: lot,
    [named("minimum")]: minimum,
    [named("basisSdUsd")]: basisSdUsd,
    [named("feeUsdPerUnit")]: feeUsdPerUnit,
  });
  const { buyLimit = Infinity, sellLimit = Infinity } = instrument;
  if (!(buyLimit >= 0 && sellLimit >= 0)) {
    throw new QuantError(
      "OUT_OF_RANGE",
      `${symbol} may be bought ${buyLimit} and sold ${sellLimit}; limits are not negative`,
    );
  }
  requireFinite({ [named("feeBps")]: feeBps, [named("holdingUsdPerDay")]: holdingUsdPerDay });
  for (const name of GREEKS) requireFinite({ [named(name)]: instrument.greeks[name] });
  middlePrice(instrument);
  for (const [side, levels] of [
    ["bids", bids],
    ["asks", asks],
  ] as const) {
    let before: number | undefined;
    for (const { priceUsd, quantity } of levels) {
      requirePositive({ [named(`a price in the ${side}`)]: priceUsd });
      requireNotNegative({ [named(`a quantity in the ${side}`)]: quantity });
      if (before !== undefined && (side === "bids" ? priceUsd > before : priceUsd < before)) {
        throw new QuantError("OUT_OF_RANGE", `the ${side} of ${symbol} are not sorted best first`);
      }
      before = priceUsd;
    }
  }
  if (bids[0] !== undefined && asks[0] !== undefined && bids[0].priceUsd > asks[0].priceUsd) {
    throw new QuantError(
      "ARBITRAGE",
      `the book of ${symbol} is crossed (bid ${bids[0].priceUsd}, ask ${asks[0].priceUsd}); read it again`,
    );
  }
}
