/**
 * Exponential and logarithm small enough for V8 to inline into the pricing loops; its own cost two to three times as much.
 *
 * Plain tables and short series, about one unit in the last place within the ranges stated.
 */

const LN2_HIGH = 6.9314718036912382e-1 / 64;
const LN2_LOW = 1.9082149292705877e-10 / 64;
const PER_LN2 = 92.33248261689366;

const ROOTS = Float64Array.from({ length: 64 }, (_, j) => 2 ** (j / 64));
const POWERS = Float64Array.from({ length: 1023 }, (_, e) => 2 ** (e - 1022));

/** exp(x) for x <= 0; Math.exp below -700, where results near the smallest doubles need care. */
export function expNegative(x: number): number {
  if (!(x > -700)) return Math.exp(x);
  const n = (x * PER_LN2 - 0.5) | 0;
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  const p = r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120))));
  const root = ROOTS[n & 63]!;
  return (root + root * p) * POWERS[(n >> 6) + 1022]!;
}

const STEPS = 64;
/** 2 atanh(j / 64), the logarithm of (64 + j) / (64 - j). */
const ATANH = Float64Array.from({ length: 50 }, (_, j) => Math.log1p((2 * j) / (STEPS - j)));

/**
 * ln(larger / smaller) >= 0 without the rounding of the quotient near one.
 *
 * From w = (larger - smaller) / (larger + smaller), whose numerator is exact within a factor of two, as 2 atanh(w) split
 * at the nearest 1/64. Beyond a factor of seven the plain logarithm has nothing to lose.
 */
export function logRatio(larger: number, smaller: number): number {
  const w = (larger - smaller) / (larger + smaller);
  if (!(w < 0.75)) return Math.log(larger / smaller);
  const j = (w * STEPS + 0.5) | 0;
  const at = j * (1 / STEPS);
  const u = (w - at) / (1 - w * at);
  const u2 = u * u;
  return ATANH[j]! + 2 * u * (1 + u2 * (1 / 3 + u2 * (0.2 + u2 * (1 / 7 + u2 * (1 / 9)))));
}
