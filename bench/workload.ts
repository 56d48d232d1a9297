/** One run of the work: returns a checksum, or the figure itself where the workload measures itself. */
export type Pass = () => number | Promise<number>;

/** What a file of a group exports as `workload`; the convention is told in README.md. */
export interface Workload {
  readonly name: string;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** Operations in one pass. */
  readonly n: number;
  /** Prepares Breakwater's pass; imports what it measures itself. */
  readonly own: () => Pass | Promise<Pass>;
  /** Prepares the peer's pass over the same input. */
  readonly peer?: { readonly name: string; readonly load: () => Pass | Promise<Pass> };
  readonly measuresItself?: boolean;
  readonly rounds?: number;
}

/** The middle of the values; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
