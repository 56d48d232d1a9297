import { QuantError } from "./errors.ts";

/** A series of numbers: a plain array or a typed one. */
export type Series = ArrayLike<number>;

/** Throws OUT_OF_RANGE unless the value is a whole number of at least `least`. */
export function requireCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new QuantError("OUT_OF_RANGE", `${name} was ${value}; a whole number of at least ${least} is needed`);
  }
}

/** Throws EMPTY_SERIES, SERIES_TOO_SHORT or NOT_FINITE unless the series has at least `least` finite values. */
export function requireSeries(name: string, series: Series, least: number): void {
  if (series.length === 0)
    throw new QuantError("EMPTY_SERIES", `${name} is empty; at least ${least} values are needed`);
  if (series.length < least) {
    throw new QuantError("SERIES_TOO_SHORT", `${name} has ${series.length} values; at least ${least} are needed`);
  }
  for (let index = 0; index < series.length; index += 1) {
    if (!Number.isFinite(series[index])) {
      throw new QuantError("NOT_FINITE", `${name}[${index}] was ${series[index]}; every value must be a finite number`);
    }
  }
}

/** Throws LENGTH_MISMATCH unless both series have one length. */
export function requireSameLength(names: readonly [string, string], left: Series, right: Series): void {
  if (left.length !== right.length) {
    throw new QuantError(
      "LENGTH_MISMATCH",
      `${names[0]} has ${left.length} values and ${names[1]} has ${right.length}; they must pair up`,
    );
  }
}

/** The arithmetic mean of a series. */
export function mean(series: Series): number {
  let sum = 0;
  for (let index = 0; index < series.length; index += 1) sum += series[index]!;
  return sum / series.length;
}

/** The variance about the mean, divided by n − 1, by two passes so that a large mean costs no digits. */
export function sampleVariance(series: Series): number {
  const centre = mean(series);
  let sum = 0;
  let drift = 0;
  for (let index = 0; index < series.length; index += 1) {
    const deviation = series[index]! - centre;
    sum += deviation * deviation;
    drift += deviation;
  }
  return (sum - (drift * drift) / series.length) / (series.length - 1);
}
