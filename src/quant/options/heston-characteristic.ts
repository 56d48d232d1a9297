/** The law of the variance in Heston's model. */
export interface HestonParameters {
  readonly v0: number;
  readonly kappa: number;
  readonly theta: number;
  readonly volOfVol: number;
  readonly correlation: number;
}

/**
 * The characteristic function of ln(S_T / F) in Heston's model at u - i/2, and its exponent's factor of v0.
 *
 * Writes four numbers into `out`: real and imaginary part of the function, then of D = ∂ln(function)/∂v0. `u` real >= 0,
 * volOfVol > 0. On this line i(u - i/2) + (u - i/2)² is the real number u² + 1/4 = w, and with beta = kappa -
 * rho·xi (1/2 + iu), d = √(beta² + xi² w) in the right half plane, g = -xi² w / (beta + d)², e = exp(-d T):
 * D = -w (1 - e) / ((beta + d)(1 - g e)) and C = kappa·theta (-w T / (beta + d) - 2/xi² log1p(g (1 - e) / (1 - g))).
 * Every difference of near numbers is gone, also as xi goes to zero, and the logarithm stays on its main branch.
 * Source: Albrecher, Mayer, Schoutens and Tistaert (2007), "The little Heston trap"; Lord and Kahl (2010).
 */
export function hestonCharacteristic(out: Float64Array, parameters: HestonParameters, years: number, u: number): void {
  const { v0, kappa, theta, volOfVol, correlation } = parameters;
  const xi2 = volOfVol * volOfVol;
  const w = u * u + 0.25;
  const bRe = kappa - 0.5 * correlation * volOfVol;
  const bIm = -correlation * volOfVol * u;
  // d = √(beta² + xi² w), the root with a positive real part.
  const sRe = bRe * bRe - bIm * bIm + xi2 * w;
  const sIm = 2 * bRe * bIm;
  const size = Math.hypot(sRe, sIm);
  const dRe = Math.sqrt(0.5 * (size + Math.abs(sRe)));
  const other = dRe === 0 ? 0 : (0.5 * sIm) / dRe;
  const rootRe = sRe >= 0 ? dRe : Math.abs(other);
  const rootIm = sRe >= 0 ? other : sIm < 0 ? -dRe : dRe;
  // 1 / (beta + d); where beta is far left of zero the sum cancels and (d - beta) / (xi² w) is the same number.
  const leftward = bRe < 0;
  const mRe = leftward ? (rootRe - bRe) / (xi2 * w) : bRe + rootRe;
  const mIm = leftward ? (rootIm - bIm) / (xi2 * w) : bIm + rootIm;
  const m2 = mRe * mRe + mIm * mIm;
  const pRe = leftward ? mRe : mRe / m2;
  const pIm = leftward ? mIm : -mIm / m2;
  // e = exp(-d T) and 1 - e.
  const decay = Math.exp(-rootRe * years);
  const turn = rootIm * years;
  const eRe = decay * Math.cos(turn);
  const eIm = -decay * Math.sin(turn);
  const halfSin = Math.sin(0.5 * turn);
  const oRe = -Math.expm1(-rootRe * years) + decay * 2 * halfSin * halfSin;
  const oIm = -eIm;
  // g = -xi² w p².
  const gRe = -xi2 * w * (pRe * pRe - pIm * pIm);
  const gIm = -xi2 * w * 2 * pRe * pIm;
  // D = -w p (1 - e) / (1 - g e).
  const nRe = pRe * oRe - pIm * oIm;
  const nIm = pRe * oIm + pIm * oRe;
  const qRe = 1 - (gRe * eRe - gIm * eIm);
  const qIm = -(gRe * eIm + gIm * eRe);
  const q2 = qRe * qRe + qIm * qIm;
  const DRe = (-w * (nRe * qRe + nIm * qIm)) / q2;
  const DIm = (-w * (nIm * qRe - nRe * qIm)) / q2;
  // y = g (1 - e) / (1 - g), and log1p(y).
  const hRe = 1 - gRe;
  const hIm = -gIm;
  const h2 = hRe * hRe + hIm * hIm;
  const tRe = gRe * oRe - gIm * oIm;
  const tIm = gRe * oIm + gIm * oRe;
  const yRe = (tRe * hRe + tIm * hIm) / h2;
  const yIm = (tIm * hRe - tRe * hIm) / h2;
  const logRe = 0.5 * Math.log1p(2 * yRe + yRe * yRe + yIm * yIm);
  const logIm = Math.atan2(yIm, 1 + yRe);
  const level = kappa * theta;
  const real = level * (-w * years * pRe - (2 * logRe) / xi2) + v0 * DRe;
  const imaginary = level * (-w * years * pIm - (2 * logIm) / xi2) + v0 * DIm;
  const modulus = Math.exp(real);
  out[0] = modulus * Math.cos(imaginary);
  out[1] = modulus * Math.sin(imaginary);
  out[2] = DRe;
  out[3] = DIm;
}
