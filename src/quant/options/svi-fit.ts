import { QuantError } from "../errors.ts";
import { requireFinite, requirePositive } from "./checks.ts";
import { levenbergMarquardt } from "./levenberg-marquardt.ts";
import { densityFactor, leastCalendarGap, leastDensity, sviAt } from "./svi.ts";
import type { SviSlice } from "./svi.ts";

/** One expiry's smile: log-moneyness k = ln(K / F) and implied volatility per √year, with an optional weight. */
export interface SmileQuote {
  readonly k: number;
  readonly sigma: number;
  readonly weight?: number;
}

/** A fitted slice and its root mean square error in volatility. */
export interface SviFit extends SviSlice {
  readonly rmse: number;
}

/** What binds a fit besides its quotes. */
export interface SviBounds {
  /** The expiry before, which the slice must not undercut anywhere. */
  readonly earlier?: SviSlice;
  /** A slice to start from, for instance one of `ssviSlice`. */
  readonly start?: SviSlice;
}

const GRID = 61;
/** Where the density is looked at, in widths from the vertex: dense where the slice bends. */
const BENDS = Array.from({ length: GRID }, (_, i) => Math.sinh((12 * i) / (GRID - 1) - 6));
/** Root mean square error in volatility at which no other start is tried. */
const NEAR_ENOUGH = 1e-6;
/** In log-moneyness; a narrower vertex is a kink that no market quotes. */
const LEAST_WIDTH = 1e-3;
/** Total variance stays above this at the vertex. */
const LEAST_VARIANCE = 1e-10;

function toSlice(x: ArrayLike<number>): SviSlice {
  const rho = 0.9995 * Math.tanh(x[1]!);
  // Lee's bound: neither wing steeper than 2.
  const b = 2 / (1 + Math.abs(rho)) / (1 + Math.exp(-x[0]!));
  const width = LEAST_WIDTH + Math.exp(x[3]!);
  return { a: LEAST_VARIANCE + Math.exp(x[4]!) - b * width * Math.sqrt(1 - rho * rho), b, rho, m: x[2]!, width };
}

function fromSlice({ a, b, rho, m, width }: SviSlice): number[] {
  const share = Math.min(Math.max((b * (1 + Math.abs(rho))) / 2, 1e-9), 1 - 1e-9);
  const least = Math.max(a + b * width * Math.sqrt(1 - rho * rho), 1e-8);
  return [
    Math.log(share / (1 - share)),
    Math.atanh(Math.max(-0.999, Math.min(rho / 0.9995, 0.999))),
    m,
    Math.log(Math.max(width - LEAST_WIDTH, 1e-6)),
    Math.log(least),
  ];
}

/** A symmetric smile through the lowest quote, with its vertex as wide as `share` of the quotes' range. */
function guess(quotes: readonly SmileQuote[], years: number, share: number): SviSlice {
  const lowest = quotes.reduce((a, b) => (b.sigma < a.sigma ? b : a));
  const spread = Math.max(...quotes.map((quote) => quote.k)) - Math.min(...quotes.map((quote) => quote.k));
  const least = lowest.sigma ** 2 * years;
  const width = Math.max(share * spread, 0.02);
  return { a: 0.5 * least, b: (0.5 * least) / width, rho: -0.1, m: lowest.k, width };
}

/**
 * The raw SVI slice nearest to a smile, free of butterfly arbitrage and not below an earlier expiry.
 *
 * Least squares on volatility; a negative density or a crossing of `earlier` on a grid is punished in the same sum, with
 * more and more margin until `leastDensity` and `leastCalendarGap` find neither. At least five quotes
 * (`SERIES_TOO_SHORT`). Throws `NOT_FINITE`, `OUT_OF_RANGE`, and `ARBITRAGE` where no margin leads to a free slice.
 * Source: Gatheral and Jacquier (2014), section 5; Zeliade (2009) for the parameters' ranges.
 */
export function fitSvi(quotes: readonly SmileQuote[], years: number, bounds: SviBounds = {}): SviFit {
  if (quotes.length < 5)
    throw new QuantError("SERIES_TOO_SHORT", `the smile held ${quotes.length} quotes; five parameters need five`);
  requirePositive({ years });
  for (const { k, sigma, weight = 1 } of quotes) {
    requireFinite({ k });
    requirePositive({ sigma, weight });
  }
  const { earlier } = bounds;
  const low = Math.min(...quotes.map((quote) => quote.k));
  const high = Math.max(...quotes.map((quote) => quote.k));
  const reach = Math.max(high - low, 0.1);
  const grid = Array.from({ length: GRID }, (_, i) => low - reach + (3 * reach * i) / (GRID - 1));
  const weights = quotes.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const typical = quotes.reduce((sum, { sigma }) => sum + sigma, 0) / quotes.length;
  const starts = [bounds.start, earlier, guess(quotes, years, 0.25), guess(quotes, years, 1)].filter(
    (slice) => slice !== undefined,
  );
  const misfit = (slice: SviSlice): number => {
    const errors = quotes.map(
      ({ k, sigma, weight = 1 }) => weight * (Math.sqrt(sviAt(slice, k).w / years) - sigma) ** 2,
    );
    return Math.sqrt(errors.reduce((sum, error) => sum + error, 0) / weights);
  };
  let best: SviFit | undefined;
  for (const margin of [0, 1e-4, 1e-3, 1e-2, 0.05]) {
    const residuals = (x: Float64Array, out: Float64Array): void => {
      const found = toSlice(x);
      quotes.forEach(({ k, sigma, weight = 1 }, i) => {
        out[i] = Math.sqrt(weight) * (Math.sqrt(sviAt(found, k).w / years) - sigma);
      });
      punish(out.subarray(quotes.length), found, grid, earlier, margin);
    };
    const size = quotes.length + 2 * GRID + 2;
    const fits: SviSlice[] = [];
    for (const start of starts.map(fromSlice)) {
      const fit = toSlice(levenbergMarquardt({ start, size, residuals, steps: 100, tolerance: 1e-9 }).parameters);
      fits.push(fit);
      if (misfit(fit) < NEAR_ENOUGH) break;
    }
    const nearest = Math.min(...fits.map(misfit));
    // The earlier slice never undercuts itself: where the quotes would, it is a candidate as it stands.
    for (const slice of earlier === undefined ? fits : [...fits, earlier]) {
      if (leastDensity(slice) < 0 || (earlier !== undefined && leastCalendarGap(earlier, slice) < 0)) continue;
      const rmse = misfit(slice);
      if (best === undefined || rmse < best.rmse) best = { ...slice, rmse };
    }
    // A free slice that is also the nearest, or nearly so, needs no more margin.
    if (best !== undefined && best.rmse <= 1.05 * nearest + 1e-12) return best;
  }
  if (best !== undefined) return best;
  throw new QuantError(
    "ARBITRAGE",
    `no SVI slice near these quotes (mean volatility ${typical}) is free of arbitrage; the quotes or the earlier expiry are inconsistent`,
  );
}

/** Residuals above zero wherever the slice comes nearer to arbitrage than `margin` allows. */
function punish(
  out: Float64Array,
  slice: SviSlice,
  grid: readonly number[],
  earlier: SviSlice | undefined,
  margin: number,
): void {
  const need = 1e-6 + margin;
  grid.forEach((k, i) => {
    // The density is looked at where the slice bends, however narrowly; the crossing where quotes and wings are.
    const bend = slice.m + slice.width * BENDS[i]!;
    out[i] = 10 * Math.max(0, need - densityFactor(sviAt(slice, bend), bend));
    const before = earlier === undefined ? undefined : sviAt(earlier, k).w;
    out[GRID + i] = before === undefined ? 0 : 10 * Math.max(0, (before * (1 + need) - sviAt(slice, k).w) / before);
  });
  for (const [i, sign] of [1, -1].entries()) {
    const wing = slice.b * (1 + sign * slice.rho);
    const before = earlier === undefined ? 0 : earlier.b * (1 + sign * earlier.rho);
    out[2 * GRID + i] = before === 0 ? 0 : 10 * Math.max(0, (before * (1 + need) - wing) / before);
  }
}
