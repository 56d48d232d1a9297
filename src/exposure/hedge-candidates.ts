import { type Price, fromFloat, isZero, less, type Ratio, toFloat } from "../kernel/decimal.ts";
import { type AccountState, coinsHeld } from "../kernel/account.ts";
import { DeskError } from "../kernel/errors.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { HedgeInstrument } from "../quant/hedge/instruments.ts";
import { type Exposure, type Holding, NO_EXPOSURE, addExposures, exposureOf } from "../quant/risk/holdings.ts";
import type { VenueName } from "../venues/capabilities.ts";
import type { BookTop, VenueReader } from "../venues/venue.ts";
import { TAKER_FEES } from "./fees.ts";
import { type HedgeGround, optionLeg, perpetualLeg } from "./hedge-instruments.ts";
import { readHoldings } from "./holdings.ts";
import { coinPriced, optionsOf, perpetualsOf, twinOf, yearsLeft } from "./instruments.ts";
import { markOf, viewOption } from "./option-view.ts";

/** What is to be hedged, at which venue, and how far orders may reach. */
export interface HedgeQuestion {
  readonly reader: VenueReader;
  readonly state: AccountState;
  readonly asset: string;
  /** 0..1 of the asset's delta, and of its vega where options can take it. */
  readonly share: Ratio;
  readonly collarBps: number;
}

/** Share of equity that may be paid in premium for one option. */
const PREMIUM_SHARE = 0.05;
/** An option this close to its end has hardly any vega and a gamma that needs another hedge tomorrow. */
const SHORTEST_YEARS = 2 / 365;
const PERPETUAL_DEPTH = 50;
const OPTION_DEPTH = 10;
const EXPIRIES = 2;
/** A strike this near the index counts as at the money on both sides. */
const NEAR_RATIO = 0.02;
/** Strikes to each side of the money and expiry. */
const STRIKES = 2;

/** Something listed, as the programme sees it, and the price its collar is drawn around. */
export interface Candidate {
  readonly instrument: Instrument;
  readonly leg: HedgeInstrument;
  readonly reference: Price;
}

/** A book and everything it could be hedged with. */
export interface Gathered {
  readonly book: Exposure;
  readonly indexUsd: number;
  readonly candidates: readonly Candidate[];
  readonly vega: boolean;
  readonly notes: readonly string[];
}

/** The reference of a collar: the mark, or the middle of the book; null where the book says nothing. */
function referenceOf(book: BookTop, one: Instrument): Price | null {
  if (book.markPrice !== null) return book.markPrice;
  const mark = markOf(book);
  return mark === undefined ? null : fromFloat<"price">(mark, one.tickSize, "half-even");
}

/**
 * Reads the book and the instruments: every perpetual of the asset, and where the book has vega the options near its own
 * expiries and the money, with those held. @throws DeskError UNKNOWN_INSTRUMENT, and as the venue's reads do
 */
export async function gather({ reader, state, asset, collarBps }: HedgeQuestion): Promise<Gathered> {
  const [reading, instruments] = await Promise.all([readHoldings(reader, state), reader.instruments()]);
  const perpetuals = perpetualsOf(instruments, asset);
  if (perpetuals.length === 0)
    throw new DeskError("UNKNOWN_INSTRUMENT", `${state.venue} lists no perpetual of ${asset}; name another asset`);
  const own = reading.holdings.filter((one) => one.asset === asset);
  const book = own.reduce((sum, one) => addExposures(sum, exposureOf(one)), NO_EXPOSURE);
  const notes = [...reading.notes];
  const indexUsd = reading.indexes.get(asset);
  if (indexUsd === undefined) {
    if (isZero(coinsHeld(state, asset).gross)) return { book, indexUsd: 1, candidates: [], vega: false, notes };
    throw new DeskError(
      "VENUE_UNAVAILABLE",
      `${state.venue} gives no price of ${asset}, so what ${state.account} holds of it cannot be hedged now`,
    );
  }
  const ground: HedgeGround = {
    account: state.account,
    venue: state.venue,
    indexUsd,
    fees: TAKER_FEES[state.venue as VenueName],
    collarBps,
  };
  const held = new Map(state.positions.map((one) => [one.symbol, toFloat(one.quantity)]));
  const carries = (one: Instrument): boolean => (held.get(one.symbol) ?? 0) * book.deltaCoin > 0;
  const natural = perpetuals.some(carries) ? carries : (one: Instrument): boolean => one === perpetuals[0];
  const futures = await Promise.all(
    perpetuals.map(async (one): Promise<Candidate | null> => {
      const top = await reader.book(one.symbol, PERPETUAL_DEPTH);
      const reference = referenceOf(top, one);
      const leg = reference && !crossed(top) ? perpetualLeg(one, top, reference, ground, natural(one)) : null;
      return leg && reference ? { instrument: one, leg, reference } : null;
    }),
  );
  const options =
    book.vegaUsdPerPoint === 0 ? [] : await optionCandidates(reader, instruments, state, own, ground, notes);
  const candidates = [...futures, ...options].filter((one) => one !== null);
  const vega = candidates.some((one) => one.instrument.kind === "option");
  if (book.vegaUsdPerPoint !== 0 && !vega)
    notes.push(`No option of ${asset} settled in dollars can be traded at ${state.venue} now, so vega stays.`);
  return { book, indexUsd, candidates, vega, notes };
}

const crossed = ({ bids, asks }: BookTop): boolean => {
  const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
  return bid !== undefined && ask !== undefined && less(ask, bid);
};

/** Options near the book's own expiries and the money, and those held; each with its book. */
async function optionCandidates(
  reader: VenueReader,
  instruments: ReadonlyMap<string, Instrument>,
  state: AccountState,
  own: readonly Holding[],
  ground: HedgeGround,
  notes: string[],
): Promise<readonly (Candidate | null)[]> {
  const vegaYears = vegaWeightedYears(own);
  const asset = own[0]?.asset ?? "";
  const listed = optionsOf(instruments, asset, state.at).filter(
    (one) => !coinPriced(one) && (yearsLeft(one, state.at) ?? 0) >= SHORTEST_YEARS,
  );
  const held = new Map(state.positions.map((one) => [one.symbol, toFloat(one.quantity)]));
  const far = (one: Instrument): number => Math.abs(Math.log((yearsLeft(one, state.at) ?? 1) / vegaYears));
  const expiries = [...new Map(listed.map((one) => [one.expiryAt?.getTime(), far(one)]))]
    .sort((a, b) => a[1] - b[1])
    .slice(0, EXPIRIES)
    .map(([expiry]) => expiry);
  const away = (one: Instrument): number => Math.abs(Math.log(toFloat(one.strike ?? one.tickSize) / ground.indexUsd));
  // In the money an option is mostly a dear way to trade delta.
  const outside = (one: Instrument, side: "call" | "put"): boolean =>
    one.optionKind === side &&
    (side === "call" ? 1 : -1) * (toFloat(one.strike ?? one.tickSize) - ground.indexUsd) >=
      -NEAR_RATIO * ground.indexUsd;
  const near = expiries.flatMap((expiry) =>
    (["call", "put"] as const).flatMap((side) =>
      listed
        .filter((one) => one.expiryAt?.getTime() === expiry && outside(one, side))
        .sort((a, b) => away(a) - away(b))
        .slice(0, STRIKES),
    ),
  );
  // What is held may always be closed, however near its end.
  const carried = optionsOf(instruments, asset, state.at).filter((one) => held.has(one.symbol) && !coinPriced(one));
  const chosen = new Set([...near, ...carried]);
  const equityUsd = Math.max(0, toFloat(state.equityUsd));
  return Promise.all(
    [...chosen].map(async (one): Promise<Candidate | null> => {
      try {
        const twin = twinOf(instruments, one);
        const [top, other] = await Promise.all([
          reader.book(one.symbol, OPTION_DEPTH),
          twin && reader.book(twin.symbol, 1),
        ]);
        const view = viewOption(one, top, other, ground.indexUsd, state.at);
        const reference = referenceOf(top, one);
        if (!view || !reference || isZero(reference) || crossed(top)) return null;
        const leg = optionLeg(view, top, reference, ground, {
          held: held.get(one.symbol) ?? 0,
          premiumUsd: (yearsLeft(one, state.at) ?? 0) >= SHORTEST_YEARS ? PREMIUM_SHARE * equityUsd : 0,
          vegaYears,
        });
        return leg ? { instrument: one, leg, reference } : null;
      } catch (error) {
        // Delta must be hedged even while the venue's options do not answer.
        if (!(error instanceof DeskError)) throw error;
        notes.push(`${one.symbol} was left out: ${error.message}.`);
        return null;
      }
    }),
  );
}

/** Where on the curve a book's vega sits: the mean expiry of its options, weighted by their vega. */
function vegaWeightedYears(own: readonly Holding[]): number {
  let [weighted, total] = [0, 0];
  for (const one of own) {
    if (one.kind !== "option") continue;
    const vega = Math.abs(exposureOf(one).vegaUsdPerPoint);
    weighted += vega * one.years;
    total += vega;
  }
  return Math.max(total > 0 ? weighted / total : 0, SHORTEST_YEARS);
}
