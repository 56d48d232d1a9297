import type { Blocks } from "./blocks.ts";
import type { ReplayContext } from "./context.ts";
import type { Reader } from "./reader.ts";

/** How a recording's lines are told apart. */
export interface LineFormat {
  /** Time of the line bytes[start, end), ms; NaN keeps the time of the line before. */
  timeOf(bytes: Buffer, start: number, end: number): number;
  /** Hands the line to its parser. */
  take(bytes: Buffer, start: number, end: number, at: number): void;
  /** Called once after the last line. */
  finish?(): void;
}

const NEWLINE = 10;

/** Plays a recording line by line, reading it block by block, so that its length does not matter. */
export async function lineReader(blocks: Blocks, format: LineFormat, context: ReplayContext): Promise<Reader> {
  const { stopped } = context;
  let bytes: Buffer = Buffer.alloc(0);
  let start = 0;
  let end = -1;
  let ended = false;
  const reader = {
    at: Number.NEGATIVE_INFINITY,
    play(until: number): void {
      while (end >= 0 && reader.at < until && !stopped()) {
        format.take(bytes, start, end, reader.at);
        start = end + 1;
        find();
      }
    },
    async more(): Promise<boolean> {
      while (end < 0) {
        if (ended) {
          if (reader.at !== Number.POSITIVE_INFINITY) format.finish?.();
          reader.at = Number.POSITIVE_INFINITY;
          return false;
        }
        const block = await blocks.next();
        if (block === undefined) {
          ended = true;
          if (blocks.torn()) {
            // Half a line reads like a whole one: a price of 11,700 like one of 117.
            context.sessionOf("").counters.malformed += 1;
            bytes = Buffer.alloc(0);
          } else if (start < bytes.length)
            // The last line may lack its newline.
            bytes = Buffer.concat([bytes.subarray(start), Buffer.from("\n")]);
          else bytes = Buffer.alloc(0);
        } else bytes = start < bytes.length ? Buffer.concat([bytes.subarray(start), block]) : block;
        start = 0;
        find();
      }
      return true;
    },
    close: () => blocks.close(),
  };
  function find(): void {
    for (;;) {
      end = bytes.indexOf(NEWLINE, start);
      if (end < 0) return;
      if (end > start) break;
      start += 1;
    }
    const time = format.timeOf(bytes, start, end);
    // Recorders write in order of arrival; a clock that was set back must not upset the merging.
    if (time > reader.at) reader.at = time;
  }
  await reader.more();
  return reader;
}
