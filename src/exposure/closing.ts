import {
  type Decimal,
  type Quantity,
  type Ratio,
  ZERO,
  abs,
  decimal,
  fromFloat,
  greater,
  isZero,
  max,
  min,
  sign,
  toFloat,
} from "../kernel/decimal.ts";
import { type AccountState, marginEquity } from "../kernel/account.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { Position } from "../kernel/order.ts";
import { QuantError } from "../quant/errors.ts";
import type { Column, IntegerProgram, ProgramSolver, Row } from "../quant/hedge/integer-program.ts";
import type { VenueName } from "../venues/capabilities.ts";
import type { BookTop, VenueReader } from "../venues/venue.ts";
import { TAKER_FEES } from "./fees.ts";
import { coinPriced } from "./instruments.ts";
import { markOf } from "./option-view.ts";

/** Margin is to be freed by closing positions, in whole or part. */
export interface ClosingQuestion {
  readonly reader: VenueReader;
  readonly state: AccountState;
  /** Maintenance margin over equity to reach, above zero. */
  readonly toRatio: Ratio;
  /** What a close is taken to cost at worst, of its notional: what the margin freed has to pay for as well. */
  readonly costRatio: Ratio;
  readonly collarBps: number;
}

/** One position, and how much of it to close. */
export interface Close {
  readonly position: Position;
  readonly instrument: Instrument;
  readonly quantity: Quantity;
}

/** The cheapest closes that reach the ratio. */
export interface ClosingProposal {
  readonly closes: readonly Close[];
  /** Spread and fees by the books as they stand. */
  readonly costUsd: Decimal<"usd">;
}

const DEPTH = 50;
const CENT = decimal("0.01");
/**
 * What a dollar of delta more or less counts beside the cost. Under every taker's fee, so that nothing is closed for delta's
 * sake; enough that of two equal closes the one is taken that leaves the book nearer to neutral, not the one that was its hedge.
 */
const DELTA_WORTH_RATIO = 0.0002;

/** One position as the programme sees it; levels in units, costs in USD a unit. */
interface Closable {
  readonly position: Position;
  readonly instrument: Instrument;
  readonly held: number;
  readonly levels: readonly { readonly costUsd: number; readonly quantity: number }[];
  /** Maintenance margin freed by one unit, less the target's share of what closing it may cost. */
  readonly relief: number;
  /** Delta that closing one unit takes away, USD. */
  readonly deltaUsd: number;
}

/**
 * Futures and perpetuals free the margin where they can. An option's price moves many times as fast as its coin's and its ticks
 * are coarse: a plan with one in it has often left its collar before people consented, and then nothing at all is sent.
 */
const ORDER_OF_CHOICE: readonly ((one: Closable) => boolean)[] = [
  (one) => one.instrument.kind !== "option",
  () => true,
];

/** What a position's book within the collar can free at most. */
const freeable = ({ held, levels, relief }: Closable): number =>
  relief *
  Math.min(
    held,
    levels.reduce((sum, { quantity }) => sum + quantity, 0),
  );

/**
 * The cheapest closes that bring margin over equity to the ratio: a linear programme over the levels of each book within the
 * collar. Every order only reduces, and each frees margin. @throws QuantError INFEASIBLE where the books hold too little;
 * DeskError as the venue's reads do
 */
export async function cheapestCloses(question: ClosingQuestion, solver: ProgramSolver): Promise<ClosingProposal> {
  const { reader, state, toRatio, collarBps } = question;
  const instruments = await reader.instruments();
  const closable = await Promise.all(
    state.positions.map(async (position) => {
      const instrument = instruments.get(position.symbol);
      if (!instrument || isZero(position.quantity) || !greater(position.maintenanceMarginUsd, ZERO)) return null;
      return viewed(position, instrument, await reader.book(position.symbol, DEPTH), question);
    }),
  );
  const all = closable.filter((one) => one !== null).filter((one) => one.relief > 0);
  const excess = toFloat(state.maintenanceMarginUsd) - toFloat(toRatio) * toFloat(marginEquity(state));
  const found = ORDER_OF_CHOICE.map((fits) => all.filter(fits)).find(
    (some) => some.reduce((sum, one) => sum + freeable(one), 0) >= excess,
  );
  if (found === undefined)
    throw new QuantError(
      "INFEASIBLE",
      `the books within ${collarBps} bps free less than the ${excess.toFixed(0)} USD of margin that are wanted; widen the collar or close by hand`,
    );
  const { program, columns } = programOf(found, excess);
  const { values } = solver.solve(program, { relaxed: true });
  let costUsd = 0;
  const closes = found.flatMap((one, at): Close[] => {
    let units = 0;
    for (const { column, cost } of columns[at] ?? []) {
      units += values[column] ?? 0;
      costUsd += (values[column] ?? 0) * cost;
    }
    const { position, instrument } = one;
    // A millionth of a lot less, so that 2.0000000001 from the solver is not three; the rest goes up, toward safety.
    const lot = toFloat(instrument.lotSize);
    const lots = fromFloat<"quantity">(Math.max(0, units - 1e-6 * lot), instrument.lotSize, "up");
    if (isZero(lots)) return [];
    return [{ position, instrument, quantity: min(max(lots, instrument.minQuantity), abs(position.quantity)) }];
  });
  return { closes, costUsd: fromFloat(costUsd, CENT, "half-even") };
}

function viewed(
  position: Position,
  instrument: Instrument,
  book: BookTop,
  { state, toRatio, costRatio, collarBps }: ClosingQuestion,
): Closable | null {
  const [mark, index] = [markOf(book), toFloat(book.indexPrice ?? position.markPrice)];
  if (mark === undefined || !(mark > 0)) return null;
  const held = toFloat(abs(position.quantity));
  const size = toFloat(instrument.contractSize);
  // What a whole quote unit of price difference is worth in USD for one contract.
  const worth = instrument.inverse ? size / mark : size * (coinPriced(instrument) ? index : 1);
  const { linearBps, optionBps, optionCapRatio } = TAKER_FEES[state.venue as VenueName];
  const feeUsd =
    instrument.kind === "option"
      ? Math.min((size * index * optionBps) / 10_000, mark * worth * optionCapRatio)
      : (mark * worth * linearBps) / 10_000;
  const levels = (sign(position.quantity) > 0 ? book.bids : book.asks)
    .map(([price, quantity]) => ({ price: toFloat(price), quantity: toFloat(quantity) }))
    .filter(({ price }) => Math.abs(price / mark - 1) * 10_000 <= collarBps)
    .map(({ price, quantity }) => ({ costUsd: Math.abs(price - mark) * worth + feeUsd, quantity }));
  const worst = (toFloat(costRatio) * toFloat(position.notionalUsd)) / held;
  return {
    position,
    instrument,
    held,
    levels,
    relief: toFloat(position.maintenanceMarginUsd) / held - toFloat(toRatio) * worst,
    deltaUsd: (toFloat(position.delta) * index) / held,
  };
}

/** A column for each level, a row for each position's size, and one for the margin that has to be freed. */
function programOf(
  found: readonly Closable[],
  excess: number,
): { program: IntegerProgram; columns: readonly (readonly { column: number; cost: number }[])[] } {
  const delta = found.reduce((sum, one) => sum + one.deltaUsd * one.held, 0);
  const program: { columns: Column[]; rows: Row[] } = { columns: [], rows: [] };
  const relief: [number, number][] = [];
  const columns = found.map((one) => {
    const leaves = -Math.sign(delta) * one.deltaUsd * DELTA_WORTH_RATIO;
    const own = one.levels.map(({ costUsd: cost, quantity }) => {
      const column = program.columns.push({ cost: Math.max(0, cost + leaves), lower: 0, upper: quantity }) - 1;
      relief.push([column, one.relief]);
      return { column, cost };
    });
    program.rows.push({ lower: 0, upper: one.held, entries: own.map(({ column }) => [column, 1]) });
    return own;
  });
  program.rows.push({ lower: excess, upper: Infinity, entries: relief });
  return { program, columns };
}
