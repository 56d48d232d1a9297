import { type Price, type Ratio, decimal, fromFloat, toFloat } from "../kernel/decimal.ts";
import type { Instrument } from "../kernel/instrument.ts";
import { QuantError } from "../quant/errors.ts";
import { type SmileQuote, fitSvi } from "../quant/options/svi-fit.ts";
import { sviAt } from "../quant/options/svi.ts";
import type { VenueReader } from "../venues/venue.ts";
import { indexOf } from "./holdings.ts";
import { coinPriced, optionsOf, twinOf, yearsLeft } from "./instruments.ts";
import { type OptionView, viewOption } from "./option-view.ts";

/** One strike's implied volatility. */
export interface StrikeVolatility {
  readonly strike: Price;
  readonly optionKind: "call" | "put";
  /** 0.55 is 55 % a year. */
  readonly sigma: Ratio;
}

/** One expiry's smile, from marks out of the money. */
export interface ExpirySmile {
  readonly expiryAt: Date;
  readonly days: Ratio;
  readonly forward: Price;
  /** At the forward: of a fit free of arbitrage where five strikes or more are quoted, else between the nearest two. */
  readonly atm: Ratio;
  /** Volatility at 90 % of the forward less that at 110 %; null without a fit. */
  readonly skew: Ratio | null;
  readonly strikes: readonly StrikeVolatility[];
  /** The fit over the strikes read, left to right; empty without one. */
  readonly curve: readonly { readonly strike: Price; readonly sigma: Ratio }[];
}

const MOST_EXPIRIES = 3;
/** Strikes read to each side of the money and expiry: venues limit how often a book may be asked for. */
const MOST_STRIKES = 5;
/** In the last hours an implied volatility is mostly the tick of the mark. */
const SHORTEST_YEARS = 0.5 / 365;
const STEP = decimal("0.0001");
/** Further out than this many deviations a mark is its venue's rounding. */
const FARTHEST_DEVIATIONS = 4.5;

const share = (value: number): Ratio => fromFloat(value, STEP, "half-even");

/**
 * Reads the smiles of an asset's nearest expiries at a venue, out of the money on both sides of the index. Empty where
 * it lists no option of the asset or none has a usable mark. @throws DeskError as the venue's reads do
 */
export async function readSmiles(
  reader: VenueReader,
  asset: string,
  at: Date,
  limits: { readonly expiries?: number; readonly strikes?: number; readonly shortestYears?: number } = {},
): Promise<readonly ExpirySmile[]> {
  const { expiries = MOST_EXPIRIES, strikes = MOST_STRIKES, shortestYears = SHORTEST_YEARS } = limits;
  const instruments = await reader.instruments();
  const listed = optionsOf(instruments, asset, at).filter((one) => (yearsLeft(one, at) ?? 0) >= shortestYears);
  // Coin options and dollar options of one asset are two markets; the one with more strikes is read.
  const inCoin = listed.filter(coinPriced);
  const chosen = inCoin.length * 2 > listed.length ? inCoin : listed.filter((one) => !coinPriced(one));
  const indexUsd = chosen.length === 0 ? undefined : await indexOf(reader, instruments, asset);
  if (indexUsd === undefined) return [];
  const times = [...new Set(chosen.map((one) => one.expiryAt?.getTime() ?? 0))].slice(0, expiries);
  const smiles = await Promise.all(
    times.map(async (time) => {
      const own = chosen.filter((one) => one.expiryAt?.getTime() === time);
      return smileOf(await viewsOf(reader, instruments, own, indexUsd, at, strikes));
    }),
  );
  return smiles.filter((one) => one !== null);
}

async function viewsOf(
  reader: VenueReader,
  instruments: ReadonlyMap<string, Instrument>,
  options: readonly Instrument[],
  indexUsd: number,
  at: Date,
  strikes: number,
): Promise<readonly OptionView[]> {
  const away = (one: Instrument): number => toFloat(one.strike ?? one.tickSize) / indexUsd - 1;
  const nearest = options.toSorted((a, b) => Math.abs(away(a)) - Math.abs(away(b)));
  const outside = (["call", "put"] as const).flatMap((side) =>
    nearest
      .filter((one) => one.optionKind === side && (side === "call" ? away(one) >= 0 : away(one) < 0))
      .slice(0, strikes),
  );
  const [centre] = nearest;
  const twin = centre && twinOf(instruments, centre);
  // One forward for the whole expiry, from the strike where call and put are both liquid.
  const pair = centre && twin ? await Promise.all([reader.book(centre.symbol, 1), reader.book(twin.symbol, 1)]) : null;
  const view = centre && pair ? viewOption(centre, pair[0], pair[1], indexUsd, at) : null;
  const views = await Promise.all(
    outside.map(async (one) => {
      const found = viewOption(one, await reader.book(one.symbol, 1), undefined, view?.forwardUsd ?? indexUsd, at);
      return found && { ...found, indexUsd };
    }),
  );
  return views.filter((one) => one !== null).filter(tells);
}

/** The mark is large enough beside its tick to say something of volatility. */
const tells = ({ strikeUsd, forwardUsd, sigma, years }: OptionView): boolean =>
  sigma > 0 && Math.abs(Math.log(strikeUsd / forwardUsd)) <= FARTHEST_DEVIATIONS * sigma * Math.sqrt(years);

function smileOf(views: readonly OptionView[]): ExpirySmile | null {
  const [first] = views;
  const expiryAt = first?.instrument.expiryAt;
  if (first === undefined || expiryAt === undefined) return null;
  const sorted = views.toSorted((a, b) => a.strikeUsd - b.strikeUsd);
  const quotes = sorted.map((one): SmileQuote => ({ k: Math.log(one.strikeUsd / one.forwardUsd), sigma: one.sigma }));
  const fitted = fit(quotes, first.years);
  return {
    expiryAt,
    days: fromFloat(first.years * 365, decimal("0.1"), "half-even"),
    forward: fromFloat(first.forwardUsd, CENT, "half-even"),
    atm: share(fitted ? fitted(0) : between(quotes)),
    skew: fitted ? share(fitted(Math.log(0.9)) - fitted(Math.log(1.1))) : null,
    strikes: sorted.map((one) => ({
      strike: one.instrument.strike ?? fromFloat(one.strikeUsd, CENT, "half-even"),
      optionKind: one.right,
      sigma: share(one.sigma),
    })),
    curve: fitted ? curveOf(fitted, sorted, first.forwardUsd) : [],
  };
}

const CENT = decimal("0.01");
const CURVE_POINTS = 41;

/** A fit from the lowest strike to the highest. */
function curveOf(
  fitted: (k: number) => number,
  sorted: readonly OptionView[],
  forward: number,
): readonly { readonly strike: Price; readonly sigma: Ratio }[] {
  const [low, high] = [sorted[0]?.strikeUsd ?? forward, sorted.at(-1)?.strikeUsd ?? forward];
  return Array.from({ length: CURVE_POINTS }, (_, at) => {
    const strike = low + ((high - low) * at) / (CURVE_POINTS - 1);
    return { strike: fromFloat<"price">(strike, CENT, "half-even"), sigma: share(fitted(Math.log(strike / forward))) };
  });
}

function fit(quotes: readonly SmileQuote[], years: number): ((k: number) => number) | null {
  try {
    const slice = fitSvi(quotes, years);
    return (k) => Math.sqrt(Math.max(0, sviAt(slice, k).w) / years);
  } catch (error) {
    // Too few strikes, or marks that no arbitrage-free smile comes near: the quotes themselves are shown.
    if (error instanceof QuantError) return null;
    throw error;
  }
}

/** The volatility at the forward, straight between the strikes on both sides of it. */
function between(quotes: readonly SmileQuote[]): number {
  const above = quotes.findIndex((one) => one.k >= 0);
  const [left, right] = [quotes[above - 1], quotes[above]];
  if (left === undefined || right === undefined)
    return quotes.toSorted((a, b) => Math.abs(a.k) - Math.abs(b.k))[0]?.sigma ?? 0;
  return left.sigma + ((right.sigma - left.sigma) * -left.k) / (right.k - left.k);
}
