import { QuantError } from "../errors.ts";
import { LOG_SQRT_TWO_PI, mills } from "../normal.ts";
import { requireFinite, requireLengths } from "./checks.ts";
import { absoluteLogMoneyness, oddSeries, SERIES_LIMIT } from "./normalised-black.ts";

/** Options in columns: `kinds` holds 1 for a call and -1 (or 0) for a put; the rest as in `black76`. */
export interface OptionColumns {
  readonly kinds: Int8Array | Uint8Array;
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

/**
 * Black-76 price and first-order Greeks with gamma for a whole chain, without allocation.
 *
 * Every column must be as long as `out.price` (`LENGTH_MISMATCH`). Forward, strike, years and sigma must be above zero and
 * finite: the first row that is not stops the batch with `OUT_OF_RANGE` and its number. Figures as in `black76`.
 */
export function black76Batch(out: GreekColumns, options: OptionColumns): void {
  const { kinds, forwards, strikes, years, sigmas, rate = 0 } = options;
  const { price: prices, delta: deltas, gamma: gammas, vega: vegas, theta: thetas, rho: rhos } = out;
  const length = prices.length;
  requireFinite({ rate });
  requireLengths(length, { kinds, forwards, strikes, years, sigmas });
  requireLengths(length, { delta: deltas, gamma: gammas, vega: vegas, theta: thetas, rho: rhos });
  for (let i = 0; i < length; i += 1) {
    const forward = forwards[i]!;
    const strike = strikes[i]!;
    const time = years[i]!;
    const sigma = sigmas[i]!;
    if (!(forward > 0 && strike > 0 && time > 0 && sigma > 0 && forward + strike + time + sigma < Infinity))
      throw badRow(i);
    const above = forward > strike;
    const isCall = kinds[i]! > 0;
    const rootYears = Math.sqrt(time);
    const s = sigma * rootYears;
    const k = absoluteLogMoneyness(forward, strike);
    const h = k / s;
    const t = 0.5 * s;
    const near = t - h;
    const far = -t - h;
    const discount = rate === 0 ? 1 : Math.exp(-rate * time);
    const phi = discount * Math.exp(-0.5 * near * near - LOG_SQRT_TWO_PI);
    const farMills = mills(far);
    const smaller = above ? strike : forward;
    const density = smaller * phi;
    let near1: number;
    let ratio: number;
    if (near <= 1) {
      const nearMills = mills(near);
      near1 = phi * nearMills;
      ratio = phi * (k + 0.8 * s >= SERIES_LIMIT ? nearMills - farMills : oddSeries(h, t));
    } else {
      const rest = phi * mills(-near);
      near1 = discount - rest;
      ratio = near1 - phi * farMills;
    }
    const price = isCall === above ? smaller * ratio + discount * Math.abs(forward - strike) : smaller * ratio;
    const callDelta = above ? discount - (density * farMills) / forward : near1;
    const perRoot = density / rootYears;
    prices[i] = price;
    deltas[i] = isCall ? callDelta : callDelta - discount;
    gammas[i] = density / (forward * forward * s);
    vegas[i] = density * rootYears;
    thetas[i] = rate * price - 0.5 * sigma * perRoot;
    rhos[i] = -time * price;
  }
}

function badRow(row: number): QuantError {
  return new QuantError(
    "OUT_OF_RANGE",
    `row ${row} of the batch held a forward, strike, years or sigma that is not a finite number above zero`,
  );
}
