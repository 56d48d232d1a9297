import { black76 } from "./black76.ts";
import { requirePositive } from "./checks.ts";
import type { SmilePoint } from "./heston-calibration.ts";
import type { VolatilitySurface } from "./surface.ts";

/** A static arbitrage between quoted volatilities. */
export interface QuotedArbitrage {
  /** "vertical": a call spread of negative price; "butterfly": one of negative price; "calendar": variance that falls with expiry. */
  readonly kind: "vertical" | "butterfly" | "calendar";
  /** Expiry (of a calendar: the later one) and middle or upper strike. */
  readonly years: number;
  readonly strike: number;
  /** What the position earns for nothing, undiscounted, as a fraction of the forward. */
  readonly amount: number;
}

/**
 * Every static arbitrage among quotes, worst first.
 *
 * Calls are priced at their quoted volatility (one unit of forward); neighbouring strikes are checked for spreads worth
 * less than nothing or more than their strikes' distance, and for concavity. Each strike's total variance may not exceed
 * that of the next expiry at the same log-moneyness, straight between its quotes there; a smile's total variance bends
 * upwards, so that this errs towards no arbitrage. Amounts up to `tolerance` (default 1e-6) are rounding and bid–ask, not arbitrage.
 * Throws `NOT_FINITE`, `OUT_OF_RANGE`. Source: Carr and Madan (2005), "A note on sufficient conditions for no arbitrage".
 */
export function quotedArbitrage(points: readonly SmilePoint[], tolerance = 1e-6): QuotedArbitrage[] {
  const found: QuotedArbitrage[] = [];
  const rows = points.map((point) => {
    const { forward, strike, years, sigma } = point;
    requirePositive({ forward, strike, years, sigma });
    const x = strike / forward;
    return {
      ...point,
      x,
      k: Math.log(x),
      w: sigma * sigma * years,
      call: black76({ kind: "call", forward: 1, strike: x, years, sigma }).price,
    };
  });
  const note = (kind: QuotedArbitrage["kind"], row: { years: number; strike: number }, amount: number): void => {
    if (amount > tolerance) found.push({ kind, years: row.years, strike: row.strike, amount });
  };
  for (const expiry of new Set(rows.map((row) => row.years))) {
    const smile = rows.filter((row) => row.years === expiry).sort((a, b) => a.x - b.x);
    smile.forEach((row, i) => {
      const below = smile[i - 1];
      const above = smile[i + 1];
      if (below !== undefined && row.x > below.x) {
        note("vertical", row, row.call - below.call);
        note("vertical", row, below.call - row.call - (row.x - below.x));
        if (above !== undefined && above.x > row.x) {
          const share = (row.x - below.x) / (above.x - below.x);
          note("butterfly", row, row.call - (1 - share) * below.call - share * above.call);
        }
      }
    });
  }
  const expiries = [...new Set(rows.map((row) => row.years))].sort((a, b) => a - b);
  expiries.slice(1).forEach((years, i) => {
    const late = rows.filter((row) => row.years === years).sort((a, b) => a.k - b.k);
    for (const early of rows) {
      if (early.years !== expiries[i]) continue;
      const after = late.findIndex((row) => row.k >= early.k - 1e-9);
      const [right, left] = [late[after], late[Math.max(after - 1, 0)]];
      if (right === undefined || left === undefined || (after === 0 && right.k > early.k + 1e-9)) continue;
      const share = right.k > left.k ? (early.k - left.k) / (right.k - left.k) : 1;
      const w = left.w + share * (right.w - left.w);
      if (w >= early.w) continue;
      const cheap = black76({ kind: "call", forward: 1, strike: early.x, years, sigma: Math.sqrt(w / years) }).price;
      note("calendar", { years, strike: early.strike }, early.call - cheap);
    }
  });
  return found.sort((a, b) => b.amount - a.amount);
}

/** A quote that stands apart from the model's surface. */
export interface Mispricing {
  readonly point: SmilePoint;
  readonly modelSigma: number;
  /** Quoted less model volatility: above zero the option is dear. */
  readonly sigmaGap: number;
  /** The same in undiscounted price, in the currency of the forward. */
  readonly priceGap: number;
}

/**
 * The quotes whose volatility differs from the surface's by more than `threshold` (per √year, default 0.02), largest first.
 *
 * Throws `NOT_FINITE`, `OUT_OF_RANGE`.
 */
export function mispricings(points: readonly SmilePoint[], surface: VolatilitySurface, threshold = 0.02): Mispricing[] {
  const gaps = points.map((point) => {
    const { forward, strike, years, sigma } = point;
    requirePositive({ forward, strike, years, sigma });
    const k = Math.log(strike / forward);
    const modelSigma = Math.sqrt(surface.totalVariance(k, years) / years);
    const kind = strike < forward ? ("put" as const) : ("call" as const);
    const price = (at: number): number => black76({ kind, forward, strike, years, sigma: at }).price;
    return { point, modelSigma, sigmaGap: sigma - modelSigma, priceGap: price(sigma) - price(modelSigma) };
  });
  return gaps
    .filter(({ sigmaGap }) => Math.abs(sigmaGap) > threshold)
    .sort((a, b) => Math.abs(b.sigmaGap) - Math.abs(a.sigmaGap));
}
