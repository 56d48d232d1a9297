import { mean, type Series } from "../series.ts";

/**
 * The Gaussian likelihood of r_t = mu + e_t, h_t = omega + (alpha + gamma·1[e<0])·e²_{t−1} + beta·h_{t−1}, with its
 * analytic first and second derivatives. Before the sample e² and h are the mean squared residual at the current mu
 * (for gamma's term the mean of e²·1[e<0]), and the derivatives know that they move with mu.
 * Source: Bollerslev (1986); derivatives after Fiorentini, Calzolari and Panattoni, J. Applied Econometrics 11 (1996).
 */

/** Order of the parameters everywhere in this folder: mu, omega, alpha, beta, and gamma for GJR. */
export const MU = 0;
export const OMEGA = 1;
export const ALPHA = 2;
export const BETA = 3;
export const GAMMA = 4;

const HALF_LOG_TWO_PI = 0.9189385332046728;

/** What one pass over the data gives: row-major p × p matrices, symmetric and full. */
export interface Derivatives {
  logLikelihood: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly outerProduct: Float64Array;
}

/** Log-likelihood at `theta` (4 or 5 parameters), or −Infinity where a variance is not above zero. */
export function logLikelihood(returns: Series, theta: Series): number {
  const [mu, omega, alpha, beta, gamma] = [theta[MU]!, theta[OMEGA]!, theta[ALPHA]!, theta[BETA]!, theta[GAMMA] ?? 0];
  let square = 0;
  let downSquare = 0;
  for (let index = 0; index < returns.length; index += 1) {
    const residual = returns[index]! - mu;
    square += residual * residual;
    if (residual < 0) downSquare += residual * residual;
  }
  square /= returns.length;
  downSquare /= returns.length;
  let variance = square;
  let sum = 0;
  // One logarithm for eight variances: their product is renewed long before it leaves the double range.
  let product = 1;
  for (let index = 0; index < returns.length; index += 1) {
    variance = omega + alpha * square + gamma * downSquare + beta * variance;
    if (!(variance > 0)) return -Infinity;
    const residual = returns[index]! - mu;
    square = residual * residual;
    downSquare = residual < 0 ? square : 0;
    sum += square / variance;
    product *= variance;
    if ((index & 7) === 7 || product < 1e-200 || product > 1e200) {
      sum += Math.log(product);
      product = 1;
    }
  }
  return -0.5 * (sum + Math.log(product)) - returns.length * HALF_LOG_TWO_PI;
}

/** Log-likelihood with gradient, Hessian and outer product of scores, in one pass. */
export function differentiate(returns: Series, theta: Series): Derivatives {
  const size = theta.length;
  const asymmetric = size > GAMMA;
  const [mu, omega, alpha, beta, gamma] = [theta[MU]!, theta[OMEGA]!, theta[ALPHA]!, theta[BETA]!, theta[GAMMA] ?? 0];
  const residuals = Float64Array.from(returns, (value) => value - mu);
  const down = residuals.map((value) => Math.min(value, 0));

  const first = new Float64Array(size);
  const second = new Float64Array(size * size);
  const out: Derivatives = {
    logLikelihood: 0,
    gradient: new Float64Array(size),
    hessian: new Float64Array(size * size),
    outerProduct: new Float64Array(size * size),
  };
  const score = new Float64Array(size);

  // The day before the sample: squares, their slopes in mu, and the shares that gamma and the curvature need.
  let square = mean(residuals.map((value) => value * value));
  let downSquare = mean(down.map((value) => value * value));
  let slope = -2 * mean(residuals);
  let downSlope = -2 * mean(down);
  let downShare = mean(down.map((value) => (value < 0 ? 1 : 0)));
  let variance = square;
  first[MU] = slope;
  second[MU * size + MU] = 2;

  for (let index = 0; index < residuals.length; index += 1) {
    for (let row = 0; row < size; row += 1) {
      for (let column = row; column < size; column += 1) second[row * size + column]! *= beta;
    }
    for (let row = 0; row < BETA; row += 1) second[row * size + BETA]! += first[row]!;
    second[BETA * size + BETA]! += 2 * first[BETA]!;
    second[MU * size + MU]! += 2 * (alpha + gamma * downShare);
    second[MU * size + ALPHA]! += slope;
    if (asymmetric) {
      second[BETA * size + GAMMA]! += first[GAMMA]!;
      second[MU * size + GAMMA]! += downSlope;
    }
    for (let row = 0; row < size; row += 1) first[row]! *= beta;
    first[MU] += alpha * slope + gamma * downSlope;
    first[OMEGA]! += 1;
    first[ALPHA]! += square;
    first[BETA]! += variance;
    if (asymmetric) first[GAMMA]! += downSquare;
    variance = omega + alpha * square + gamma * downSquare + beta * variance;

    const residual = residuals[index]!;
    const inverse = 1 / variance;
    const ratio = residual * residual * inverse;
    out.logLikelihood -= 0.5 * (Math.log(variance) + ratio);
    const slopeWeight = 0.5 * (ratio - 1) * inverse;
    const curveWeight = 0.5 * (1 - 2 * ratio) * inverse * inverse;
    const cross = residual * inverse * inverse;
    for (let row = 0; row < size; row += 1) score[row] = slopeWeight * first[row]!;
    score[MU]! += residual * inverse;
    for (let row = 0; row < size; row += 1) {
      out.gradient[row]! += score[row]!;
      for (let column = row; column < size; column += 1) {
        const at = row * size + column;
        out.outerProduct[at]! += score[row]! * score[column]!;
        out.hessian[at]! += slopeWeight * second[at]! + curveWeight * first[row]! * first[column]!;
      }
      out.hessian[row]! -= cross * first[row]!;
    }
    out.hessian[MU]! -= cross * first[MU] + inverse;

    square = residual * residual;
    downSquare = residual < 0 ? square : 0;
    slope = -2 * residual;
    downSlope = residual < 0 ? slope : 0;
    downShare = residual < 0 ? 1 : 0;
  }
  out.logLikelihood -= residuals.length * HALF_LOG_TWO_PI;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < row; column += 1) {
      out.hessian[row * size + column] = out.hessian[column * size + row]!;
      out.outerProduct[row * size + column] = out.outerProduct[column * size + row]!;
    }
  }
  return out;
}

/** The conditional variances h_1 … h_{n+1} at `theta`: the last is the forecast for the period after the sample. */
export function conditionalVariances(returns: Series, theta: Series): Float64Array {
  const [mu, omega, alpha, beta, gamma] = [theta[MU]!, theta[OMEGA]!, theta[ALPHA]!, theta[BETA]!, theta[GAMMA] ?? 0];
  const residuals = Float64Array.from(returns, (value) => value - mu);
  let square = mean(residuals.map((value) => value * value));
  let downSquare = mean(residuals.map((value) => Math.min(value, 0) ** 2));
  let variance = square;
  const out = new Float64Array(returns.length + 1);
  for (let index = 0; index <= returns.length; index += 1) {
    variance = omega + alpha * square + gamma * downSquare + beta * variance;
    out[index] = variance;
    const residual = residuals[index] ?? 0;
    square = residual * residual;
    downSquare = residual < 0 ? square : 0;
  }
  return out;
}
