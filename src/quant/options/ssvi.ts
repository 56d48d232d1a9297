import { QuantError } from "../errors.ts";
import { requirePositive } from "./checks.ts";
import type { SmilePoint } from "./heston-calibration.ts";
import { levenbergMarquardt } from "./levenberg-marquardt.ts";
import type { SviSlice } from "./svi.ts";

/**
 * Surface SVI: w(k, theta) = theta/2 (1 + rho phi k + √((phi k + rho)² + 1 - rho²)) with theta the at-the-money total
 * variance of an expiry and phi(theta) = eta / (theta^gamma (1 + theta)^(1 - gamma)).
 *
 * With eta (1 + |rho|) <= 2, 0 < gamma <= 1/2 and theta rising with expiry no static arbitrage exists anywhere.
 */
export interface SsviSurface {
  readonly rho: number;
  readonly eta: number;
  readonly gamma: number;
  /** Expiries in years, rising. */
  readonly years: readonly number[];
  /** Total variance at the money of each, rising. */
  readonly thetas: readonly number[];
  /** Root mean square error in volatility. */
  readonly rmse: number;
}

/** phi of the power law. */
export function ssviPhi({ eta, gamma }: Pick<SsviSurface, "eta" | "gamma">, theta: number): number {
  return eta / (theta ** gamma * (1 + theta) ** (1 - gamma));
}

/** The raw SVI slice that an SSVI surface has at at-the-money total variance `theta`. */
export function ssviSlice(surface: Pick<SsviSurface, "rho" | "eta" | "gamma">, theta: number): SviSlice {
  const { rho } = surface;
  const phi = ssviPhi(surface, theta);
  const square = Math.sqrt(1 - rho * rho);
  return { a: 0.5 * theta * (1 - rho * rho), b: 0.5 * theta * phi, rho, m: -rho / phi, width: square / phi };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Unconstrained numbers to a surface that cannot hold arbitrage. */
function toSurface(x: ArrayLike<number>, years: readonly number[]): Omit<SsviSurface, "rmse"> {
  const rho = 0.999 * Math.tanh(x[0]!);
  const eta = (2 / (1 + Math.abs(rho))) * sigmoid(x[1]!);
  const gamma = 0.5 * sigmoid(x[2]!);
  let theta = 0;
  const thetas = years.map((_, i) => (theta += Math.exp(x[3 + i]!)));
  return { rho, eta, gamma, years, thetas };
}

/** Total variance of an SSVI surface at log-moneyness k for the at-the-money total variance theta. */
function varianceAt(surface: Pick<SsviSurface, "rho" | "eta" | "gamma">, theta: number, k: number): number {
  const turned = ssviPhi(surface, theta) * k + surface.rho;
  return (
    0.5 *
    theta *
    (1 + surface.rho * (turned - surface.rho) + Math.sqrt(turned * turned + 1 - surface.rho * surface.rho))
  );
}

/**
 * The SSVI surface nearest to implied volatilities, free of butterfly and calendar arbitrage by its parameters' ranges.
 *
 * Least squares on volatility with the points' weights. At least four points (`SERIES_TOO_SHORT`); throws `NOT_FINITE`,
 * `OUT_OF_RANGE`. Source: Gatheral and Jacquier (2014), theorem 4.2 and remark 4.4.
 */
export function fitSsvi(points: readonly SmilePoint[]): SsviSurface {
  if (points.length < 4)
    throw new QuantError("SERIES_TOO_SHORT", `the surface held ${points.length} points; the fit needs four`);
  for (const { forward, strike, years, sigma, weight = 1 } of points)
    requirePositive({ forward, strike, years, sigma, weight });
  const years = [...new Set(points.map((point) => point.years))].sort((a, b) => a - b);
  const atMoney = years.map((expiry) => {
    const smile = points.filter((point) => point.years === expiry);
    const nearest = smile.reduce((a, b) =>
      Math.abs(Math.log(b.strike / b.forward)) < Math.abs(Math.log(a.strike / a.forward)) ? b : a,
    );
    return nearest.sigma ** 2 * expiry;
  });
  const steps = atMoney.map((theta, i) =>
    Math.log(Math.max(theta - (i === 0 ? 0 : Math.max(...atMoney.slice(0, i))), 1e-3 * theta)),
  );
  const rows = points.map((point) => ({
    ...point,
    k: Math.log(point.strike / point.forward),
    at: years.indexOf(point.years),
    root: Math.sqrt(point.weight ?? 1),
  }));
  const residuals = (x: Float64Array, out: Float64Array): void => {
    const surface = toSurface(x, years);
    rows.forEach(({ k, at, sigma, years: expiry, root }, i) => {
      out[i] = root * (Math.sqrt(varianceAt(surface, surface.thetas[at]!, k) / expiry) - sigma);
    });
  };
  const fits = [-0.4, 0.1].map((rho) =>
    levenbergMarquardt({ start: [rho, 0, 0, ...steps], size: points.length, residuals }),
  );
  const best = fits.reduce((a, b) => (b.cost < a.cost ? b : a));
  const weights = points.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return { ...toSurface(best.parameters, years), rmse: Math.sqrt((2 * best.cost) / weights) };
}
