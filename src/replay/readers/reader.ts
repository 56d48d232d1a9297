/** One open recording. Readers hand their events to the `emit` of their context, in the order of `at`. */
export interface Reader {
  /** Time of the next entry by the recorder's clock, ms; Infinity where the recording is at its end. */
  readonly at: number;
  /** Plays entries before `until` as far as they are in memory. */
  play(until: number): void;
  /** Reads on; resolves to false at the end of the recording. */
  more(): Promise<boolean>;
  close(): Promise<void>;
}
