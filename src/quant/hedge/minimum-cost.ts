import { requireFinite, requireNotNegative } from "../options/checks.ts";
import { GREEKS, levelCost, requireInstrument, type HedgeGreeks, type HedgeInstrument } from "./instruments.ts";
import { buildProgram, solveWholeLots, type Leg } from "./hedge-program.ts";
import type { ProgramSolver } from "./integer-program.ts";
import { hedgeWords } from "./words.ts";

/** What is to be hedged, with what, and within which limits. */
export interface HedgeProblem {
  /** The book's Greeks now. */
  readonly book: HedgeGreeks;
  readonly instruments: readonly HedgeInstrument[];
  /** Which Greeks to bring to target; default delta alone. */
  readonly hedge?: readonly (keyof HedgeGreeks)[];
  /** Default zero each. */
  readonly target?: Partial<HedgeGreeks>;
  /** Half-widths around the target within which nothing more is bought; default zero each. */
  readonly band?: Partial<HedgeGreeks>;
  /** Days the hedge will be held, for funding; default 1. */
  readonly horizonDays?: number;
  /** New notional allowed per venue, in USD. */
  readonly venueLimitsUsd?: Readonly<Record<string, number>>;
  /** Most instruments to be used. */
  readonly maxLegs?: number;
  /** USD that one USD of basis standard deviation is worth avoiding; default 0.25. */
  readonly basisAversion?: number;
  /** USD paid rather than leave one unit of a Greek beyond its band; defaults 0.5, 50 and 50. */
  readonly residualPrice?: Partial<HedgeGreeks>;
  /** The solver's time; default 2. */
  readonly seconds?: number;
}

/** One order of the hedge. */
export interface HedgeTrade {
  readonly symbol: string;
  readonly venue: string;
  readonly kind: HedgeInstrument["kind"];
  readonly side: "buy" | "sell";
  /** Units, a multiple of the lot. */
  readonly quantity: number;
  readonly averagePriceUsd: number;
  /** Of the last level used: the limit price. */
  readonly worstPriceUsd: number;
  readonly notionalUsd: number;
  readonly spreadUsd: number;
  readonly feeUsd: number;
  /** Over the horizon; below zero where the hedge earns. */
  readonly holdingUsd: number;
  readonly basisSdUsd: number;
  /** What the trade adds to the book. */
  readonly adds: HedgeGreeks;
}

/** A hedge at least cost, with its reasons. */
export interface HedgePlan {
  /** Dearest notional first; empty where the book is within its bands. */
  readonly trades: readonly HedgeTrade[];
  /** Spread, fees and holding; without the price put on basis risk. */
  readonly costUsd: number;
  readonly before: HedgeGreeks;
  readonly after: HedgeGreeks;
  /** Are all hedged Greeks within their bands? */
  readonly complete: boolean;
  /** By how much, at most, a better set of orders could be cheaper; 0.005 or less unless time ran out. */
  readonly gapRatio: number;
  /** USD that one more unit of each hedged Greek costs at the margin, with the sign of the direction bought. */
  readonly prices: HedgeGreeks;
  /** Sentences for people: why this hedge, and what remains. */
  readonly why: readonly string[];
  readonly remains: readonly string[];
}

const NOTHING: HedgeGreeks = { deltaUsd: 0, gammaUsdPerPercent: 0, vegaUsdPerPoint: 0 };

/**
 * The cheapest set of orders that brings the hedged Greeks into their bands, as a mixed-integer programme over the
 * levels of each book: spread, fees, funding over the horizon and a price for basis risk, under depth, lots, smallest
 * orders, position and venue limits. Funding earned is counted down to a twentieth of spread and fee, so that no hedge
 * grows into a funding trade. What cannot be met is left open at the residual price and said in `remains`.
 * Throws NOT_FINITE, OUT_OF_RANGE, EMPTY_SERIES, ARBITRAGE (a crossed book), INFEASIBLE, NO_CONVERGENCE.
 */
export function minimumCostHedge(problem: HedgeProblem, solver: ProgramSolver): HedgePlan {
  const { book, instruments, hedge = ["deltaUsd"], horizonDays = 1, basisAversion = 0.25 } = problem;
  for (const name of GREEKS)
    requireFinite({ [`the book's ${name}`]: book[name], [`the target of ${name}`]: problem.target?.[name] ?? 0 });
  requireNotNegative({ horizonDays, basisAversion, ...problem.band, ...problem.venueLimitsUsd });
  for (const instrument of instruments) requireInstrument(instrument);

  const { program, legs, greekRows } = buildProgram({ ...problem, hedge, horizonDays, basisAversion });
  const relaxed = solver.solve(program, { relaxed: true });
  const { values, objective } = solveWholeLots(program, legs, relaxed, solver, problem.seconds ?? 2);
  const gapRatio = Math.max(0, objective - relaxed.objective) / Math.max(1, Math.abs(relaxed.objective));
  const trades = legs
    .map((leg) => readTrade(leg, values, horizonDays))
    .filter((trade) => trade !== undefined)
    .sort((left, right) => right.notionalUsd - left.notionalUsd);
  const after = trades.reduce((sum, trade) => addGreeks(sum, trade.adds), book);
  const costUsd = trades.reduce((sum, trade) => sum + trade.spreadUsd + trade.feeUsd + trade.holdingUsd, 0);
  const complete = hedge.every((name) => {
    const off = Math.abs(after[name] - (problem.target?.[name] ?? 0));
    return off <= (problem.band?.[name] ?? 0) + 1e-6 * Math.max(1, Math.abs(book[name]));
  });
  const prices = {
    ...NOTHING,
    ...Object.fromEntries(greekRows.map(({ name, row, scale }) => [name, relaxed.rowPrices[row]! * scale])),
  };
  const plan = { trades, costUsd, before: book, after, complete, gapRatio, prices };
  return { ...plan, ...hedgeWords({ ...problem, hedge, horizonDays, basisAversion }, plan) };
}

function readTrade(leg: Leg, values: Float64Array, horizonDays: number): HedgeTrade | undefined {
  const { instrument, middle, parts, lots } = leg;
  const raw = parts.reduce((sum, part) => sum + part.sign * values[part.column]!, 0);
  const signed = lots === undefined ? raw : roundToLot(Math.round(values[lots.column]!), lots.size);
  if (Math.abs(signed) <= 1e-9 * Math.max(1, instrument.lot)) return undefined;
  const sign = signed > 0 ? 1 : -1;
  // The quantity is walked through the book again, so that prices belong to the rounded order.
  let left = Math.abs(signed);
  let [paid, spreadUsd, feeUsd, worstPriceUsd] = [0, 0, 0, middle];
  for (const level of sign > 0 ? instrument.asks : instrument.bids) {
    const taken = Math.min(left, level.quantity);
    if (taken <= 0) break;
    const cost = levelCost(instrument, level, middle);
    paid += taken * level.priceUsd;
    spreadUsd += taken * cost.spreadUsd;
    feeUsd += taken * cost.feeUsd;
    worstPriceUsd = level.priceUsd;
    left -= taken;
  }
  const quantity = Math.abs(signed);
  return {
    symbol: instrument.symbol,
    venue: instrument.venue,
    kind: instrument.kind,
    side: sign > 0 ? "buy" : "sell",
    quantity,
    averagePriceUsd: paid / (quantity - Math.max(0, left)),
    worstPriceUsd,
    notionalUsd: quantity * instrument.coinsPerUnit * middle,
    spreadUsd,
    feeUsd,
    holdingUsd: signed * (instrument.holdingUsdPerDay ?? 0) * horizonDays,
    basisSdUsd: quantity * (instrument.basisSdUsd ?? 0),
    adds: scaled(instrument.greeks, signed),
  };
}

/** A count of lots as the decimal it is meant to be: 3 × 0.1 is 0.3, not 0.30000000000000004. */
function roundToLot(count: number, lot: number): number {
  return Number((count * lot).toPrecision(12));
}

function addGreeks(left: HedgeGreeks, right: HedgeGreeks): HedgeGreeks {
  return {
    deltaUsd: left.deltaUsd + right.deltaUsd,
    gammaUsdPerPercent: left.gammaUsdPerPercent + right.gammaUsdPerPercent,
    vegaUsdPerPoint: left.vegaUsdPerPoint + right.vegaUsdPerPoint,
  };
}

function scaled(greeks: HedgeGreeks, factor: number): HedgeGreeks {
  return addGreeks(NOTHING, {
    deltaUsd: greeks.deltaUsd * factor,
    gammaUsdPerPercent: greeks.gammaUsdPerPercent * factor,
    vegaUsdPerPoint: greeks.vegaUsdPerPoint * factor,
  });
}
