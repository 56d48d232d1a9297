import { linesOf, recording } from "../book/_messages.ts";
import { packBlock, MAGIC } from "../../src/replay/block-file.ts";
import { createEncoder, encode } from "../../src/sources/feeds/market/codec.ts";
import { createReplayContext } from "../../src/replay/readers/context.ts";
import { cacheReader } from "../../src/replay/readers/cache.ts";
import { DETECTORS } from "../../src/detectors/load.ts";
import { createWatch } from "../../src/detectors/watch.ts";
import type { Emit } from "../../src/sources/feeds/market/records.ts";

/** A recording as our own cache, in memory, and how many events it holds: level updates, quotes and trades. */
export interface Cached {
  readonly bytes: Buffer;
  readonly events: number;
}

/** Encodes the USD-M recording. */
export function cached(): Cached {
  const { bytes, starts, ends } = linesOf(recording("binanceusdm"));
  const encoder = createEncoder();
  const blocks: Buffer[] = [Buffer.from(MAGIC, "latin1")];
  let events = 0;
  const context = createReplayContext((event) => {
    events += event.kind === "depth" ? event.count : 1;
    encode(encoder, event);
    if (encoder.length < 1 << 16) return;
    blocks.push(packBlock(encoder.bytes.subarray(0, encoder.length * 8), false));
    encoder.length = 0;
  });
  const parser = context.parserOf("binanceusdm");
  for (let i = 0; i < starts.length; i += 1) parser.message(bytes, starts[i]!, ends[i]!, 1_723_161_255_000 + i * 3.7);
  blocks.push(packBlock(encoder.bytes.subarray(0, encoder.length * 8), false));
  return { bytes: Buffer.concat(blocks), events };
}

/** Plays the cache once; with or without all detectors. */
export async function playCache(cache: Cached, detectors: boolean): Promise<number> {
  let hits = 0;
  let seen = 0;
  const watch = createWatch({ detectors: DETECTORS, onHit: () => (hits += 1) });
  const emit: Emit = detectors ? (event) => watch.take(event) : () => (seen += 1);
  const context = createReplayContext(emit);
  let given = false;
  const next = (): Promise<Buffer | undefined> => {
    const block = given ? undefined : cache.bytes;
    given = true;
    return Promise.resolve(block);
  };
  const reader = await cacheReader({ next, close: () => Promise.resolve() }, context);
  do reader.play(Number.POSITIVE_INFINITY);
  while (await reader.more());
  return hits + seen + context.counters().levelUpdates;
}
