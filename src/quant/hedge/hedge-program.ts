import { levelCost, middlePrice, type HedgeGreeks, type HedgeInstrument, type HedgeLevel } from "./instruments.ts";
import type { Column, IntegerProgram, ProgramSolution, ProgramSolver, Row } from "./integer-program.ts";
import type { HedgeProblem } from "./minimum-cost.ts";

const RESIDUAL_PRICE: HedgeGreeks = { deltaUsd: 0.5, gammaUsdPerPercent: 50, vegaUsdPerPoint: 50 };

/** A problem whose defaults are filled in. */
export type FilledProblem = HedgeProblem & Required<Pick<HedgeProblem, "hedge" | "horizonDays" | "basisAversion">>;

/** The programme of a hedge, and where its parts stand in it. */
export interface HedgeProgram {
  readonly program: IntegerProgram;
  readonly legs: readonly Leg[];
  readonly greekRows: readonly GreekRow[];
}

/** Writes a hedge as a programme: a column per level and side, one per count of lots, rows for Greeks and limits. */
export function buildProgram(problem: FilledProblem): HedgeProgram {
  const columns: Column[] = [];
  const rows: Row[] = [];
  const add = (column: Column): number => columns.push(column) - 1;
  const builder = { add, rows, horizonDays: problem.horizonDays, basisAversion: problem.basisAversion };
  const legs = problem.instruments.map((instrument): Leg => addLeg(instrument, builder));
  addChoices(problem, legs, add, rows);
  addVenueLimits(problem, legs, rows);
  const greekRows = problem.hedge.map((name) => addGreek(name, problem, legs, add, rows));
  return { program: { columns, rows }, legs, greekRows };
}

/** One instrument's place in the programme. */
export interface Leg {
  readonly instrument: HedgeInstrument;
  readonly middle: number;
  /** Columns of its levels; weight +1 buys and −1 sells. */
  readonly parts: readonly { readonly column: number; readonly sign: 1 | -1; readonly level: HedgeLevel }[];
  /** The column that counts lots, with their size. */
  readonly lots: { readonly column: number; readonly size: number } | undefined;
}

const CLOSE_ENOUGH = 0.005;

/** Of spread and fee, however much a position earns. */
const LEAST_COST = 0.05;

/**
 * Whole lots, first among the instruments that the relaxed programme uses: that settles nearly every book within a
 * fraction of a percent of the relaxed bound. Only where it does not are all instruments searched.
 */
export function solveWholeLots(
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
      // Funding may make a hedge cheap; it must never be a reason to trade more than the hedge needs.
      const least = LEAST_COST * Math.max(0, spreadUsd + feeUsd);
      return { column: add({ cost: Math.max(cost, least), lower: 0, upper: level.quantity }), sign, level };
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

/** Where a Greek's limit stands, and by what it was scaled. */
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
