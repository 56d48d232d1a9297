import { black76 } from "../options/black76.ts";

const YEAR_MS = 365.25 * 86_400_000;

/** A premium in the quote currency and its delta to the forward. */
export interface OptionMark {
  readonly price: number;
  readonly delta: number;
}

/**
 * Black's price of an option on a forward, undiscounted, as the paper exchange marks its listed options.
 * @param impliedVol a year, at the money; a plain smile of 0.35 per unit of log-moneyness is laid over it
 * @param timeMs until expiry; at or past it the intrinsic value
 */
export function optionMark(
  kind: "call" | "put",
  forward: number,
  strike: number,
  impliedVol: number,
  timeMs: number,
): OptionMark {
  const moneyness = Math.min(Math.abs(Math.log(forward / strike)), 1);
  const sigma = impliedVol * (1 + 0.35 * moneyness);
  const { price, delta } = black76({ kind, forward, strike, years: Math.max(0, timeMs) / YEAR_MS, sigma });
  return { price: Math.max(0, price), delta };
}
