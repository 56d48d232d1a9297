import { polish } from "./householder.ts";

/**
 * First guesses of total volatility from three small tables, interpolated by cubics in both directions.
 *
 * Each zone has its own variables, in which the answer is smooth and has a limit as k or the price goes to zero:
 * `tail` (price < k, price < half): h = k / s over √(shift - ln(price / k)) and √k;
 * `near` (price >= k): s over its value at the money, over k / price and √(-ln(1 - price));
 * `rich` (price >= half, k > price): s over √k and √(-ln(1 - price)).
 * Prices are scaled by min(F, K). The guesses are good to 1e-9 .. 2e-4 for k < 4 and to a few per cent to k = 16.5.
 */
interface Table {
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly rowFrom: number;
  readonly rowsPerUnit: number;
  readonly columnFrom: number;
  readonly columnsPerUnit: number;
}

const LARGEST_K = 16.5;
const SHIFT = 0.5;
const LARGEST_FALL = 660;
const LARGEST_REST = 37;
const SMALLEST_K = 1e-9;

function table(
  rows: number,
  columns: number,
  range: { rows: readonly [number, number]; columns: readonly [number, number] },
  value: (row: number, column: number) => number,
): Table {
  const rowStep = (range.rows[1] - range.rows[0]) / (rows - 1);
  const columnStep = (range.columns[1] - range.columns[0]) / (columns - 1);
  const values = new Float64Array(rows * columns);
  for (let i = rows - 1; i >= 0; i -= 1) {
    for (let j = 0; j < columns; j += 1) {
      const found = value(range.rows[0] + i * rowStep, range.columns[0] + j * columnStep);
      // Beyond the price's bound the table goes on smoothly, so that the cubics beside it have four points.
      const at = (n: number): number => values[(i + n) * columns + j]!;
      values[i * columns + j] = Number.isNaN(found) ? 3 * at(1) - 3 * at(2) + at(3) : found;
    }
  }
  return {
    values,
    rows,
    columns,
    rowFrom: range.rows[0],
    rowsPerUnit: 1 / rowStep,
    columnFrom: range.columns[0],
    columnsPerUnit: 1 / columnStep,
  };
}

function interpolate(t: Table, row: number, column: number): number {
  const u = (row - t.rowFrom) * t.rowsPerUnit;
  const v = (column - t.columnFrom) * t.columnsPerUnit;
  let i = u | 0;
  let j = v | 0;
  if (i < 1) i = 1;
  else if (i > t.rows - 3) i = t.rows - 3;
  if (j < 1) j = 1;
  else if (j > t.columns - 3) j = t.columns - 3;
  const x = u - i;
  const y = v - j;
  const y0 = y + 1;
  const y2 = y - 1;
  const y3 = y - 2;
  const b0 = (-y * y2 * y3) / 6;
  const b1 = 0.5 * y0 * y2 * y3;
  const b2 = -0.5 * y0 * y * y3;
  const b3 = (y0 * y * y2) / 6;
  const c = t.columns;
  const values = t.values;
  const at = (i - 1) * c + j - 1;
  const r0 = b0 * values[at]! + b1 * values[at + 1]! + b2 * values[at + 2]! + b3 * values[at + 3]!;
  const r1 = b0 * values[at + c]! + b1 * values[at + c + 1]! + b2 * values[at + c + 2]! + b3 * values[at + c + 3]!;
  const d = at + 2 * c;
  const r2 = b0 * values[d]! + b1 * values[d + 1]! + b2 * values[d + 2]! + b3 * values[d + 3]!;
  const e = d + c;
  const r3 = b0 * values[e]! + b1 * values[e + 1]! + b2 * values[e + 2]! + b3 * values[e + 3]!;
  const x0 = x + 1;
  const x2 = x - 1;
  const x3 = x - 2;
  return (x0 * x * x2 * r3 - x * x2 * x3 * r0) / 6 + 0.5 * x0 * (x2 * x3 * r1 - x * x3 * r2);
}

/** The answer's own size at the money, as a function of m = -ln(1 - price): right for small m and for large m. */
function moneyScale(m: number): number {
  return (2.506628274631 * m) / Math.sqrt(1 + 0.785398163397448 * m);
}

/** The total volatility where the price is half way in the sense of its inflection: Newton's method cannot fail from here. */
function safeStart(k: number): number {
  return Math.sqrt(2 * k) + 1e-3;
}

const TAIL = table(
  64,
  24,
  { rows: [Math.sqrt(SHIFT), Math.sqrt(SHIFT + LARGEST_FALL)], columns: [0, Math.sqrt(LARGEST_K)] },
  (row, column) => {
    const k = Math.max(column * column, SMALLEST_K);
    const ratio = k * Math.exp(SHIFT - row * row);
    return ratio < 0.95 ? k / polish(k, ratio, 1 - ratio, safeStart(k)) : NaN;
  },
);

const NEAR = table(9, 33, { rows: [0, 1], columns: [0, Math.sqrt(LARGEST_REST)] }, (row, column) => {
  const m = Math.max(column * column, 1e-7);
  const ratio = -Math.expm1(-m);
  const k = Math.max(row, SMALLEST_K) * ratio;
  return polish(k, ratio, Math.exp(-m), safeStart(k)) / moneyScale(m);
});

const RICH = table(
  9,
  17,
  { rows: [Math.sqrt(0.4), Math.sqrt(LARGEST_K)], columns: [Math.sqrt(0.5), Math.sqrt(LARGEST_REST)] },
  (row, column) => {
    const rest = Math.exp(-column * column);
    return polish(row * row, 1 - rest, rest, safeStart(row * row));
  },
);

/** A first guess of s for `k` = |ln F/K|, `ratio` = price / min(F, K) and `rest` = 1 - ratio; finite and positive in range. */
export function firstGuess(k: number, ratio: number, rest: number): number {
  const isNear = ratio >= k;
  const isTail = !isNear && ratio < 0.5;
  if (k > LARGEST_K && !isNear) return safeStart(k);
  let size: number;
  if (isTail) size = Math.log(k / ratio);
  else size = ratio < 0.5 ? -Math.log1p(-ratio) : -Math.log(rest);
  if (isTail && !(size < LARGEST_FALL)) return safeStart(k);
  const root = Math.sqrt(isTail ? SHIFT + size : size);
  const side = isNear ? k / ratio : Math.sqrt(k);
  const found = interpolate(isTail ? TAIL : isNear ? NEAR : RICH, isTail ? root : side, isTail ? side : root);
  if (isTail) return k / found;
  return isNear ? found * moneyScale(size) : found;
}
