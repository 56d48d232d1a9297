import { cholesky, choleskySolve, zeros, type Matrix } from "../matrix.ts";
import type { Derivatives } from "./garch-likelihood.ts";

/** One linear limit: weights · theta ≥ least. */
export interface Limit {
  readonly name: string;
  readonly weights: readonly number[];
  readonly least: number;
}

/** Where the climb ended, with the limits that hold it there. */
export interface Optimum {
  readonly theta: Float64Array;
  readonly at: Derivatives;
  readonly onLimit: readonly Limit[];
  readonly iterations: number;
}

interface Problem {
  readonly value: (theta: Float64Array) => number;
  readonly differentiate: (theta: Float64Array) => Derivatives;
  readonly limits: readonly Limit[];
}

const MAX_ITERATIONS = 200;
const CLOSE = 1e-14;
const ROUNDING = 1e-7;

/**
 * Maximises a smooth function under linear limits: Newton steps where the surface is concave, steps on the outer
 * product of scores where it is not (Berndt, Hall, Hall and Hausman 1974), an active set for the limits.
 * Undefined when no maximum is reached in 200 steps.
 */
export function maximise(problem: Problem, start: Float64Array): Optimum | undefined {
  let theta = start;
  let active: Limit[] = [];
  let at = problem.differentiate(theta);
  let polished = 0;
  for (let iterations = 1; iterations <= MAX_ITERATIONS; iterations += 1) {
    const step = climb(at, active);
    // Newton's steps double the digits: two more from here reach the last that the gradient's rounding allows.
    if (step.decrement <= CLOSE) polished += 1;
    if (polished > 2) {
      const released = active.find((limit) => pull(at, limit, active) < -1e-9);
      if (released === undefined) return { theta, at, onLimit: active, iterations };
      active = active.filter((limit) => limit !== released);
      polished = 0;
      continue;
    }
    const moved = search(problem, { theta, at, ...step, active });
    theta = moved.theta;
    at = problem.differentiate(theta);
    if (moved.hit !== undefined) active = [...active, moved.hit];
    if (moved.stalled) {
      // Rounding hides any further gain: this is the maximum to double precision.
      if (step.decrement < ROUNDING) return { theta, at, onLimit: active, iterations };
      return undefined;
    }
  }
  return undefined;
}

interface Step {
  readonly direction: Float64Array;
  readonly decrement: number;
}

/** The ascent direction inside the active limits, and twice the gain that the quadratic model promises. */
function climb(at: Derivatives, active: readonly Limit[]): Step {
  const size = at.gradient.length;
  const basis = freeDirections(size, active);
  if (basis.columns === 0) return { direction: new Float64Array(size), decrement: 0 };
  const slope = project(basis, at.gradient);
  const curved =
    cholesky(reduce(basis, at.hessian, -1)) ?? cholesky(reduce(basis, at.outerProduct, 1)) ?? diagonalOf(basis, at);
  const inner = choleskySolve(curved, slope);
  const direction = new Float64Array(size);
  let decrement = 0;
  for (let column = 0; column < basis.columns; column += 1) {
    decrement += inner[column]! * slope[column]!;
    for (let row = 0; row < size; row += 1) {
      direction[row]! += basis.values[row * basis.columns + column]! * inner[column]!;
    }
  }
  return { direction, decrement };
}

/** Steepest ascent scaled by the scores' variances, for a start where even their outer product is singular. */
function diagonalOf(basis: Matrix, at: Derivatives): Matrix {
  const outer = reduce(basis, at.outerProduct, 1);
  const out = zeros(basis.columns, basis.columns);
  for (let index = 0; index < basis.columns; index += 1) {
    out.values[index * basis.columns + index] = Math.sqrt(
      Math.max(outer.values[index * basis.columns + index]!, 1e-12),
    );
  }
  return out;
}

interface Move {
  readonly theta: Float64Array;
  readonly hit: Limit | undefined;
  readonly stalled: boolean;
}

function search(
  problem: Problem,
  from: Step & { theta: Float64Array; at: Derivatives; active: readonly Limit[] },
): Move {
  let longest = 1;
  let hit: Limit | undefined;
  for (const limit of problem.limits) {
    if (from.active.includes(limit)) continue;
    const speed = dot(limit.weights, from.direction);
    if (speed >= 0) continue;
    const room = Math.max(0, (dot(limit.weights, from.theta) - limit.least) / -speed);
    if (room < longest) [longest, hit] = [room, limit];
  }
  const move = (length: number): Float64Array =>
    from.theta.map((value, index) => value + length * from.direction[index]!);
  if (longest === 0) return { theta: from.theta, hit, stalled: false };
  // So close to the top the likelihood's own rounding is larger than the gain: trust the derivatives.
  if (from.decrement < ROUNDING) return { theta: move(longest), hit, stalled: false };
  for (let length = longest; length > 1e-12; length /= 2) {
    const theta = move(length);
    const gain = problem.value(theta) - from.at.logLikelihood;
    if (gain > 1e-4 * length * from.decrement)
      return { theta, hit: length === longest ? hit : undefined, stalled: false };
  }
  return { theta: from.theta, hit: undefined, stalled: true };
}

/** The multiplier of an active limit: negative where the gradient points back into the allowed region. */
function pull(at: Derivatives, limit: Limit, active: readonly Limit[]): number {
  const basis = freeDirections(
    at.gradient.length,
    active.filter((other) => other !== limit),
  );
  const slope = project(basis, at.gradient);
  let inward = 0;
  for (let column = 0; column < basis.columns; column += 1) {
    let weight = 0;
    for (let row = 0; row < basis.rows; row += 1) {
      weight += (limit.weights[row] ?? 0) * basis.values[row * basis.columns + column]!;
    }
    inward += weight * slope[column]!;
  }
  return -inward;
}

/** An orthonormal basis of the directions that leave every active limit as it is, by Gram–Schmidt. */
export function freeDirections(size: number, active: readonly Limit[]): Matrix {
  const taken: Float64Array[] = [];
  const add = (candidate: Float64Array): boolean => {
    for (const other of taken) {
      const along = dot(other, candidate);
      for (let row = 0; row < size; row += 1) candidate[row]! -= along * other[row]!;
    }
    const norm = Math.sqrt(dot(candidate, candidate));
    if (norm < 1e-9) return false;
    taken.push(candidate.map((value) => value / norm));
    return true;
  };
  for (const limit of active) add(Float64Array.from({ length: size }, (_, row) => limit.weights[row] ?? 0));
  const fixed = taken.length;
  for (let axis = 0; axis < size; axis += 1) {
    const unit = new Float64Array(size);
    unit[axis] = 1;
    add(unit);
  }
  const free = taken.slice(fixed);
  const out = zeros(size, free.length);
  for (const [column, vector] of free.entries()) {
    for (let row = 0; row < size; row += 1) out.values[row * free.length + column] = vector[row]!;
  }
  return out;
}

/** sign · Nᵀ A N for a symmetric A. */
export function reduce(basis: Matrix, symmetric: Float64Array, sign: number): Matrix {
  const { rows, columns } = basis;
  const out = zeros(columns, columns);
  for (let left = 0; left < columns; left += 1) {
    for (let right = 0; right < columns; right += 1) {
      let sum = 0;
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < rows; column += 1) {
          sum +=
            basis.values[row * columns + left]! *
            symmetric[row * rows + column]! *
            basis.values[column * columns + right]!;
        }
      }
      out.values[left * columns + right] = sign * sum;
    }
  }
  return out;
}

function project(basis: Matrix, vector: Float64Array): Float64Array {
  const out = new Float64Array(basis.columns);
  for (let row = 0; row < basis.rows; row += 1) {
    for (let column = 0; column < basis.columns; column += 1) {
      out[column]! += basis.values[row * basis.columns + column]! * vector[row]!;
    }
  }
  return out;
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < right.length; index += 1) sum += (left[index] ?? 0) * right[index]!;
  return sum;
}
