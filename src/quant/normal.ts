import { QuantError } from "./errors.ts";
import { MILLS_TABLE } from "./mills-table.ts";

/** The largest argument `mills` takes. */
export const MILLS_LIMIT = 1.25;

const SQRT_TWO_PI = 2.5066282746310002;
const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/** Half of ln(2 pi): minus the logarithm of the normal density at zero. */
export const LOG_SQRT_TWO_PI = 0.9189385332046728;

/**
 * The Mills ratio Phi(z) / phi(z) of the standard normal law, without an exponential.
 *
 * For z <= 1.25 (`MILLS_LIMIT`), to about 2 units in the last place; equals sqrt(pi/2) erfcx(-z / sqrt 2). NaN above the
 * limit: callers reflect first. Inner function of the pricing loops, so it does not check its argument.
 */
export function mills(z: number): number {
  const u = 4 / (4 - z);
  const scaled = u * 44;
  const piece = scaled | 0;
  const t = scaled - piece - 0.5;
  const t2 = t * t;
  const at = piece << 3;
  const low = MILLS_TABLE[at]! + MILLS_TABLE[at + 1]! * t;
  const middle = MILLS_TABLE[at + 2]! + MILLS_TABLE[at + 3]! * t;
  const high = MILLS_TABLE[at + 4]! + MILLS_TABLE[at + 5]! * t + t2 * (MILLS_TABLE[at + 6]! + MILLS_TABLE[at + 7]! * t);
  return u * (low + t2 * (middle + t2 * high));
}

/** The standard normal density; relative error about 1e-16 near zero, growing with z squared. */
export function normalPdf(z: number): number {
  return INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * z * z);
}

/** exp(-z²/2) with the square split in two, so that the far tail keeps its digits. */
function gaussian(z: number): number {
  const coarse = Math.round(z * 16) / 16;
  return Math.exp(-0.5 * coarse * coarse) * Math.exp(-0.5 * (z - coarse) * (z + coarse));
}

/**
 * The standard normal distribution function Phi(z), to full relative accuracy in both tails.
 *
 * Any real z, infinities included; NaN gives NaN.
 */
export function normalCdf(z: number): number {
  if (z > 0) return 1 - normalCdf(-z);
  if (z < -39) return 0;
  return INVERSE_SQRT_TWO_PI * gaussian(z) * mills(z);
}

function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}

const CENTRE_TOP = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
  133.14166789178438, 3.3871328727963665,
];
const CENTRE_BOTTOM = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
  42.31333070160091, 1,
];
const MIDDLE_TOP = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const MIDDLE_BOTTOM = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
];
const TAIL_TOP = [
  2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
  1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const TAIL_BOTTOM = [
  2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615,
  0.1369298809227358, 0.599832206555888, 1,
];

/**
 * The standard normal quantile: z with Phi(z) = p.
 *
 * `p` strictly between 0 and 1, else `OUT_OF_RANGE`. Relative error about 1e-16. Source: Wichura, AS 241 (PPND16), 1988.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1))
    throw new QuantError("OUT_OF_RANGE", `a probability was ${p}; it must lie strictly between 0 and 1`);
  const centred = p - 0.5;
  if (Math.abs(centred) <= 0.425) {
    const r = 0.180625 - centred * centred;
    return (centred * polynomial(r, CENTRE_TOP)) / polynomial(r, CENTRE_BOTTOM);
  }
  const r = Math.sqrt(-Math.log(centred < 0 ? p : 1 - p));
  const far = r > 5;
  const w = r - (far ? 5 : 1.6);
  const z = polynomial(w, far ? TAIL_TOP : MIDDLE_TOP) / polynomial(w, far ? TAIL_BOTTOM : MIDDLE_BOTTOM);
  return centred < 0 ? -z : z;
}

/** The scaled complementary error function erfcx(x) = exp(x²) erfc(x), for x >= -0.88; above, it grows without need here. */
export function erfcx(x: number): number {
  if (!(x >= -MILLS_LIMIT / Math.SQRT2))
    throw new QuantError("OUT_OF_RANGE", `erfcx was asked at ${x}; it is kept for x >= -0.88`);
  return (2 / SQRT_TWO_PI) * mills(-x * Math.SQRT2);
}
