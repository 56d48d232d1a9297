import { mean, type Series } from "../series.ts";

/**
 * The Gaussian likelihood of r_t = mu + e_t, h_t = omega + (alpha + gamma·1[e<0])·e²_{t−1} + beta·h_{t−1}, with its
 * analytic first and second derivatives. Before the sample e² and h are the mean squared residual at the current mu
 * (for gamma's term the mean of e²·1[e<0]), and the derivatives know that they move with mu.
 * Source: Bollerslev (1986); derivatives after Fiorentini, Calzolari and Panattoni, J. Applied Econometrics 11 (1996).
 */

/** Order of the parameters everywhere in this folder: mu, omega, alpha, beta, and gamma for GJR. */
const MU = 0;
const OMEGA = 1;
const ALPHA = 2;
const BETA = 3;
const GAMMA = 4;

const HALF_LOG_TWO_PI = 0.9189385332046728;

/** What one pass over the data gives: row-major p × p matrices, symmetric and full. */
export interface Derivatives {
  readonly logLikelihood: number;
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

/**
 * Log-likelihood with gradient, Hessian and outer product of scores, in one pass. The recursions are written out in
 * local variables, one per derivative that is not zero: this pass is where a fit spends its time.
 */
export function differentiate(returns: Series, theta: Series): Derivatives {
  const size = theta.length;
  const [mu, omega, alpha, beta, gamma] = [theta[MU]!, theta[OMEGA]!, theta[ALPHA]!, theta[BETA]!, theta[GAMMA] ?? 0];
  const n = returns.length;

  // The day before the sample: squares, their slopes in mu, and the share of days that curve with gamma.
  let [square, downSquare, slope, downSlope, downShare] = [0, 0, 0, 0, 0];
  for (let index = 0; index < n; index += 1) {
    const residual = returns[index]! - mu;
    square += residual * residual;
    slope += residual;
    if (residual < 0) {
      downSquare += residual * residual;
      downSlope += residual;
      downShare += 1;
    }
  }
  square /= n;
  downSquare /= n;
  slope *= -2 / n;
  downSlope *= -2 / n;
  downShare /= n;

  // First derivatives of the variance in mu, omega, alpha, beta, gamma, and the second ones that are not zero.
  let variance = square;
  let [m, o, a, b, g] = [slope, 0, 0, 0, 0];
  let [mm, ma, mb, mg, ob, ab, bb, bg] = [2, 0, 0, 0, 0, 0, 0, 0];
  // Sums: the likelihood, the gradient, the Hessian's and the outer product's upper triangles.
  let [logSum, product] = [0, 1];
  let [g0, g1, g2, g3, g4] = [0, 0, 0, 0, 0];
  const hessian = new Float64Array(15);
  const outer = new Float64Array(15);

  for (let index = 0; index < n; index += 1) {
    mm = beta * mm + 2 * (alpha + gamma * downShare);
    ma = beta * ma + slope;
    mg = beta * mg + downSlope;
    mb = beta * mb + m;
    ob = beta * ob + o;
    ab = beta * ab + a;
    bg = beta * bg + g;
    bb = beta * bb + 2 * b;
    m = beta * m + alpha * slope + gamma * downSlope;
    o = beta * o + 1;
    a = beta * a + square;
    b = beta * b + variance;
    g = beta * g + downSquare;
    variance = omega + alpha * square + gamma * downSquare + beta * variance;

    const residual = returns[index]! - mu;
    const inverse = 1 / variance;
    const ratio = residual * residual * inverse;
    logSum += ratio;
    // One logarithm for eight variances: their product is renewed long before it leaves the double range.
    product *= variance;
    if ((index & 7) === 7 || product < 1e-200 || product > 1e200) {
      logSum += Math.log(product);
      product = 1;
    }
    const w = 0.5 * (ratio - 1) * inverse;
    const curve = 0.5 * (1 - 2 * ratio) * inverse * inverse;
    const cross = residual * inverse * inverse;
    const s0 = w * m + residual * inverse;
    const s1 = w * o;
    const s2 = w * a;
    const s3 = w * b;
    const s4 = w * g;
    g0 += s0;
    g1 += s1;
    g2 += s2;
    g3 += s3;
    g4 += s4;
    hessian[0]! += w * mm + curve * m * m - 2 * cross * m - inverse;
    hessian[1]! += curve * m * o - cross * o;
    hessian[2]! += w * ma + curve * m * a - cross * a;
    hessian[3]! += w * mb + curve * m * b - cross * b;
    hessian[4]! += w * mg + curve * m * g - cross * g;
    hessian[5]! += curve * o * o;
    hessian[6]! += curve * o * a;
    hessian[7]! += w * ob + curve * o * b;
    hessian[8]! += curve * o * g;
    hessian[9]! += curve * a * a;
    hessian[10]! += w * ab + curve * a * b;
    hessian[11]! += curve * a * g;
    hessian[12]! += w * bb + curve * b * b;
    hessian[13]! += w * bg + curve * b * g;
    hessian[14]! += curve * g * g;
    outer[0]! += s0 * s0;
    outer[1]! += s0 * s1;
    outer[2]! += s0 * s2;
    outer[3]! += s0 * s3;
    outer[4]! += s0 * s4;
    outer[5]! += s1 * s1;
    outer[6]! += s1 * s2;
    outer[7]! += s1 * s3;
    outer[8]! += s1 * s4;
    outer[9]! += s2 * s2;
    outer[10]! += s2 * s3;
    outer[11]! += s2 * s4;
    outer[12]! += s3 * s3;
    outer[13]! += s3 * s4;
    outer[14]! += s4 * s4;

    square = residual * residual;
    slope = -2 * residual;
    const down = residual < 0;
    downSquare = down ? square : 0;
    downSlope = down ? slope : 0;
    downShare = down ? 1 : 0;
  }
  return {
    logLikelihood: -0.5 * (logSum + Math.log(product)) - n * HALF_LOG_TWO_PI,
    gradient: Float64Array.of(g0, g1, g2, g3, g4).subarray(0, size),
    hessian: squareOf(hessian, size),
    outerProduct: squareOf(outer, size),
  };
}

/** The full symmetric matrix of the first `size` parameters from the upper triangle over all five. */
function squareOf(triangle: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  let at = 0;
  for (let row = 0; row < 5; row += 1) {
    for (let column = row; column < 5; column += 1) {
      if (column < size) {
        out[row * size + column] = triangle[at]!;
        out[column * size + row] = triangle[at]!;
      }
      at += 1;
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
