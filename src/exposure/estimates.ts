import { type Ratio, decimal, fromFloat } from "../kernel/decimal.ts";
import { QuantError } from "../quant/errors.ts";
import {
  type Bar,
  closeToClose,
  garmanKlass,
  logReturns,
  parkinson,
  rogersSatchell,
  yangZhang,
} from "../quant/volatility/estimators.ts";
import { ewma } from "../quant/volatility/ewma.ts";
import { fitGarch11 } from "../quant/volatility/garch.ts";
import { realisedKernel } from "../quant/volatility/realised.ts";
import type { PricePoint } from "./recorded.ts";

/** One way to measure volatility, and what it says. */
export interface Estimate {
  readonly name: string;
  /** A year; null where the data does not allow it. */
  readonly sigma: Ratio | null;
  /** What it is good for, or why there is no figure. */
  readonly note: string;
}

/** Volatility as recorded marks show it. */
export interface Estimates {
  readonly barMs: number;
  readonly bars: number;
  readonly spanMs: number;
  readonly estimates: readonly Estimate[];
}

const YEAR_MS = 365 * 86_400_000;
const STEP = decimal("0.0001");
/** RiskMetrics' memory: about the last 17 bars weigh two thirds. */
const LAMBDA = 0.94;
/** Bars are as short as gives about this many of them, from a choice that people know. */
const WANTED_BARS = 120;
const BAR_CHOICES_MS = [5_000, 10_000, 30_000, 60_000, 300_000, 900_000] as const;
/** A hole longer than this many bars ends the series: what happened in it is not known. */
const LONGEST_HOLE_BARS = 20;

/**
 * Open, high, low and close of points by equal stretches of time, and how many points a bar has in the mean; stretches
 * without a point repeat the last close.
 */
function barsOf(
  points: readonly PricePoint[],
  barMs: number,
): { readonly bars: readonly Bar[]; readonly looks: number } {
  let seen = 0;
  const bars: { open: number; high: number; low: number; close: number }[] = [];
  let slot = Number.NaN;
  for (const { atMs, price } of points) {
    const own = Math.floor(atMs / barMs);
    seen += 1;
    const last = bars.at(-1);
    if (last !== undefined && own === slot) {
      last.high = Math.max(last.high, price);
      last.low = Math.min(last.low, price);
      last.close = price;
      continue;
    }
    const missed = own - slot - 1;
    if (missed > LONGEST_HOLE_BARS) {
      bars.length = 0;
      seen = 1;
    } else if (last !== undefined)
      for (let hole = 0; hole < missed; hole += 1)
        bars.push({ open: last.close, high: last.close, low: last.close, close: last.close });
    // A bar opens where the one before closed: trading goes on between two looks.
    const open = bars.at(-1)?.close ?? price;
    bars.push({ open, high: Math.max(open, price), low: Math.min(open, price), close: price });
    slot = own;
  }
  return { bars, looks: seen / bars.length };
}

/** Every estimator that recorded marks allow; the others say what they lack. */
export function estimatesOf(points: readonly PricePoint[]): Estimates {
  const spanMs = (points.at(-1)?.atMs ?? 0) - (points[0]?.atMs ?? 0);
  const barMs = BAR_CHOICES_MS.findLast((choice) => spanMs / choice >= WANTED_BARS) ?? BAR_CHOICES_MS[0];
  const { bars, looks } = barsOf(points, barMs);
  const perYear = YEAR_MS / barMs;
  const closes = bars.map((one) => one.close);
  const returns = (): Float64Array => logReturns(closes);
  const yearly = (variance: number): number => Math.sqrt(variance * perYear);
  const estimates = [
    estimate("close to close", "the plain one; a drift counts as volatility only in part", () =>
      closeToClose(closes, perYear),
    ),
    estimate("Parkinson", "from highs and lows; no drift, no gaps", () => parkinson(bars, perYear, looks)),
    estimate("Garman–Klass", "from all four prices; no drift, no gaps", () => garmanKlass(bars, perYear, looks)),
    estimate("Rogers–Satchell", "right under any drift", () => rogersSatchell(bars, perYear, looks)),
    estimate("Yang–Zhang", "right under drift and gaps", () => yangZhang(bars, perYear, looks)),
    estimate("realised kernel", "noise of quotes taken out", () => {
      const all = returns();
      return yearly(realisedKernel(all) / all.length);
    }),
    estimate("EWMA 0.94", "now: recent bars weigh most", () => yearly(ewma(returns(), LAMBDA).at(-1) ?? Number.NaN)),
    estimate("GARCH(1,1)", "forecast of the next bar", () =>
      yearly(fitGarch11(returns()).forecast(1)[0] ?? Number.NaN),
    ),
    { name: "HAR", sigma: null, note: "needs the realised variance of 32 days; the desk keeps six hours of marks" },
  ];
  return { barMs, bars: bars.length, spanMs, estimates };
}

function estimate(name: string, note: string, measure: () => number): Estimate {
  try {
    const sigma = measure();
    if (!Number.isFinite(sigma)) return { name, sigma: null, note: "the prices recorded do not move" };
    return { name, sigma: fromFloat(sigma, STEP, "half-even"), note };
  } catch (error) {
    if (error instanceof QuantError) return { name, sigma: null, note: error.message };
    throw error;
  }
}
