import { DeskError } from "../kernel/errors.ts";

/** Candles as columns, oldest first. */
export interface Candles {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

/** What trading costs, and what the venue demands. */
export interface CandleTerms {
  /** Equity at the start, in quote currency; 1 by default. */
  readonly equity?: number;
  /** Fee on traded value; 0.0005 by default. */
  readonly feeRatio?: number;
  /** Distance of fills from the next bar's open, against us; 0.0002 by default. */
  readonly slippageRatio?: number;
  /** Margin below which the venue liquidates, on the position's value; 0.005 by default. */
  readonly maintenanceRatio?: number;
  /** Funding that longs pay per bar, as a ratio of value; 0 by default. */
  readonly fundingRatio?: number;
}

/** What came of it. */
export interface CandleResult {
  readonly equity: number;
  /** Largest fall of closing equity from its height before, 0..1. */
  readonly maxDrawdownRatio: number;
  readonly trades: number;
  readonly fees: number;
  readonly slippage: number;
  readonly funding: number;
  readonly barsInMarket: number;
  /** Bars whose margin came within twice the maintenance. */
  readonly barsInDanger: number;
  /** The bar in which the venue liquidated; -1 where it never did. */
  readonly liquidatedAt: number;
}

/**
 * Trades target exposures bar by bar. The target decided at the close of bar i (value of the position over equity:
 * -1 is short once the equity, 2 is long twice) is filled at the open of bar i + 1, so that no decision sees its own
 * fill; within a bar the venue liquidates at the worst price before anything else happens.
 * @param targets one a bar; NaN keeps the position as it is
 * @param curve where given, receives equity at each close
 * @throws DeskError INPUT_INVALID where the columns differ in length
 */
export function backtestCandles(
  candles: Candles,
  targets: Float64Array,
  terms: CandleTerms = {},
  curve?: Float64Array,
): CandleResult {
  const { open, high, low, close } = candles;
  const bars = close.length;
  if ([open.length, high.length, low.length, targets.length].some((length) => length !== bars)) {
    throw new DeskError(
      "INPUT_INVALID",
      `the columns of candles and targets must be equally long, were ${open.length}, ${high.length}, ${low.length}, ${bars} and ${targets.length}`,
    );
  }
  const {
    equity: start = 1,
    feeRatio = 0.0005,
    slippageRatio = 0.0002,
    maintenanceRatio = 0.005,
    fundingRatio = 0,
  } = terms;
  let cash = start;
  let held = 0;
  let peak = start;
  let [maxDrawdownRatio, trades, fees, slippage, funding, barsInMarket, barsInDanger] = [0, 0, 0, 0, 0, 0, 0];
  let target = Number.NaN;
  for (let i = 0; i < bars; i += 1) {
    const price = open[i]!;
    if (target === target) {
      const change = (target * (cash + held * price)) / price - held;
      if (change !== 0) {
        const value = Math.abs(change) * price;
        // Fees and slippage are both paid in cash, so that they can be told apart.
        const fee = value * feeRatio;
        const slip = value * slippageRatio;
        cash -= change * price + fee + slip;
        held += change;
        fees += fee;
        slippage += slip;
        trades += 1;
      }
    }
    const last = close[i]!;
    if (held !== 0) {
      barsInMarket += 1;
      const worst = held > 0 ? low[i]! : high[i]!;
      const margin = cash + held * worst;
      const needed = Math.abs(held) * worst * maintenanceRatio;
      if (margin < 2 * needed) barsInDanger += 1;
      if (margin <= needed) {
        // What is left goes to the liquidation fee and the insurance fund.
        curve?.fill(0, i);
        return {
          equity: 0,
          maxDrawdownRatio: 1,
          trades,
          fees,
          slippage,
          funding,
          barsInMarket,
          barsInDanger,
          liquidatedAt: i,
        };
      }
      const paid = held * last * fundingRatio;
      cash -= paid;
      funding += paid;
    }
    const equity = cash + held * last;
    if (curve !== undefined) curve[i] = equity;
    if (equity > peak) peak = equity;
    else if (1 - equity / peak > maxDrawdownRatio) maxDrawdownRatio = 1 - equity / peak;
    target = targets[i]!;
  }
  const equity = bars === 0 ? start : cash + held * close[bars - 1]!;
  return { equity, maxDrawdownRatio, trades, fees, slippage, funding, barsInMarket, barsInDanger, liquidatedAt: -1 };
}
