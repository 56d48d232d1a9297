import { QuantError } from "../errors.ts";
import { requirePositive } from "../options/checks.ts";
import { requireSeries, sampleVariance, type Series } from "../series.ts";

/** One period's prices, all above zero, low ≤ open, close ≤ high. */
export interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Crypto trades every day of the year: the default of every annualisation here. */
const DAYS_PER_YEAR = 365;

const FOUR_LN_2 = 4 * Math.LN2;
/** −ζ(½) / √(2π). */
const BEYOND_LOOKS = 0.5825971579390107;

/** Log returns ln(p_t / p_{t−1}) of at least two prices above zero. Throws EMPTY_SERIES, SERIES_TOO_SHORT, NOT_FINITE, OUT_OF_RANGE. */
export function logReturns(prices: Series): Float64Array {
  requireSeries("prices", prices, 2);
  for (let index = 0; index < prices.length; index += 1) requirePositive({ [`prices[${index}]`]: prices[index]! });
  const out = new Float64Array(prices.length - 1);
  for (let index = 0; index < out.length; index += 1) {
    // log1p of the relative move keeps the digits that a quotient near one loses.
    const from = prices[index]!;
    out[index] = Math.log1p((prices[index + 1]! - from) / from);
  }
  return out;
}

/** Close-to-close volatility per √year: standard deviation (n − 1) of log returns of at least 3 prices, about their mean. */
export function closeToClose(closes: Series, periodsPerYear: number = DAYS_PER_YEAR): number {
  requireSeries("closes", closes, 3);
  requirePositive({ periodsPerYear });
  return Math.sqrt(sampleVariance(logReturns(closes)) * periodsPerYear);
}

/**
 * Parkinson's range volatility per √year: mean of ln(H/L)² / (4 ln 2). No drift, no gaps. `looks` as in `widened`.
 * Source: J. Business 53 (1980).
 */
export function parkinson(bars: readonly Bar[], periodsPerYear: number = DAYS_PER_YEAR, looks = Infinity): number {
  const variance = meanOf(bars, ({ high, low }) => Math.log(high / low) ** 2 / FOUR_LN_2);
  return widened(variance, 1 / Math.LN2, bars, periodsPerYear, looks);
}

/**
 * Garman–Klass volatility per √year: mean of ½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)². No drift, no gaps. `looks` as in `widened`.
 * Source: Garman and Klass, J. Business 53 (1980), the simplified form.
 */
export function garmanKlass(bars: readonly Bar[], periodsPerYear: number = DAYS_PER_YEAR, looks = Infinity): number {
  const variance = meanOf(
    bars,
    ({ open, high, low, close }) => 0.5 * Math.log(high / low) ** 2 - (2 * Math.LN2 - 1) * Math.log(close / open) ** 2,
  );
  return widened(variance, 2, bars, periodsPerYear, looks);
}

/**
 * Rogers–Satchell volatility per √year, right under any drift, no gaps. `looks` as in `widened`.
 * Source: Annals of Applied Probability 1 (1991).
 */
export function rogersSatchell(bars: readonly Bar[], periodsPerYear: number = DAYS_PER_YEAR, looks = Infinity): number {
  return widened(meanOf(bars, rogersSatchellTerm), 2, bars, periodsPerYear, looks);
}

/**
 * Yang–Zhang volatility per √year: overnight + k · open-to-close + (1 − k) · Rogers–Satchell with
 * k = 0.34 / (1.34 + (n + 1)/(n − 1)) over the n bars after the first, which gives only its close; at least 3 bars.
 * Right under drift and gaps. `looks` as in `widened`. Source: Yang and Zhang, J. Business 73 (2000).
 */
export function yangZhang(bars: readonly Bar[], periodsPerYear: number = DAYS_PER_YEAR, looks = Infinity): number {
  requireBars(bars, 3);
  const rest = bars.slice(1);
  const overnight = rest.map((bar, index) => Math.log(bar.open / bars[index]!.close));
  const intraday = rest.map((bar) => Math.log(bar.close / bar.open));
  const n = rest.length;
  const k = 0.34 / (1.34 + (n + 1) / (n - 1));
  const variance =
    sampleVariance(overnight) + k * sampleVariance(intraday) + (1 - k) * meanOf(rest, rogersSatchellTerm);
  return widened(variance, 2 * (1 - k), rest, periodsPerYear, looks);
}

function rogersSatchellTerm({ open, high, low, close }: Bar): number {
  return Math.log(high / close) * Math.log(high / open) + Math.log(low / close) * Math.log(low / open);
}

function meanOf(bars: readonly Bar[], term: (bar: Bar) => number): number {
  requireBars(bars, 1);
  return bars.reduce((sum, bar) => sum + term(bar), 0) / bars.length;
}

/**
 * The volatility per √year whose bars, seen only `looks` times each (2 or more; Infinity where every trade was seen),
 * have this variance. Between looks the price goes beyond the highest and the lowest seen, each by 0.5826 standard
 * deviations of the time between two of them; a variance grows by `slope` · (d · range + d²) where highs and lows move
 * out by d, which makes the volatility the root of a quadratic. Uncorrected, twelve looks a bar measure a fifth too little;
 * corrected within 4 %. Source: Broadie, Glasserman and Kou, Mathematical Finance 7 (1997).
 */
function widened(variance: number, slope: number, bars: readonly Bar[], periodsPerYear: number, looks: number): number {
  requirePositive({ periodsPerYear });
  if (!(looks >= 2))
    throw new QuantError("OUT_OF_RANGE", `a bar had ${looks} looks at the price; highs and lows need 2 at least`);
  const beyond = BEYOND_LOOKS / Math.sqrt(looks);
  const square = 1 - slope * beyond * beyond;
  const linear = slope * beyond * meanOf(bars, ({ high, low }) => Math.log(high / low));
  // Rounding can leave −1e-20 where the true variance is zero.
  const sigma = (linear + Math.sqrt(linear * linear + 4 * square * Math.max(0, variance))) / (2 * square);
  return sigma * Math.sqrt(periodsPerYear);
}

function requireBars(bars: readonly Bar[], least: number): void {
  if (bars.length === 0) throw new QuantError("EMPTY_SERIES", `there are no bars; at least ${least} are needed`);
  if (bars.length < least) {
    throw new QuantError("SERIES_TOO_SHORT", `there are ${bars.length} bars; at least ${least} are needed`);
  }
  for (const [index, { open, high, low, close }] of bars.entries()) {
    requirePositive({ open, high, low, close });
    if (low > Math.min(open, close) || high < Math.max(open, close)) {
      throw new QuantError("OUT_OF_RANGE", `bar ${index} has open or close outside its low ${low} and high ${high}`);
    }
  }
}
