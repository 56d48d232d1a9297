import {
  type Decimal,
  type Price,
  type Quantity,
  ZERO,
  abs,
  decimal,
  fromFloat,
  less,
  sign,
  toFloat,
} from "../kernel/decimal.ts";
import type { AccountState } from "../kernel/account.ts";
import type { Instrument } from "../kernel/instrument.ts";
import type { Side } from "../kernel/order.ts";
import { QuantError } from "../quant/errors.ts";
import type { HedgeGreeks, HedgeInstrument } from "../quant/hedge/instruments.ts";
import { type ProgramSolver, loadProgramSolver } from "../quant/hedge/integer-program.ts";
import { type HedgePlan, minimumCostHedge } from "../quant/hedge/minimum-cost.ts";
import { type ClosingProposal, type ClosingQuestion, cheapestCloses } from "./closing.ts";
import { type Candidate, type Gathered, type HedgeQuestion, gather } from "./hedge-candidates.ts";

/** One order of a hedge, as decimals. */
export interface HedgeOrder {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly quantity: Quantity;
  /** The price the programme valued it at: the mark, or the middle of the book. */
  readonly reference: Price;
  /** The account already carries the position this order takes away. */
  readonly closes: boolean;
}

/** The Greeks of one asset that people compare. */
export interface AssetGreeks {
  readonly delta: Decimal<"base">;
  readonly deltaUsd: Decimal<"usd">;
  readonly gammaUsdPerPercent: Decimal<"usd">;
  readonly vegaUsdPerPoint: Decimal<"usd">;
}

/** The cheapest hedge within the limits, with its reasons. */
export interface HedgeProposal {
  /** First what frees margin, then what costs premium. */
  readonly orders: readonly HedgeOrder[];
  readonly before: AssetGreeks;
  readonly after: AssetGreeks;
  /** Which Greeks were to be hedged. */
  readonly hedged: readonly ("delta" | "gamma" | "vega")[];
  /** Spread, fees and a day of funding. */
  readonly costUsd: Decimal<"usd">;
  readonly why: readonly string[];
  readonly remains: readonly string[];
}

/** Finds cheapest orders by a programme; loads the solver at the first one and keeps it. */
export interface Hedger {
  /** Orders that take off a share of an asset's Greeks. */
  hedge(question: HedgeQuestion): Promise<HedgeProposal>;
  /** Closes that free margin. */
  close(question: ClosingQuestion): Promise<ClosingProposal>;
}

/** What taking one USD of vega a point off is worth at most: a move of ten points, a rough day. */
const VEGA_WORTH_USD = 10;
/** What one USD of short gamma a percent is worth at most: what it loses in a move of 6 %, two rough days. */
const GAMMA_WORTH_USD = 0.18;
/** Gamma is hedged to within this share of itself: the option that fits vega seldom fits gamma as well. */
const GAMMA_BAND_RATIO = 0.25;
/** Vega is hedged to within this share of itself: whole lots rarely fit better. */
const VEGA_BAND_RATIO = 0.1;
/** A hedge takes a twentieth of a second; a machine in a storm may be busy. */
const SOLVER_SECONDS = 5;
/** Whole lots alone may cost a tiny book some times the bound; an answer further from it than this ran out of time. */
const WIDEST_GAP_RATIO = 25;
const CENT = decimal("0.01");

/** Opens a hedger. */
export function openHedger(): Hedger {
  let loaded: Promise<ProgramSolver> | undefined;
  const solver = (): Promise<ProgramSolver> => (loaded ??= loadProgramSolver());
  return {
    async hedge(question) {
      const problem = await gather(question);
      return propose(question, problem, await solver());
    },
    close: async (question) => cheapestCloses(question, await solver()),
  };
}

function propose(question: HedgeQuestion, gathered: Gathered, solver: ProgramSolver): HedgeProposal {
  const { book, indexUsd, candidates, vega, notes } = gathered;
  const keep = 1 - toFloat(question.share);
  // Long gamma earns when the market moves; only a short one is a danger.
  const gamma = vega && book.gammaUsdPerPercent < 0;
  const plan = minimumCostHedge(
    {
      book,
      instruments: candidates.map((one) => one.leg),
      hedge: [
        "deltaUsd",
        ...(gamma ? (["gammaUsdPerPercent"] as const) : []),
        ...(vega ? (["vegaUsdPerPoint"] as const) : []),
      ],
      target: {
        deltaUsd: keep * book.deltaUsd,
        gammaUsdPerPercent: keep * book.gammaUsdPerPercent,
        vegaUsdPerPoint: keep * book.vegaUsdPerPoint,
      },
      band: {
        gammaUsdPerPercent: GAMMA_BAND_RATIO * Math.abs(book.gammaUsdPerPercent),
        vegaUsdPerPoint: VEGA_BAND_RATIO * Math.abs(book.vegaUsdPerPoint),
      },
      residualPrice: { gammaUsdPerPercent: GAMMA_WORTH_USD, vegaUsdPerPoint: VEGA_WORTH_USD },
      seconds: SOLVER_SECONDS,
    },
    solver,
  );
  if (plan.gapRatio > WIDEST_GAP_RATIO)
    throw new QuantError("NO_CONVERGENCE", "the solver found no good set of trades in the time it had");
  const orders = ordersOf(plan, candidates, question.state);
  const sent = orders.reduce(
    (sum, one) => plus(sum, one.leg.greeks, (one.side === "buy" ? 1 : -1) * toFloat(one.quantity)),
    plan.before,
  );
  const after = greeksOf(sent, indexUsd);
  return {
    // What closes frees the margin and the money that the others need.
    orders: orders.toSorted((a, b) => Number(b.closes) - Number(a.closes)),
    before: greeksOf(plan.before, indexUsd),
    after,
    hedged: ["delta", ...(gamma ? (["gamma"] as const) : []), ...(vega ? (["vega"] as const) : [])],
    costUsd: fromFloat(plan.costUsd, CENT, "half-even"),
    why: [...plan.why, ...notes],
    // The programme trades perpetuals in any amount; what whole lots leave is said in coins.
    remains: [
      `${after.delta} ${question.asset} of delta remain.`,
      ...plan.remains.filter((one) => !one.startsWith("Delta ")),
    ],
  };
}

function plus(sum: HedgeGreeks, unit: HedgeGreeks, quantity: number): HedgeGreeks {
  return {
    deltaUsd: sum.deltaUsd + unit.deltaUsd * quantity,
    gammaUsdPerPercent: sum.gammaUsdPerPercent + unit.gammaUsdPerPercent * quantity,
    vegaUsdPerPoint: sum.vegaUsdPerPoint + unit.vegaUsdPerPoint * quantity,
  };
}

type Sized = HedgeOrder & { readonly leg: HedgeInstrument };

/** The programme's trades in whole lots, rounded so that no order overshoots; what is under the smallest order is left. */
function ordersOf(plan: HedgePlan, candidates: readonly Candidate[], state: AccountState): readonly Sized[] {
  const held = new Map(state.positions.map((one) => [one.symbol, one.quantity]));
  return plan.trades.flatMap((trade): Sized[] => {
    const found = candidates.find((one) => one.instrument.symbol === trade.symbol);
    if (!found) return [];
    const { instrument, reference, leg } = found;
    const lot = toFloat(instrument.lotSize);
    // A millionth of a lot on top: 62.4999999997 from the solver is 62.5.
    const quantity = fromFloat<"quantity">(trade.quantity + 1e-6 * lot, instrument.lotSize, "down");
    if (less(quantity, instrument.minQuantity)) return [];
    const own = held.get(trade.symbol) ?? ZERO;
    const against = sign(own) === (trade.side === "sell" ? 1 : -1);
    return [{ instrument, side: trade.side, quantity, reference, leg, closes: against && !less(abs(own), quantity) }];
  });
}

function greeksOf(greeks: HedgeGreeks, indexUsd: number): AssetGreeks {
  return {
    delta: fromFloat(greeks.deltaUsd / indexUsd, decimal("0.0001"), "half-even"),
    deltaUsd: fromFloat(greeks.deltaUsd, CENT, "half-even"),
    gammaUsdPerPercent: fromFloat(greeks.gammaUsdPerPercent, CENT, "half-even"),
    vegaUsdPerPoint: fromFloat(greeks.vegaUsdPerPoint, CENT, "half-even"),
  };
}
