import { requireCount, requireSeries, type Series } from "../series.ts";

/** Realised variance: the sum of squared returns within one day, in squared units of the returns. Source: Andersen and Bollerslev (1998). */
export function realisedVariance(returns: Series): number {
  requireSeries("returns", returns, 1);
  let sum = 0;
  for (let index = 0; index < returns.length; index += 1) sum += returns[index]! ** 2;
  return sum;
}

/** Realised quarticity n/3 · Σ r⁴: how uncertain the realised variance is. Source: Barndorff-Nielsen and Shephard (2002). */
export function realisedQuarticity(returns: Series): number {
  requireSeries("returns", returns, 1);
  let sum = 0;
  for (let index = 0; index < returns.length; index += 1) sum += returns[index]! ** 4;
  return (returns.length / 3) * sum;
}

/** Bipower variation π/2 · Σ |r_t||r_{t−1}|: variance without its jumps. Source: Barndorff-Nielsen and Shephard (2004). */
export function bipowerVariation(returns: Series): number {
  requireSeries("returns", returns, 2);
  let sum = 0;
  for (let index = 1; index < returns.length; index += 1) sum += Math.abs(returns[index]! * returns[index - 1]!);
  return (Math.PI / 2) * sum;
}

/** How wide the kernel is: lags of autocovariance, or chosen from the noise. */
export interface KernelOptions {
  /** Whole lags H ≥ 0. Default: c* ξ^{4/5} n^{3/5} with c* = 3.5134, as in the source. */
  readonly bandwidth?: number;
}

/**
 * Realised kernel with Parzen weights: γ_0 + 2 Σ k(h / (H + 1)) γ_h, a variance that noise in quotes and trades does
 * not inflate; never below zero. Returns of one day at the highest frequency, at least 10; squared units of them.
 * Source: Barndorff-Nielsen, Hansen, Lunde and Shephard, Econometrics Journal 12 (2009).
 */
export function realisedKernel(returns: Series, options: KernelOptions = {}): number {
  requireSeries("returns", returns, 10);
  const bandwidth = options.bandwidth ?? parzenBandwidth(returns);
  requireCount("bandwidth", bandwidth, 0);
  let sum = realisedVariance(returns);
  for (let lag = 1; lag <= Math.min(bandwidth, returns.length - 1); lag += 1) {
    let covariance = 0;
    for (let index = lag; index < returns.length; index += 1) covariance += returns[index]! * returns[index - lag]!;
    sum += 2 * parzen(lag / (bandwidth + 1)) * covariance;
  }
  return Math.max(0, sum);
}

/** Parzen's weight at 0 ≤ x ≤ 1. */
function parzen(x: number): number {
  if (x <= 0.5) return 1 - 6 * x * x + 6 * x * x * x;
  return 2 * (1 - x) ** 3;
}

/** The source's rule: noise variance from the dense returns, the day's variance from sparse ones (about 20 a day). */
function parzenBandwidth(returns: Series): number {
  const n = returns.length;
  const noise = realisedVariance(returns) / (2 * n);
  const stride = Math.max(1, Math.floor(n / 20));
  let sparse = 0;
  let offsets = 0;
  for (let offset = 0; offset < stride; offset += 1) {
    let total = 0;
    for (let from = offset; from + stride <= n; from += stride) {
      let move = 0;
      for (let index = from; index < from + stride; index += 1) move += returns[index]!;
      total += move * move;
    }
    sparse += total;
    offsets += 1;
  }
  const integrated = sparse / offsets;
  if (!(integrated > 0)) return 0;
  return Math.ceil(3.5134 * (noise / integrated) ** 0.4 * n ** 0.6);
}
