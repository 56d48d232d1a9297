import type { Reader } from "./readers/reader.ts";

/** Recordings played as one stream, in the order in which their entries were received. */
export interface Merge {
  /** Time of the next entry; Infinity at the end. */
  at(): number;
  /**
   * Plays entries before `until`, as far as they are in memory.
   * @returns false at the end of all recordings
   */
  play(until: number): Promise<boolean>;
  close(): Promise<void>;
}

/** The next float after this one; entries without a time come at -Infinity, before all others. */
function after(value: number): number {
  if (value === Number.NEGATIVE_INFINITY) return -Number.MAX_VALUE;
  // Three quarters of an epsilon round to one step everywhere, also where steps change their length.
  return value === 0 ? Number.MIN_VALUE : value + Math.abs(value) * 0.75 * Number.EPSILON;
}

/** Entries of equal time keep the order in which the recordings were named, so that every run is the same. */
export function mergeReaders(readers: readonly Reader[], stopped: () => boolean): Merge {
  return {
    at: () => Math.min(Number.POSITIVE_INFINITY, ...readers.map((reader) => reader.at)),
    async play(until) {
      while (!stopped()) {
        let first = -1;
        let limit = until;
        for (const [index, reader] of readers.entries()) {
          if (first < 0 || reader.at < readers[first]!.at) {
            if (first >= 0) limit = Math.min(limit, readers[first]!.at);
            first = index;
          } else limit = Math.min(limit, after(reader.at));
        }
        const reader = readers[first];
        if (reader === undefined || reader.at === Number.POSITIVE_INFINITY) return false;
        if (reader.at >= until) return true;
        reader.play(Math.max(limit, after(reader.at)) === limit ? limit : Math.min(until, after(reader.at)));
        if (!stopped()) await reader.more();
      }
      return true;
    },
    async close() {
      for (const reader of readers) await reader.close();
    },
  };
}
