import { QuantError } from "../errors.ts";
import { black76 } from "./black76.ts";
import { requirePositive } from "./checks.ts";
import { heston } from "./heston.ts";
import type { HestonParameters } from "./heston-characteristic.ts";
import { levenbergMarquardt } from "./levenberg-marquardt.ts";

/** One point of a smile: forward and strike in one currency, years, and the market's implied volatility per √year. */
export interface SmilePoint {
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly sigma: number;
  /** Relative weight; default 1. */
  readonly weight?: number;
}

/** Heston's parameters with the fit's root mean square error in volatility (0.01 = one point). */
export interface HestonFit extends HestonParameters {
  readonly rmse: number;
}

function toParameters(x: ArrayLike<number>): HestonParameters {
  return {
    v0: Math.exp(x[0]!),
    kappa: Math.exp(x[1]!),
    theta: Math.exp(x[2]!),
    volOfVol: Math.exp(x[3]!),
    correlation: 0.999 * Math.tanh(x[4]!),
  };
}

/**
 * Heston's five parameters from a smile or a surface, by least squares on prices over vega (volatility to first order).
 *
 * At least five points (`SERIES_TOO_SHORT`); one expiry alone does not tell kappa from theta and volOfVol, though it is
 * fitted all the same. Parameters are searched in logarithms and the inverse hyperbolic tangent of the correlation, so
 * none leaves its range. Throws `NOT_FINITE`, `OUT_OF_RANGE`, and `NO_CONVERGENCE` where the fit misses by more than
 * `worst` (default 0.25: 25 volatility points root mean square). Source: Cui, del Baño Rollin and Germano (2017), section 3.
 */
export function fitHeston(points: readonly SmilePoint[], worst = 0.25): HestonFit {
  if (points.length < 5)
    throw new QuantError("SERIES_TOO_SHORT", `the smile held ${points.length} points; five parameters need five`);
  for (const { forward, strike, years, sigma, weight = 1 } of points)
    requirePositive({ forward, strike, years, sigma, weight });
  const quotes = points.map(({ forward, strike, years, sigma, weight = 1 }) => {
    const kind = strike < forward ? ("put" as const) : ("call" as const);
    const { price, vega } = black76({ kind, forward, strike, years, sigma });
    // Far from the money vega vanishes; a floor keeps such points from drowning the rest.
    const scale = Math.sqrt(weight) / Math.max(vega, 1e-3 * forward * Math.sqrt(years));
    return { option: { kind, spot: forward, strike, years, rate: 0 }, price, scale };
  });
  const residuals = (x: Float64Array, out: Float64Array): void => {
    const parameters = toParameters(x);
    quotes.forEach(({ option, price, scale }, i) => {
      out[i] = within(parameters) ? scale * (heston({ ...option, ...parameters }).price - price) : Infinity;
    });
  };
  const nearest = points.reduce((best, point) =>
    Math.abs(Math.log(point.strike / point.forward)) < Math.abs(Math.log(best.strike / best.forward)) ? point : best,
  );
  const variance = Math.log(nearest.sigma ** 2);
  const starts = [
    [variance, Math.log(2), variance, Math.log(0.8), -0.3],
    [variance, Math.log(5), variance, Math.log(2), 0.1],
  ];
  const fits = starts.map((start) => levenbergMarquardt({ start, size: points.length, residuals, steps: 80 }));
  const best = fits.reduce((a, b) => (b.cost < a.cost ? b : a));
  const rmse = Math.sqrt((2 * best.cost) / points.reduce((sum, { weight = 1 }) => sum + weight, 0));
  if (!(rmse <= worst))
    throw new QuantError(
      "NO_CONVERGENCE",
      `the Heston fit missed the smile by ${rmse} root mean square; the quotes are not of one surface`,
    );
  return { ...toParameters(best.parameters), rmse };
}

/** Keeps the search where the integral is cheap; no market has been seen beyond. */
function within({ v0, kappa, theta, volOfVol }: HestonParameters): boolean {
  return (
    v0 > 1e-6 &&
    v0 < 50 &&
    theta > 1e-6 &&
    theta < 50 &&
    kappa > 1e-4 &&
    kappa < 200 &&
    volOfVol > 1e-4 &&
    volOfVol < 50
  );
}
