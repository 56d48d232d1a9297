import { QuantError } from "../errors.ts";
import { LOG_SQRT_TWO_PI, mills } from "../normal.ts";
import { kindNumbers, requireFinite, requireLengths } from "./checks.ts";
import type { KindColumn } from "./checks.ts";
import { expNegative, logRatio } from "./elementary.ts";
import { oddSeries, SERIES_LIMIT } from "./normalised-black.ts";

/** Options in columns: `kinds` holds 1 for a call and -1 (or 0) for a put, or the words (copied then); the rest as in `black76`. */
export interface OptionColumns {
  readonly kinds: KindColumn;
  readonly forwards: Float64Array;
  readonly strikes: Float64Array;
  readonly years: Float64Array;
  readonly sigmas: Float64Array;
  /** One continuously compounded rate for all rows; 0 where absent. */
  readonly rate?: number;
}

/** Where `black76Batch` writes: one column a figure, in the units of `black76`. */
export interface GreekColumns {
  readonly price: Float64Array;
  readonly delta: Float64Array;
  readonly gamma: Float64Array;
  readonly vega: Float64Array;
  readonly theta: Float64Array;
  readonly rho: Float64Array;
}

/** Columns for `length` options, to be kept and filled again. */
export function greekColumns(length: number): GreekColumns {
  const column = (): Float64Array => new Float64Array(length);
  return { price: column(), delta: column(), gamma: column(), vega: column(), theta: column(), rho: column() };
}

/** The options with their kinds as numbers. */
type NumberedColumns = OptionColumns & { readonly kinds: Int8Array | Uint8Array };

/** What a chunk of rows has come to: k = |ln F/K|, s = sigma √years, h = k / s, the density, price / min(F, K). */
interface ChunkColumns {
  readonly k: Float64Array;
  readonly s: Float64Array;
  readonly h: Float64Array;
  readonly phi: Float64Array;
  readonly ratio: Float64Array;
}

/** Rows taken at a time: the columns in between stay in the first-level cache. */
const CHUNK = 256;

/**
 * Black-76 price and first-order Greeks with gamma for a whole chain, without allocation per row.
 *
 * Every column must be as long as `out.price` (`LENGTH_MISMATCH`). Forward, strike, years and sigma must be above zero and
 * finite: the first row that is not stops the batch with `OUT_OF_RANGE` and its number. Figures as in `black76`.
 *
 * The work goes in short loops over chunks of the columns: V8 inlines what they call and keeps every number unboxed.
 */
export function black76Batch(out: GreekColumns, options: OptionColumns): void {
  const columns: NumberedColumns = { ...options, kinds: kindNumbers(options.kinds) };
  const { kinds, forwards, strikes, years, sigmas, rate = 0 } = columns;
  const length = out.price.length;
  requireFinite({ rate });
  requireLengths(length, { kinds, forwards, strikes, years, sigmas });
  requireLengths(length, { delta: out.delta, gamma: out.gamma, vega: out.vega, theta: out.theta, rho: out.rho });
  const chunk = chunkColumns();
  for (let from = 0; from < length; from += CHUNK) {
    const count = Math.min(CHUNK, length - from);
    moneynessColumn(chunk, columns, from, count);
    densityColumn(chunk, count);
    ratioColumn(chunk, count);
    greekColumn(out, columns, chunk, from, count);
  }
}

function chunkColumns(): ChunkColumns {
  const [k, s, h, phi, ratio] = Array.from({ length: 5 }, () => new Float64Array(CHUNK));
  return { k: k!, s: s!, h: h!, phi: phi!, ratio: ratio! };
}

function moneynessColumn(chunk: ChunkColumns, options: NumberedColumns, from: number, count: number): void {
  const { k, s, h } = chunk;
  const { forwards, strikes, years, sigmas } = options;
  for (let j = 0; j < count; j += 1) {
    const forward = forwards[from + j]!;
    const strike = strikes[from + j]!;
    const time = years[from + j]!;
    const sigma = sigmas[from + j]!;
    if (!(forward > 0 && strike > 0 && time > 0 && sigma > 0 && forward + strike + time + sigma < Infinity)) {
      throw new QuantError(
        "OUT_OF_RANGE",
        `row ${from + j} of the batch held a forward, strike, years or sigma that is not a finite number above zero`,
      );
    }
    k[j] = logRatio(Math.max(forward, strike), Math.min(forward, strike));
    s[j] = sigma * Math.sqrt(time);
    h[j] = k[j]! / s[j]!;
  }
}

/** The normal density at t - h, of the out-of-the-money side. */
function densityColumn({ s, h, phi }: ChunkColumns, count: number): void {
  for (let j = 0; j < count; j += 1) {
    const near = 0.5 * s[j]! - h[j]!;
    phi[j] = expNegative(-0.5 * near * near - LOG_SQRT_TWO_PI);
  }
}

/** Undiscounted out-of-the-money price / min(F, K). */
function ratioColumn({ k, s, h, phi, ratio }: ChunkColumns, count: number): void {
  for (let j = 0; j < count; j += 1) {
    const t = 0.5 * s[j]!;
    if (phi[j] === 0) {
      ratio[j] = 0;
    } else if (k[j]! + 0.8 * s[j]! < SERIES_LIMIT) {
      ratio[j] = phi[j]! * oddSeries(h[j]!, t, mills(-h[j]!));
    } else {
      const near = t - h[j]!;
      const reflect = near > 1;
      const nearMills = mills(reflect ? -near : near);
      const farMills = mills(-t - h[j]!);
      ratio[j] = reflect ? 1 - phi[j]! * (nearMills + farMills) : phi[j]! * (nearMills - farMills);
    }
  }
}

function greekColumn(
  out: GreekColumns,
  options: NumberedColumns,
  chunk: ChunkColumns,
  from: number,
  count: number,
): void {
  const { kinds, forwards, strikes, years, sigmas, rate = 0 } = options;
  const { price, delta, gamma, vega, theta, rho } = out;
  const { s, h, phi, ratio } = chunk;
  for (let j = 0; j < count; j += 1) {
    const i = from + j;
    const forward = forwards[i]!;
    const strike = strikes[i]!;
    const time = years[i]!;
    const above = forward > strike;
    const isCall = kinds[i]! > 0;
    const discount = rate === 0 ? 1 : Math.exp(-rate * time);
    const smaller = Math.min(forward, strike);
    const density = discount * smaller * phi[j]!;
    const perForward = density / forward;
    const t = 0.5 * s[j]!;
    // The standard d1 up to the sign that makes it the out-of-the-money side's; its smaller tail needs no cancellation.
    const d = above ? -t - h[j]! : t - h[j]!;
    const tail = perForward * mills(d > 0 ? -d : d);
    const isUpper = above || d > 0;
    const outside = discount * smaller * ratio[j]!;
    const value = isCall === above ? outside + discount * Math.abs(forward - strike) : outside;
    const inverseRoot = 1 / Math.sqrt(time);
    price[i] = value;
    if (isUpper) delta[i] = isCall ? discount - tail : -tail;
    else delta[i] = isCall ? tail : tail - discount;
    gamma[i] = perForward / (forward * s[j]!);
    vega[i] = density * time * inverseRoot;
    theta[i] = rate * value - 0.5 * sigmas[i]! * density * inverseRoot;
    rho[i] = -time * value;
  }
}
