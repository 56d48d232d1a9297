import { black76 } from "../options/black76.ts";

const YEAR_MS = 365.25 * 86_400_000;

/** A premium in the quote currency and its delta to the forward. */
export interface OptionMark {
  readonly price: number;
  readonly delta: number;
}

/**
 * Black's price of an option on a forward, undiscounted, as the paper exchange marks its listed options.
 * @param impliedVol a year, at the money; a smile is laid over it that rises by 0.35 of it per unit of
 * log-moneyness, less far out: a straight rise that ended at a corner would sell butterflies for less than nothing
 * @param timeMs until expiry; at or past it the intrinsic value
 */
export function optionMark(
  kind: "call" | "put",
  forward: number,
  strike: number,
  impliedVol: number,
  timeMs: number,
): OptionMark {
  const moneyness = Math.abs(Math.log(forward / strike));
  const sigma = impliedVol * (1 + (0.35 * moneyness) / Math.sqrt(1 + (moneyness * moneyness) / 3));
  const { price, delta } = black76({ kind, forward, strike, years: Math.max(0, timeMs) / YEAR_MS, sigma });
  return { price: Math.max(0, price), delta };
}
