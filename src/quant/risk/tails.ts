import { normalPdf, normalQuantile } from "../normal.ts";
import { logGamma, studentTwoSided } from "../statistics.ts";

/** The left tail of a law of mean 0 and variance 1, its sign turned so that losses are positive. */
export interface Tail {
  readonly quantile: number;
  readonly shortfall: number;
  readonly kurtosis: number;
}

/** The normal law beyond its worst `share` of days. */
export function normalTail(share: number): Tail {
  const quantile = -normalQuantile(share);
  return { quantile, shortfall: normalPdf(quantile) / share, kurtosis: 3 };
}

/**
 * Student's law with more than four degrees of freedom, scaled to variance one, beyond its worst `share` of days.
 * Source: McNeil, Frey and Embrechts, Quantitative Risk Management (2005), example 2.19.
 */
export function studentTail(share: number, degrees: number): Tail {
  const plain = studentQuantile(share, degrees);
  const density =
    Math.exp(logGamma((degrees + 1) / 2) - logGamma(degrees / 2)) /
    Math.sqrt(degrees * Math.PI) /
    (1 + plain ** 2 / degrees) ** ((degrees + 1) / 2);
  const scale = Math.sqrt((degrees - 2) / degrees);
  return {
    quantile: plain * scale,
    shortfall: ((scale * density) / share) * ((degrees + plain ** 2) / (degrees - 1)),
    kurtosis: 3 + 6 / (degrees - 4),
  };
}

/** The t above which `share` (at most one half) of Student's law lies, by halving to the last bit. */
function studentQuantile(share: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, degrees) > 2 * share) high *= 2;
  for (let step = 0; step < 80; step += 1) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, degrees) > 2 * share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
