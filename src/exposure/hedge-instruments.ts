import { type Price, toFloat } from "../kernel/decimal.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { HedgeInstrument, HedgeLevel } from "../quant/hedge/instruments.ts";
import { type Holding, exposureOf } from "../quant/risk/holdings.ts";
import type { VenueName } from "../venues/capabilities.ts";
import type { BookTop } from "../venues/venue.ts";
import type { TakerFees } from "./fees.ts";
import { type OptionView, holdingOf } from "./option-view.ts";

/** Funding is charged every eight hours or quoted for as many; these venues quote it for the hour that they charge. */
const FUNDINGS_PER_DAY = 3;
const HOURLY: ReadonlySet<string> = new Set(["hyperliquid", "krakenfutures"] satisfies VenueName[]);
/** A day's move of the basis between two contracts of one coin, as a share of the price. */
const BASIS_MOVE_RATIO = 0.003;
/** A day's move of the whole volatility curve, in points, that an option of another expiry hedges only in part. */
const CURVE_MOVE_POINTS = 5;
/** A day's move of one strike against the next of the same expiry, in points. */
const SMILE_MOVE_POINTS = 1;

/** What every instrument of a hedge shares. */
export interface HedgeGround {
  readonly account: string;
  readonly venue: string;
  readonly indexUsd: number;
  readonly fees: TakerFees;
  /** Orders reach no further from the mark than this, so deeper levels do not count. */
  readonly collarBps: number;
}

/** Levels within the collar around the reference; a level that does not trade is left out. */
function levels(side: BookTop["bids"], reference: Price, collarBps: number): readonly HedgeLevel[] {
  const middle = toFloat(reference);
  return side.flatMap(([price, quantity]) => {
    const priceUsd = toFloat(price);
    return Math.abs(priceUsd / middle - 1) * 10_000 <= collarBps && priceUsd > 0
      ? [{ priceUsd, quantity: toFloat(quantity) }]
      : [];
  });
}

const greeksOf = (holding: Holding): HedgeInstrument["greeks"] => {
  const { deltaUsd, gammaUsdPerPercent, vegaUsdPerPoint } = exposureOf(holding);
  return { deltaUsd, gammaUsdPerPercent, vegaUsdPerPoint };
};

/**
 * A perpetual as the programme sees it; null where nothing stands in its book within the collar. `natural` where it
 * closes what is held, or is the main market: any other adds a basis. Its lots are so fine that the order is rounded afterwards.
 */
export function perpetualLeg(
  one: Instrument,
  book: BookTop,
  reference: Price,
  ground: HedgeGround,
  natural: boolean,
): HedgeInstrument | null {
  const markUsd = toFloat(reference);
  const contract = toFloat(one.contractSize);
  const coinsPerUnit = one.inverse ? contract / markUsd : contract;
  const [bids, asks] = [levels(book.bids, reference, ground.collarBps), levels(book.asks, reference, ground.collarBps)];
  if (bids.length + asks.length === 0) return null;
  const settlement = one.inverse ? ("inverse" as const) : ("linear" as const);
  const { account, indexUsd } = ground;
  const fundings = HOURLY.has(ground.venue) ? 24 : FUNDINGS_PER_DAY;
  return {
    symbol: one.symbol,
    venue: ground.venue,
    kind: "future",
    coinsPerUnit,
    greeks: greeksOf({ kind: "future", account, asset: one.base, indexUsd, settlement, size: contract, markUsd }),
    bids,
    asks,
    lot: 0,
    feeBps: ground.fees.linearBps,
    basisSdUsd: natural ? 0 : BASIS_MOVE_RATIO * coinsPerUnit * markUsd,
    holdingUsdPerDay: book.fundingRate === null ? 0 : toFloat(book.fundingRate) * fundings * coinsPerUnit * markUsd,
  };
}

/** How many contracts of an option an account may buy and sell. */
export interface OptionLimits {
  /** Contracts held, short below zero. */
  readonly held: number;
  /** USD of premium that may be paid for one option. */
  readonly premiumUsd: number;
  /** The expiry, in years, at which the book's own vega sits. */
  readonly vegaYears: number;
}

/**
 * An option as the programme sees it. Only what is held may be sold: a hedge never writes options, because a short one
 * needs margin in the very storm that it is hedged against.
 */
export function optionLeg(
  view: OptionView,
  book: BookTop,
  reference: Price,
  ground: HedgeGround,
  limits: OptionLimits,
): HedgeInstrument | null {
  const { instrument: one } = view;
  const coinsPerUnit = toFloat(one.contractSize);
  const [bids, asks] = [levels(book.bids, reference, ground.collarBps), levels(book.asks, reference, ground.collarBps)];
  if (bids.length + asks.length === 0) return null;
  const premiumUsd = toFloat(reference) * coinsPerUnit;
  const greeks = greeksOf(holdingOf(view, ground.account, 1));
  const { optionBps, optionCapRatio } = ground.fees;
  return {
    symbol: one.symbol,
    venue: ground.venue,
    kind: "option",
    coinsPerUnit,
    greeks,
    bids,
    asks,
    lot: toFloat(one.lotSize),
    minimum: toFloat(one.minQuantity),
    feeBps: 0,
    feeUsdPerUnit: Math.min((coinsPerUnit * view.indexUsd * optionBps) / 10_000, premiumUsd * optionCapRatio),
    basisSdUsd: limits.held === 0 ? Math.abs(greeks.vegaUsdPerPoint) * missPoints(view.years, limits.vegaYears) : 0,
    buyLimit: Math.max(-limits.held, limits.premiumUsd / premiumUsd),
    sellLimit: Math.max(limits.held, 0),
  };
}

/** How many points an option may miss of a book whose vega sits at another expiry or strike. */
const missPoints = (years: number, vegaYears: number): number =>
  Math.hypot(SMILE_MOVE_POINTS, CURVE_MOVE_POINTS * (1 - Math.sqrt(vegaYears / years)));
