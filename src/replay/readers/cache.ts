import { createDecoder, hasNext, load, nextAt, playNext } from "../../sources/feeds/market/decoder.ts";
import { MAGIC, unpackBlock } from "../block-file.ts";
import type { Blocks } from "./blocks.ts";
import type { ReplayContext } from "./context.ts";
import type { Reader } from "./reader.ts";

/** True where these bytes begin a recording of our own; a crash may have come before the whole of its first word was written. */
export function isCache(head: Buffer, fileName: string): boolean {
  const magic = head.toString("latin1", 0, MAGIC.length);
  return magic === MAGIC || (fileName.endsWith(".bwr") && MAGIC.startsWith(magic));
}

/** Plays a recording of our own; a torn or damaged block ends it there, as after a crash, and counts as unreadable. */
export async function cacheReader(blocks: Blocks, context: ReplayContext): Promise<Reader> {
  const decoder = createDecoder((venue) => context.sessionOf(venue));
  let held: Buffer = Buffer.alloc(0);
  let position = MAGIC.length;
  let ended = false;
  const reader = {
    at: Number.NEGATIVE_INFINITY,
    play(until: number): void {
      while (hasNext(decoder) && reader.at < until && !context.stopped()) {
        playNext(decoder);
        find();
      }
    },
    async more(): Promise<boolean> {
      while (!hasNext(decoder)) {
        const found = unpackBlock(held, position);
        if (found === "broken" || (found === "short" && ended)) {
          reader.at = Number.POSITIVE_INFINITY;
          if (held.length > position) context.sessionOf("").counters.malformed += 1;
          // Asked again, it has nothing left to count.
          position = held.length;
          ended = true;
          return false;
        }
        if (found === "short") {
          const block = await blocks.next();
          if (block === undefined) ended = true;
          else {
            held = Buffer.concat([held.subarray(position), block]);
            position = 0;
          }
          continue;
        }
        position += found.bytes;
        load(decoder, found.payload);
        find();
      }
      return true;
    },
    close: () => blocks.close(),
  };
  function find(): void {
    const time = nextAt(decoder);
    if (time > reader.at) reader.at = time;
  }
  held = (await blocks.next()) ?? held;
  await reader.more();
  return reader;
}
