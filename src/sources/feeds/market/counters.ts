/** What a feed counted since it was made. */
export interface FeedCounters {
  messages: number;
  /** Book levels set or taken away. */
  levelUpdates: number;
  /** Updates that did not follow the one before. */
  gaps: number;
  /** Times a book became crossed. */
  crossed: number;
  checksumsVerified: number;
  checksumsFailed: number;
  /** Messages that the byte parser left to JSON.parse. */
  fallbacks: number;
  /** Messages that could not be read. */
  malformed: number;
  /** Updates dropped because they were older than the snapshot. */
  outdated: number;
}

/** All zero. */
export const createCounters = (): FeedCounters => ({
  messages: 0,
  levelUpdates: 0,
  gaps: 0,
  crossed: 0,
  checksumsVerified: 0,
  checksumsFailed: 0,
  fallbacks: 0,
  malformed: 0,
  outdated: 0,
});
