import { QuantError } from "../errors.ts";
import { normalCdf, normalPdf } from "../normal.ts";
import { gaussLegendre } from "./gauss-legendre.ts";

/** A put with strike 1: early exercise has a single boundary only for rate > 0. */
export interface UnitPut {
  readonly years: number;
  readonly sigma: number;
  readonly rate: number;
  readonly dividendRate: number;
}

/** ln of the spot, per unit of strike, below which the put is exercised when `share` (0..1) of its life is left. */
export type Boundary = (share: number) => number;

const DEGREE = 20;
const RULE = gaussLegendre(24);
const POINTS = RULE.nodes.length;
const MOST_ROUNDS = 300;

/** Chebyshev points of the second kind as values of √(share of life left), 0..1. */
const ROOTS = Float64Array.from({ length: DEGREE + 1 }, (_, i) => 0.5 * (1 - Math.cos((i * Math.PI) / DEGREE)));
const ANGLES = RULE.nodes.map((node) => (1 + node) * (Math.PI / 4));
const SINES = ANGLES.map(Math.sin);
const COSINES = ANGLES.map(Math.cos);

/** The weight of every node's value in the interpolation at every node's integration points: the same for all options. */
const SPREAD = spread();

function spread(): Float64Array {
  const all = new Float64Array((DEGREE + 1) * POINTS * (DEGREE + 1));
  for (let i = 0; i <= DEGREE; i += 1) {
    for (let k = 0; k < POINTS; k += 1) {
      all.set(interpolationWeights(ROOTS[i]! * COSINES[k]!), (i * POINTS + k) * (DEGREE + 1));
    }
  }
  return all;
}

/** Barycentric weights, summing to one, of the nodes' values at √share = `root`. */
function interpolationWeights(root: number): Float64Array {
  const weights = new Float64Array(DEGREE + 1);
  const exact = ROOTS.findIndex((node) => Math.abs(root - node) < 1e-15);
  if (exact >= 0) {
    weights[exact] = 1;
    return weights;
  }
  let sum = 0;
  for (let i = 0; i <= DEGREE; i += 1) {
    weights[i] = ((i % 2 === 0 ? 1 : -1) * (i === 0 || i === DEGREE ? 0.5 : 1)) / (root - ROOTS[i]!);
    sum += weights[i]!;
  }
  return weights.map((weight) => weight / sum);
}

/**
 * The early-exercise boundary of a put by fixed-point iteration on Chebyshev nodes.
 *
 * ln²(B / X) is interpolated by a polynomial of degree 20 in √time, X being the boundary at expiry; each round evaluates
 * the integral equation (the paper's system A) at every node by 24 Gauss–Legendre points in the angle whose squared sine
 * is the share of time left, which removes the square roots at both ends. Rounds go on until no node moves by 1e-13.
 * Throws `NO_CONVERGENCE`. Source: Andersen, Lake and Offengenden, "High-performance American option pricing" (2016),
 * sections 4 and 5.
 */
export function exerciseBoundary(put: UnitPut): Boundary {
  const { years, sigma, rate, dividendRate } = put;
  const limit = dividendRate > rate ? Math.log(rate / dividendRate) : 0;
  const perpetual = Math.log(perpetualBoundary(put));
  const squares = new Float64Array(DEGREE + 1);
  for (let i = 1; i <= DEGREE; i += 1) {
    const time = years * ROOTS[i]! ** 2;
    const share = Math.exp(-2 * sigma * Math.sqrt(time) - 0.5 * rate * time);
    squares[i] = (Math.log(Math.exp(perpetual) * (1 - share) + Math.exp(limit) * share) - limit) ** 2;
  }
  let step = 1;
  let movedBefore = Infinity;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const next = new Float64Array(DEGREE + 1);
    let moved = 0;
    for (let i = 1; i <= DEGREE; i += 1) {
      const before = limit - Math.sqrt(squares[i]!);
      // The perpetual put's boundary lies below every other one and the limit at expiry above.
      const target = Math.min(Math.max(fixedPoint(put, squares, i, before, limit), perpetual), limit);
      moved = Math.max(moved, Math.abs(target - before));
      const after = before + step * (target - before);
      next[i] = (after - limit) ** 2;
    }
    squares.set(next);
    // A rate high against the variance makes the plain iteration swing: shorter steps then settle it.
    if (round > 15 && moved > 0.9 * movedBefore) step = Math.max(0.7 * step, 0.1);
    movedBefore = moved;
    if (moved < (round > 150 ? 1e-9 : 1e-13)) return (share) => limit - Math.sqrt(valueAt(squares, Math.sqrt(share)));
  }
  throw new QuantError(
    "NO_CONVERGENCE",
    `the exercise boundary did not settle for sigma ${sigma}, years ${years}, rate ${rate}, dividendRate ${dividendRate}`,
  );
}

function valueAt(squares: Float64Array, root: number): number {
  const weights = interpolationWeights(root);
  let sum = 0;
  for (let i = 0; i <= DEGREE; i += 1) sum += weights[i]! * squares[i]!;
  return Math.max(sum, 0);
}

/** The exercise level of a put that never expires. */
function perpetualBoundary({ sigma, rate, dividendRate }: UnitPut): number {
  const variance = sigma * sigma;
  const drift = rate - dividendRate - 0.5 * variance;
  const root = (-drift - Math.sqrt(drift * drift + 2 * rate * variance)) / variance;
  return root / (root - 1);
}

/** ln B at node `node` by one application of the integral equation to the boundary in `squares`. */
function fixedPoint(put: UnitPut, squares: Float64Array, node: number, here: number, limit: number): number {
  const { sigma, rate, dividendRate } = put;
  const time = put.years * ROOTS[node]! ** 2;
  const carry = rate - dividendRate;
  const root = sigma * Math.sqrt(time);
  const lower = (here + carry * time) / root - 0.5 * root;
  const upper = lower + root;
  let top = normalPdf(lower) / root;
  let bottom = normalPdf(upper) / root + normalCdf(upper);
  for (let k = 0; k < POINTS; k += 1) {
    const at = (node * POINTS + k) * (DEGREE + 1);
    let square = 0;
    for (let i = 1; i <= DEGREE; i += 1) square += SPREAD[at + i]! * squares[i]!;
    const gap = here - limit + Math.sqrt(Math.max(square, 0));
    const sin = SINES[k]!;
    const cos = COSINES[k]!;
    const weight = RULE.weights[k]! * time * (Math.PI / 2) * sin * cos;
    const width = root * sin;
    const low = (gap + carry * time * sin * sin) / width - 0.5 * width;
    top += (weight * rate * Math.exp(rate * time * cos * cos) * normalPdf(low)) / width;
    if (dividendRate === 0) continue;
    const high = low + width;
    const yielded = weight * dividendRate * Math.exp(dividendRate * time * cos * cos);
    bottom += yielded * (normalCdf(high) + normalPdf(high) / width);
  }
  return Math.log(top / bottom) - carry * time;
}
