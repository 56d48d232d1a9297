import { QuantError } from "../errors.ts";
import { inverseOfPositiveDefinite, multiply, zeros, type Matrix } from "../matrix.ts";
import { mean, requireCount, requireSeries, sampleVariance, type Series } from "../series.ts";
import { freeDirections, maximise, reduce, type Limit, type Optimum } from "./constrained-newton.ts";
import { conditionalVariances, differentiate, logLikelihood } from "./garch-likelihood.ts";

/** One number per parameter; `gamma` only for GJR. */
export interface GarchParameters {
  readonly mu: number;
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
}

/** GJR's parameters: alpha for all shocks, gamma on top for the negative ones. */
export interface GjrParameters extends GarchParameters {
  readonly gamma: number;
}

/** Three kinds of standard errors: of the Hessian, of the scores' outer product, and the sandwich of both. */
export interface StandardErrors<P> {
  readonly hessian: P;
  readonly outerProduct: P;
  readonly robust: P;
}

interface Fit<P> {
  readonly logLikelihood: number;
  /** In the parameters' units. Infinity where the data cannot tell (a limit of the model was reached). */
  readonly standardErrors: StandardErrors<P>;
  /** alpha + beta (+ gamma / 2): how much of a shock to the variance is left after one period. */
  readonly persistence: number;
  /** The limits of the model that hold the estimate, empty for an inner maximum. */
  readonly onLimit: readonly string[];
  /** h_1 … h_n, the variance of each return given those before it, in squared units of the returns. */
  readonly conditionalVariances: Float64Array;
  /** Variances of the next 1 … periods returns, each for its own period, in squared units of the returns. */
  readonly forecast: (periods: number) => number[];
  /** Variance of the sum of the next `periods` returns. */
  readonly horizonVariance: (periods: number) => number;
}

/** A GARCH(1,1) fit. */
export type Garch11 = GarchParameters & Fit<GarchParameters>;

/** A GJR-GARCH(1,1) fit. */
export type Gjr = GjrParameters & Fit<GjrParameters>;

const FEWEST_RETURNS = 50;
const SMALLEST_OMEGA = 1e-10;

/**
 * Fits r_t = mu + e_t, h_t = omega + alpha·e²_{t−1} + beta·h_{t−1} by Gaussian maximum likelihood with analytic
 * derivatives. The start-up e² and h are the mean squared residual at the current mu.
 * `returns` in any unit, at least 50; omega and forecasts are in squared units of it. Limits: omega > 0, alpha ≥ 0,
 * beta ≥ 0, alpha + beta ≤ 1. Throws QuantError EMPTY_SERIES, SERIES_TOO_SHORT, NOT_FINITE, OUT_OF_RANGE (no movement
 * at all) or NO_CONVERGENCE. Source: Bollerslev (1986); benchmark of Fiorentini, Calzolari and Panattoni (1996).
 */
export function fitGarch11(returns: Series): Garch11 {
  const { theta, errors, ...fit } = estimate(returns, false);
  return { ...named(theta), ...fit, standardErrors: mapErrors(errors, named) };
}

/**
 * Fits the GJR model h_t = omega + (alpha + gamma·1[e<0])·e²_{t−1} + beta·h_{t−1}, as `fitGarch11` does. Limits besides:
 * alpha + gamma ≥ 0 and alpha + gamma/2 + beta ≤ 1. Source: Glosten, Jagannathan and Runkle (1993).
 */
export function fitGjr(returns: Series): Gjr {
  const { theta, errors, ...fit } = estimate(returns, true);
  return { ...withGamma(theta), ...fit, standardErrors: mapErrors(errors, withGamma) };
}

function withGamma(values: Float64Array): GjrParameters {
  return { ...named(values), gamma: values[4]! };
}

type Errors = StandardErrors<Float64Array>;

function named(values: Float64Array): GarchParameters {
  return { mu: values[0]!, omega: values[1]!, alpha: values[2]!, beta: values[3]! };
}

function mapErrors<P>(errors: Errors, name: (values: Float64Array) => P): StandardErrors<P> {
  return { hessian: name(errors.hessian), outerProduct: name(errors.outerProduct), robust: name(errors.robust) };
}

function estimate(
  returns: Series,
  asymmetric: boolean,
): Omit<Fit<unknown>, "standardErrors"> & { theta: Float64Array; errors: Errors } {
  requireSeries("returns", returns, FEWEST_RETURNS);
  const variance = sampleVariance(returns);
  const scale = Math.sqrt(variance);
  if (!(scale > 0) || !Number.isFinite(scale) || scale < 1e-14 * Math.abs(mean(returns))) {
    throw new QuantError("OUT_OF_RANGE", "the returns do not move, so they have no volatility to model");
  }
  // The fit runs on returns of variance one, so that no unit of the input can starve a step of digits.
  const scaled = Float64Array.from(returns, (value) => value / scale);
  const optimum = highest(scaled, asymmetric);
  const units = Float64Array.from(optimum.theta, (_, index) => [scale, variance][index] ?? 1);
  const rescale = (values: Float64Array): Float64Array => values.map((value, index) => value * units[index]!);
  const errors = standardErrors(optimum);
  const theta = rescale(optimum.theta);
  const path = conditionalVariances(returns, theta);
  const persistence = theta[2]! + theta[3]! + (theta[4] ?? 0) / 2;
  const forecast = (periods: number): number[] => {
    requireCount("periods", periods, 1);
    const out = [path[returns.length]!];
    while (out.length < periods) out.push(theta[1]! + persistence * out.at(-1)!);
    return out;
  };
  return {
    theta,
    errors: mapErrors(errors, rescale),
    logLikelihood: optimum.at.logLikelihood - returns.length * Math.log(scale),
    persistence,
    onLimit: optimum.onLimit.map((limit) => limit.name),
    conditionalVariances: path.subarray(0, returns.length),
    forecast,
    horizonVariance: (periods) => forecast(periods).reduce((sum, value) => sum + value, 0),
  };
}

function limitsOf(asymmetric: boolean): Limit[] {
  const limits: Limit[] = [
    { name: "omega", weights: [0, 1, 0, 0, 0], least: SMALLEST_OMEGA },
    { name: "alpha", weights: [0, 0, 1, 0, 0], least: 0 },
    { name: "beta", weights: [0, 0, 0, 1, 0], least: 0 },
    { name: "persistence", weights: [0, 0, -1, -1, asymmetric ? -0.5 : 0], least: -1 },
  ];
  return asymmetric ? [...limits, { name: "alpha + gamma", weights: [0, 0, 1, 0, 1], least: 0 }] : limits;
}

const STARTS = [
  [0.05, 0.9],
  [0.1, 0.8],
  [0.15, 0.8],
  [0.2, 0.5],
  [0.03, 0.6],
] as const;

/**
 * The highest maximum found. From the best of a few plausible pairs, each with the sample's long-run variance; where
 * that ends on a limit of the model the surface may have other hills, and every pair is climbed from.
 */
function highest(scaled: Float64Array, asymmetric: boolean): Optimum {
  const centre = mean(scaled);
  const starts = STARTS.map(([alpha, beta]) => {
    const symmetric = [centre, 1 - alpha - beta, asymmetric ? alpha / 2 : alpha, beta];
    const theta = Float64Array.from(asymmetric ? [...symmetric, alpha] : symmetric);
    return { theta, value: logLikelihood(scaled, theta) };
  }).sort((left, right) => right.value - left.value);
  const problem = {
    value: (theta: Float64Array) => logLikelihood(scaled, theta),
    differentiate: (theta: Float64Array) => differentiate(scaled, theta),
    limits: limitsOf(asymmetric),
  };
  let best: Optimum | undefined;
  for (const { theta } of starts) {
    const found = maximise(problem, theta);
    if (found !== undefined && found.at.logLikelihood > (best?.at.logLikelihood ?? -Infinity)) best = found;
    if (best !== undefined && best.onLimit.length === 0) return best;
  }
  if (best === undefined) {
    throw new QuantError(
      "NO_CONVERGENCE",
      "the likelihood has no maximum that can be reached; the series may be too short or hold no clusters of volatility",
    );
  }
  return best;
}

/** Standard errors inside the limits reached; directions that the data do not determine have Infinity. */
function standardErrors({ theta, at, onLimit }: Optimum): Errors {
  const size = theta.length;
  const basis = freeDirections(size, onLimit);
  const information = inverseOfPositiveDefinite(reduce(basis, at.hessian, -1));
  const outer = reduce(basis, at.outerProduct, 1);
  const scores = inverseOfPositiveDefinite(outer);
  const sandwich = information === undefined ? undefined : multiply(multiply(information, outer), information);
  return { hessian: spread(basis, information), outerProduct: spread(basis, scores), robust: spread(basis, sandwich) };
}

function spread(basis: Matrix, covariance: Matrix | undefined): Float64Array {
  const { rows, columns } = basis;
  const out = new Float64Array(rows);
  if (covariance === undefined) return out.fill(Infinity);
  const transposed = zeros(columns, rows);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      transposed.values[column * rows + row] = basis.values[row * columns + column]!;
    }
  }
  const full = multiply(multiply(basis, covariance), transposed);
  for (let row = 0; row < rows; row += 1) out[row] = Math.sqrt(Math.max(0, full.values[row * rows + row]!));
  return out;
}
