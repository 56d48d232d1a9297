import type { Chart } from "./finding.ts";

/** Mean and variance that forget with time. */
export interface Decayed {
  mean: number;
  variance: number;
  /** Time of the last value; NaN before the first. */
  at: number;
  /** Values taken in. */
  count: number;
}

export const createDecayed = (): Decayed => ({ mean: 0, variance: 0, at: Number.NaN, count: 0 });

/**
 * Takes a value in.
 * @param tauMs time after which a value weighs 1/e
 */
export function learn(state: Decayed, value: number, at: number, tauMs: number): void {
  state.count += 1;
  if (Number.isNaN(state.at)) {
    state.mean = value;
    state.at = at;
    return;
  }
  // Until it has seen enough it is a plain average, so that the first value does not stay for long.
  const weight = Math.max(1 - Math.exp(-Math.max(0, at - state.at) / tauMs), Math.min(1 / state.count, 0.5));
  const apart = value - state.mean;
  state.mean += weight * apart;
  state.variance = (1 - weight) * (state.variance + weight * apart * apart);
  state.at = at;
}

/** Standard deviation. */
export const sigma = (state: Decayed): number => Math.sqrt(state.variance);

/** Sums over a sliding window, kept in equal buckets; exact to one bucket. */
export interface Window {
  readonly bucketMs: number;
  readonly sums: Float64Array;
  readonly counts: Float64Array;
  /** Number of the newest bucket since 1970. */
  newest: number;
  sum: number;
  count: number;
}

/** @param buckets how finely the window is cut */
export const createWindow = (windowMs: number, buckets = 16): Window => ({
  bucketMs: windowMs / buckets,
  sums: new Float64Array(buckets),
  counts: new Float64Array(buckets),
  newest: Number.NaN,
  sum: 0,
  count: 0,
});

/** Lets old buckets go, up to `at`. */
export function slide(window: Window, at: number): void {
  const bucket = Math.floor(at / window.bucketMs);
  if (bucket <= window.newest) return;
  const { sums, counts } = window;
  const size = sums.length;
  if (Number.isNaN(window.newest) || bucket - window.newest >= size) {
    sums.fill(0);
    counts.fill(0);
    window.sum = 0;
    window.count = 0;
  } else {
    for (let passed = window.newest + 1; passed <= bucket; passed += 1) {
      const index = passed % size;
      window.sum -= sums[index]!;
      window.count -= counts[index]!;
      sums[index] = 0;
      counts[index] = 0;
    }
    // Sums of floats drift; an empty window is exactly zero.
    if (window.count === 0) window.sum = 0;
  }
  window.newest = bucket;
}

/** Adds a value at `at`; late values count into the newest bucket. */
export function addTo(window: Window, at: number, value: number): void {
  slide(window, at);
  const index = window.newest % window.sums.length;
  window.sums[index]! += value;
  window.counts[index]! += 1;
  window.sum += value;
  window.count += 1;
}

/** The last values, for a card's chart. */
export interface Trail {
  readonly at: Float64Array;
  readonly value: Float64Array;
  next: number;
  length: number;
}

export const createTrail = (length = 60): Trail => ({
  at: new Float64Array(length),
  value: new Float64Array(length),
  next: 0,
  length: 0,
});

/** Appends a point, dropping the oldest. */
export function trace(trail: Trail, at: number, value: number): void {
  trail.at[trail.next] = at;
  trail.value[trail.next] = value;
  trail.next = (trail.next + 1) % trail.at.length;
  if (trail.length < trail.at.length) trail.length += 1;
}

/** The trail as a chart, oldest first. */
export function chartOf(trail: Trail, title: string): Chart {
  const size = trail.at.length;
  const from = trail.length < size ? 0 : trail.next;
  const order = Array.from({ length: trail.length }, (_, i) => (from + i) % size);
  return {
    title,
    at: order.map((i) => trail.at[i]!),
    value: order.map((i) => Number(trail.value[i]!.toPrecision(8))),
  };
}
