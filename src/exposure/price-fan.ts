import { type Price, decimal, fromFloat } from "../kernel/decimal.ts";
import { normalQuantile } from "../quant/normal.ts";

/** Where a coin's price may stand, hour by hour. */
export interface PriceFan {
  readonly hours: readonly number[];
  /** As likely above as below. */
  readonly middle: readonly Price[];
  /** The widest first: the price stands within with `probability`, at that hour. */
  readonly bands: readonly {
    readonly probability: number;
    readonly low: readonly Price[];
    readonly high: readonly Price[];
  }[];
}

/** Close together at first: the ranges widen with the root of time. */
const HOURS = [0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21, 24];
const YEAR_HOURS = 8_760;
const PROBABILITIES = [0.98, 0.8, 0.5];
const CENT = decimal("0.01");

/**
 * The next day's price by Brownian motion without drift, as the liquidation probability has it: quantiles of a lognormal.
 * @param sigma per √year
 */
export function priceFan(spot: number, sigma: number): PriceFan {
  const at = (hour: number, z: number): Price => {
    const deviation = sigma * Math.sqrt(hour / YEAR_HOURS);
    return fromFloat(spot * Math.exp(z * deviation - 0.5 * deviation * deviation), CENT, "half-even");
  };
  const along = (z: number): readonly Price[] => HOURS.map((hour) => at(hour, z));
  return {
    hours: HOURS,
    middle: along(0),
    bands: PROBABILITIES.map((probability) => {
      const z = normalQuantile((1 + probability) / 2);
      return { probability, low: along(-z), high: along(z) };
    }),
  };
}
