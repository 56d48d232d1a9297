import { QuantError } from "../errors.ts";
import { cholesky, zeros, type Matrix } from "../matrix.ts";
import { seededRandom } from "../random.ts";
import { requireFinite } from "../options/checks.ts";
import { requireCount } from "../series.ts";

/** A book as a function of its risk factors' moves. */
export interface SimulatedBook {
  /** Covariance of the factors' moves over the horizon, row by row, symmetric. */
  readonly covariance: readonly (readonly number[])[];
  /** Mean moves; default zeros. */
  readonly means?: readonly number[];
  /** Profit of the book under one set of moves, in any unit; the array is reused between calls. */
  readonly profit: (moves: Float64Array) => number;
  /** Degrees of freedom (> 2) of a common Student shock for joint fat tails; absent for normal moves. */
  readonly degrees?: number;
  /** Draws; default 20,000. Each comes with its mirror image, so the number is made even. */
  readonly paths?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** Profits of the book under drawn moves, antithetic pairs next to one another. Throws OUT_OF_RANGE, LENGTH_MISMATCH, NOT_FINITE. */
export function simulatedProfits({
  covariance,
  means,
  profit,
  degrees,
  paths = 20_000,
  seed = 1,
}: SimulatedBook): Float64Array {
  const size = covariance.length;
  requireCount("the number of risk factors", size, 1);
  requireCount("paths", paths, 2);
  if (degrees !== undefined && !(degrees > 2)) {
    throw new QuantError("OUT_OF_RANGE", `degrees was ${degrees}; a variance exists only above 2`);
  }
  if (means !== undefined && means.length !== size) {
    throw new QuantError("LENGTH_MISMATCH", `there are ${means.length} means for ${size} risk factors`);
  }
  const root = rootOf(covariance);
  const random = seededRandom(seed);
  const half = Math.ceil(paths / 2);
  const out = new Float64Array(2 * half);
  const shocks = new Float64Array(size);
  const moves = new Float64Array(size);
  for (let path = 0; path < half; path += 1) {
    random.fillNormals(shocks);
    const stretch = degrees === undefined ? 1 : Math.sqrt((degrees - 2) / chiSquared(random, degrees));
    for (const [mirror, sign] of [stretch, -stretch].entries()) {
      for (let row = 0; row < size; row += 1) {
        let move = 0;
        for (let column = 0; column <= row; column += 1) move += root.values[row * size + column]! * shocks[column]!;
        moves[row] = (means?.[row] ?? 0) + sign * move;
      }
      const value = profit(moves);
      requireFinite({ "the book's profit": value });
      out[2 * path + mirror] = value;
    }
  }
  return out;
}

function rootOf(covariance: readonly (readonly number[])[]): Matrix {
  const size = covariance.length;
  const matrix = zeros(size, size);
  for (const [row, line] of covariance.entries()) {
    if (line.length !== size) {
      throw new QuantError("LENGTH_MISMATCH", `row ${row} of the covariance has ${line.length} entries, not ${size}`);
    }
    for (const [column, value] of line.entries()) {
      requireFinite({ [`covariance[${row}][${column}]`]: value });
      if (Math.abs(value - covariance[column]![row]!) > 1e-9 * Math.abs(value)) {
        throw new QuantError("OUT_OF_RANGE", `the covariance is not symmetric at ${row}, ${column}`);
      }
      matrix.values[row * size + column] = value;
    }
  }
  const root = cholesky(matrix);
  if (root === undefined) {
    throw new QuantError("OUT_OF_RANGE", "the covariance is not positive definite; two factors may move as one");
  }
  return root;
}

/** A chi-squared draw by Marsaglia and Tsang's gamma method (2000). */
function chiSquared(random: ReturnType<typeof seededRandom>, degrees: number): number {
  const d = degrees / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return 2 * d * v;
  }
}
