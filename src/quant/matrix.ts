import { QuantError } from "./errors.ts";

/** A dense matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** A matrix of zeros. */
export function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float64Array(rows * columns) };
}

/** The product of two matrices; the columns of the first must be the rows of the second. */
export function multiply(left: Matrix, right: Matrix): Matrix {
  const out = zeros(left.rows, right.columns);
  for (let row = 0; row < left.rows; row += 1) {
    for (let inner = 0; inner < left.columns; inner += 1) {
      const factor = left.values[row * left.columns + inner]!;
      for (let column = 0; column < right.columns; column += 1) {
        out.values[row * right.columns + column]! += factor * right.values[inner * right.columns + column]!;
      }
    }
  }
  return out;
}

/** The lower Cholesky factor of a symmetric matrix, or undefined where it is not positive definite. */
export function cholesky(matrix: Matrix): Matrix | undefined {
  const size = matrix.rows;
  const lower = zeros(size, size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix.values[row * size + column]!;
      for (let inner = 0; inner < column; inner += 1) {
        sum -= lower.values[row * size + inner]! * lower.values[column * size + inner]!;
      }
      if (row === column) {
        // A pivot lost to rounding is a singular matrix, not a tiny one.
        if (!(sum > 1e-14 * Math.abs(matrix.values[row * size + row]!))) return undefined;
        lower.values[row * size + row] = Math.sqrt(sum);
      } else {
        lower.values[row * size + column] = sum / lower.values[column * size + column]!;
      }
    }
  }
  return lower;
}

/** Solves A x = b from the lower Cholesky factor of A. */
export function choleskySolve(lower: Matrix, right: ArrayLike<number>): Float64Array {
  const size = lower.rows;
  const out = Float64Array.from(right);
  for (let row = 0; row < size; row += 1) {
    for (let inner = 0; inner < row; inner += 1) out[row]! -= lower.values[row * size + inner]! * out[inner]!;
    out[row]! /= lower.values[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let inner = row + 1; inner < size; inner += 1) out[row]! -= lower.values[inner * size + row]! * out[inner]!;
    out[row]! /= lower.values[row * size + row]!;
  }
  return out;
}

/** The inverse of a symmetric positive definite matrix, or undefined where it is not one. */
export function inverseOfPositiveDefinite(matrix: Matrix): Matrix | undefined {
  const lower = cholesky(matrix);
  if (lower === undefined) return undefined;
  const out = zeros(matrix.rows, matrix.rows);
  for (let column = 0; column < matrix.rows; column += 1) {
    const unit = new Float64Array(matrix.rows);
    unit[column] = 1;
    const solved = choleskySolve(lower, unit);
    for (let row = 0; row < matrix.rows; row += 1) out.values[row * matrix.rows + column] = solved[row]!;
  }
  return out;
}

/** A least-squares fit: coefficients, their covariance without the residual variance, and the residuals. */
export interface LeastSquares {
  readonly coefficients: Float64Array;
  /** Diagonal of (XᵀX)⁻¹, to be multiplied with the residual variance. */
  readonly unscaledVariances: Float64Array;
  readonly residuals: Float64Array;
}

/**
 * Ordinary least squares by Householder QR on columns scaled to length one, which keeps about half the digits that
 * normal equations lose. Throws NO_CONVERGENCE where the columns depend on one another.
 */
export function leastSquares(design: Matrix, target: ArrayLike<number>): LeastSquares {
  const { rows, columns } = design;
  const work = Float64Array.from(design.values);
  const right = Float64Array.from(target);
  const scales = new Float64Array(columns);
  for (let column = 0; column < columns; column += 1) {
    let norm = 0;
    for (let row = 0; row < rows; row += 1) norm += work[row * columns + column]! ** 2;
    scales[column] = norm === 0 ? 1 : Math.sqrt(norm);
    for (let row = 0; row < rows; row += 1) work[row * columns + column]! /= scales[column]!;
  }
  const diagonal = new Float64Array(columns);
  for (let column = 0; column < columns; column += 1) reflect(work, right, diagonal, { rows, columns, column });
  const coefficients = new Float64Array(columns);
  for (let row = columns - 1; row >= 0; row -= 1) {
    let sum = right[row]!;
    for (let inner = row + 1; inner < columns; inner += 1) sum -= work[row * columns + inner]! * coefficients[inner]!;
    coefficients[row] = sum / diagonal[row]!;
  }
  const unscaledVariances = inverseDiagonal(work, diagonal, columns);
  for (let column = 0; column < columns; column += 1) {
    coefficients[column]! /= scales[column]!;
    unscaledVariances[column]! /= scales[column]! ** 2;
  }
  const residuals = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let fitted = 0;
    for (let column = 0; column < columns; column += 1) {
      fitted += design.values[row * columns + column]! * coefficients[column]!;
    }
    residuals[row] = target[row]! - fitted;
  }
  return { coefficients, unscaledVariances, residuals };
}

interface Reflection {
  readonly rows: number;
  readonly columns: number;
  readonly column: number;
}

function reflect(work: Float64Array, right: Float64Array, diagonal: Float64Array, at: Reflection): void {
  const { rows, columns, column } = at;
  let norm = 0;
  for (let row = column; row < rows; row += 1) norm += work[row * columns + column]! ** 2;
  norm = Math.sqrt(norm);
  if (!(norm > 1e-12)) {
    throw new QuantError(
      "NO_CONVERGENCE",
      "the regressors depend on one another, so no single fit exists; drop one or take a longer series",
    );
  }
  const pivot = work[column * columns + column]!;
  const alpha = pivot > 0 ? -norm : norm;
  const head = pivot - alpha;
  work[column * columns + column] = head;
  const scale = -alpha * head;
  for (let other = column + 1; other < columns; other += 1) {
    let sum = 0;
    for (let row = column; row < rows; row += 1) sum += work[row * columns + column]! * work[row * columns + other]!;
    sum /= scale;
    for (let row = column; row < rows; row += 1) work[row * columns + other]! -= sum * work[row * columns + column]!;
  }
  let sum = 0;
  for (let row = column; row < rows; row += 1) sum += work[row * columns + column]! * right[row]!;
  sum /= scale;
  for (let row = column; row < rows; row += 1) right[row]! -= sum * work[row * columns + column]!;
  diagonal[column] = alpha;
}

/** Diagonal of (RᵀR)⁻¹ from the triangle above the diagonal in `work` and the diagonal kept apart. */
function inverseDiagonal(work: Float64Array, diagonal: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(columns);
  for (let target = 0; target < columns; target += 1) {
    const solved = new Float64Array(columns);
    for (let row = target; row >= 0; row -= 1) {
      let sum = row === target ? 1 : 0;
      for (let inner = row + 1; inner <= target; inner += 1) sum -= work[row * columns + inner]! * solved[inner]!;
      solved[row] = sum / diagonal[row]!;
    }
    for (let row = 0; row <= target; row += 1) out[row]! += solved[row]! ** 2;
  }
  return out;
}
