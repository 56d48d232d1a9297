import { requireFinite, requireNotNegative } from "../options/checks.ts";
import {
  GREEKS,
  levelCost,
  middlePrice,
  requireInstrument,
  type HedgeGreeks,
  type HedgeInstrument,
  type HedgeLevel,
} from "./instruments.ts";
import type { Column, IntegerProgram, ProgramSolution, ProgramSolver, Row } from "./integer-program.ts";
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

const RESIDUAL_PRICE: HedgeGreeks = { deltaUsd: 0.5, gammaUsdPerPercent: 50, vegaUsdPerPoint: 50 };
const NOTHING: HedgeGreeks = { deltaUsd: 0, gammaUsdPerPercent: 0, vegaUsdPerPoint: 0 };

interface Leg {
  readonly instrument: HedgeInstrument;
  readonly middle: number;
  /** Columns of its levels; weight +1 buys and −1 sells. */
  readonly parts: readonly { readonly column: number; readonly sign: 1 | -1; readonly level: HedgeLevel }[];
  /** The column that counts lots, with their size. */
  readonly lots: { readonly column: number; readonly size: number } | undefined;
}

const CLOSE_ENOUGH = 0.005;

/**
 * Whole lots, first among the instruments that the relaxed programme uses: that settles nearly every book within a
 * fraction of a percent of the relaxed bound. Only where it does not are all instruments searched.
 */
function solveWholeLots(
  program: IntegerProgram,
  legs: readonly Leg[],
  relaxed: ProgramSolution,
  solver: ProgramSolver,
  seconds: number,
): ProgramSolution {
  const used = new Set(
    legs
      .filter((leg) => leg.parts.some((part) => relaxed.values[part.column]! > 1e-9))
      .flatMap((leg) => leg.lots?.column ?? []),
  );
  const unused = new Set(legs.flatMap((leg) => leg.lots?.column ?? []).filter((column) => !used.has(column)));
  const columns = program.columns.map((column, index) =>
    unused.has(index) ? { ...column, lower: 0, upper: 0 } : column,
  );
  const few = solver.solve({ ...program, columns }, { seconds, gapRatio: CLOSE_ENOUGH / 2 });
  if (few.objective - relaxed.objective <= CLOSE_ENOUGH * Math.max(1, Math.abs(relaxed.objective))) return few;
  const all = solver.solve(program, { seconds, gapRatio: CLOSE_ENOUGH / 2 });
  return all.objective < few.objective ? all : few;
}

/**
 * The cheapest set of orders that brings the hedged Greeks into their bands, as a mixed-integer programme over the
 * levels of each book: spread, fees, funding over the horizon and a price for basis risk, under depth, lots, smallest
 * orders, position and venue limits. What cannot be met is left open at the residual price and said in `remains`.
 * Throws NOT_FINITE, OUT_OF_RANGE, EMPTY_SERIES, ARBITRAGE (a crossed book), INFEASIBLE, NO_CONVERGENCE.
 */
export function minimumCostHedge(problem: HedgeProblem, solver: ProgramSolver): HedgePlan {
  const { book, instruments, hedge = ["deltaUsd"], horizonDays = 1, basisAversion = 0.25 } = problem;
  for (const name of GREEKS)
    requireFinite({ [`the book's ${name}`]: book[name], [`the target of ${name}`]: problem.target?.[name] ?? 0 });
  requireNotNegative({ horizonDays, basisAversion, ...problem.band, ...problem.venueLimitsUsd });
  for (const instrument of instruments) requireInstrument(instrument);

  const columns: Column[] = [];
  const rows: Row[] = [];
  const add = (column: Column): number => columns.push(column) - 1;
  const legs = instruments.map((instrument): Leg => addLeg(instrument, { add, rows, horizonDays, basisAversion }));
  addChoices(problem, legs, add, rows);
  addVenueLimits(problem, legs, rows);
  const greekRows = hedge.map((name) => addGreek(name, problem, legs, add, rows));

  const program = { columns, rows };
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

interface Builder {
  readonly add: (column: Column) => number;
  readonly rows: Row[];
  readonly horizonDays: number;
  readonly basisAversion: number;
}

function addLeg(instrument: HedgeInstrument, { add, rows, horizonDays, basisAversion }: Builder): Leg {
  const middle = middlePrice(instrument);
  const { lot, buyLimit = Infinity, sellLimit = Infinity, holdingUsdPerDay = 0, basisSdUsd = 0 } = instrument;
  const parts = (
    [
      [1, instrument.asks],
      [-1, instrument.bids],
    ] as const
  ).flatMap(([sign, levels]) =>
    levels.map((level) => {
      const { spreadUsd, feeUsd } = levelCost(instrument, level, middle);
      const cost = spreadUsd + feeUsd + basisAversion * basisSdUsd + sign * holdingUsdPerDay * horizonDays;
      return { column: add({ cost, lower: 0, upper: level.quantity }), sign, level };
    }),
  );
  const position = parts.map(({ column, sign }): [number, number] => [column, sign]);
  if (buyLimit < Infinity || sellLimit < Infinity) rows.push({ lower: -sellLimit, upper: buyLimit, entries: position });
  if (lot === 0) return { instrument, middle, parts, lots: undefined };
  const depth = (sign: 1 | -1): number =>
    Math.floor(parts.reduce((sum, part) => sum + (part.sign === sign ? part.level.quantity : 0), 0) / lot);
  const column = add({ cost: 0, lower: -depth(-1), upper: depth(1), integer: true });
  rows.push({ lower: 0, upper: 0, entries: [...position, [column, -lot]] });
  return { instrument, middle, parts, lots: { column, size: lot } };
}

/** A yes-or-no column per side of a leg, only where smallest orders or a limit on legs ask for one; never both sides. */
function addChoices(
  { maxLegs }: HedgeProblem,
  legs: readonly Leg[],
  add: (column: Column) => number,
  rows: Row[],
): void {
  const chosen: [number, number][] = [];
  for (const { instrument, parts } of legs) {
    const { minimum = 0, lot } = instrument;
    if (maxLegs === undefined && minimum <= lot) continue;
    const sides: [number, number][] = [];
    for (const sign of [1, -1] as const) {
      const own = parts.filter((part) => part.sign === sign);
      if (own.length === 0) continue;
      const choice = add({ cost: 0, lower: 0, upper: 1, integer: true });
      sides.push([choice, 1]);
      const entries = own.map((part): [number, number] => [part.column, 1]);
      const depth = own.reduce((sum, part) => sum + part.level.quantity, 0);
      rows.push({ lower: -Infinity, upper: 0, entries: [...entries, [choice, -depth]] });
      if (minimum > 0) rows.push({ lower: 0, upper: Infinity, entries: [...entries, [choice, -minimum]] });
    }
    rows.push({ lower: 0, upper: 1, entries: sides });
    chosen.push(...sides);
  }
  if (maxLegs !== undefined) rows.push({ lower: 0, upper: maxLegs, entries: chosen });
}

function addVenueLimits({ venueLimitsUsd = {} }: HedgeProblem, legs: readonly Leg[], rows: Row[]): void {
  for (const [venue, limit] of Object.entries(venueLimitsUsd)) {
    const entries = legs
      .filter((leg) => leg.instrument.venue === venue)
      .flatMap(({ instrument, middle, parts }) =>
        parts.map((part): [number, number] => [part.column, instrument.coinsPerUnit * middle]),
      );
    if (entries.length > 0) rows.push({ lower: -Infinity, upper: limit, entries });
  }
}

interface GreekRow {
  readonly name: keyof HedgeGreeks;
  readonly row: number;
  readonly scale: number;
}

function addGreek(
  name: keyof HedgeGreeks,
  problem: HedgeProblem,
  legs: readonly Leg[],
  add: (column: Column) => number,
  rows: Row[],
): GreekRow {
  const gap = (problem.target?.[name] ?? 0) - problem.book[name];
  const band = problem.band?.[name] ?? 0;
  const price = problem.residualPrice?.[name] ?? RESIDUAL_PRICE[name];
  // Rows near one keep the solver's absolute tolerance of 1e-7 far below any lot.
  const scale = 1 / Math.max(1, Math.abs(gap));
  const [short, long] = [
    add({ cost: price / scale, lower: 0, upper: Infinity }),
    add({ cost: price / scale, lower: 0, upper: Infinity }),
  ];
  const entries = legs.flatMap(({ instrument, parts }) =>
    instrument.greeks[name] === 0
      ? []
      : parts.map((part): [number, number] => [part.column, part.sign * instrument.greeks[name] * scale]),
  );
  const row =
    rows.push({
      lower: (gap - band) * scale,
      upper: (gap + band) * scale,
      entries: [...entries, [short, 1], [long, -1]],
    }) - 1;
  return { name, row, scale };
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
  const digits = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(lot)) + 6));
  return Number((count * lot).toFixed(digits));
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
