import { jetstream } from "@nats-io/jetstream";
import { type NatsConnection, headers } from "@nats-io/transport-node";
import type { DepthEvent, Market, MarketEvent } from "../../../detectors/event.ts";
import { copyLevels } from "../../../quant/book/depth.ts";
import type { Book } from "../../../quant/book/shape.ts";
import { type Encoder, createEncoder, encode } from "../market/codec.ts";
import { PARTITIONS, partitionOf } from "./streams.ts";

/** Books are told whole this often, so that a worker may begin anywhere. */
const BOOKS_MS = 60_000;
/** Workers hear of our time at least this often. */
const ADVANCE_MS = 1_000;
/** A message goes out once it holds 256 kB; servers take a megabyte. */
const MESSAGE_WORDS = 32_768;
/** Beyond so many messages without an answer events are lost rather than kept: late ones are worth nothing. */
const MOST_UNANSWERED = 1_024;
const ANSWER_MS = 5_000;

/** What a gateway did since it was made. */
export interface GatewayCounts {
  /** Messages the server confirmed. */
  readonly published: number;
  /** Messages that were not confirmed, or not sent because too many waited. */
  readonly lost: number;
}

/** The side of a feed process. */
export interface Gateway {
  /** Takes an event in; it goes out with the next flush. */
  take(event: MarketEvent): void;
  /** Sends what was taken. @param receivedAt our time, ms: workers let their clocks pass up to it */
  flush(receivedAt: number): void;
  counts(): GatewayCounts;
  /** Resolves once the server has answered, or failed to answer, every message. */
  settled(): Promise<void>;
}

/** A whole book as the event that rebuilds it. */
function wholeBook(market: Market, book: Book, at: number): DepthEvent {
  const { bidCount } = book;
  const count = bidCount + book.askCount;
  const [ticks, sizes] = [new Int32Array(count), new Float64Array(count)];
  copyLevels(book, 0, ticks.subarray(0, bidCount), sizes.subarray(0, bidCount));
  copyLevels(book, 1, ticks.subarray(bidCount), sizes.subarray(bidCount));
  const before = new Float64Array(count);
  return {
    kind: "depth",
    market,
    at,
    receivedAt: at,
    book,
    snapshot: true,
    count,
    bidCount,
    ticks,
    sizes,
    before,
    sequence: 0,
  };
}

/**
 * Publishes market events, cut by coin. What was lost on the way is never sent late: the gateway begins a new generation
 * with whole books, and workers forget the old ones.
 * @param name of this gateway and start, unlike any other's: it makes a message that is sent twice one
 */
export function createGateway(connection: NatsConnection, name: string, partitions = PARTITIONS): Gateway {
  const stream = jetstream(connection);
  const waiting: (Encoder | undefined)[] = [];
  const partitionByAsset: number[] = [];
  const markets = new Set<Market>();
  const unanswered = new Set<Promise<void>>();
  let [published, lost, sent, generation] = [0, 0, 0, 0];
  let broken = false;
  let [toldBooksAt, advancedAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];

  const lose = (): void => {
    lost += 1;
    broken = true;
  };
  const send = (partition: number, encoder: Encoder | undefined, told: Readonly<Record<string, string>>): void => {
    if (unanswered.size >= MOST_UNANSWERED || broken) {
      lose();
      return;
    }
    sent += 1;
    const head = headers();
    head.set("generation", `${name}:${generation}`);
    for (const [key, value] of Object.entries(told)) head.set(key, value);
    const payload = encoder ? encoder.bytes.slice(0, encoder.length * 8) : new Uint8Array(0);
    const answer: Promise<void> = stream
      .publish(`market.${partition}`, payload, { msgID: `${name}:${sent}`, headers: head, timeout: ANSWER_MS })
      .then(() => {
        published += 1;
      }, lose)
      .finally(() => unanswered.delete(answer));
    unanswered.add(answer);
  };
  const partitionFor = ({ assetId, base }: Market): number =>
    (partitionByAsset[assetId] ??= partitionOf(base, partitions));

  /** Books of every market, in as many messages as it takes; the last one of a partition says so. */
  const tellBooks = (at: number): void => {
    const encoders: (Encoder | undefined)[] = [];
    for (const market of markets) {
      if (!market.book) continue;
      const partition = partitionFor(market);
      const encoder = (encoders[partition] ??= createEncoder(4096));
      encode(encoder, wholeBook(market, market.book, at));
      if (encoder.length < MESSAGE_WORDS) continue;
      send(partition, encoder, { books: "more" });
      encoders[partition] = undefined;
    }
    for (let partition = 0; partition < partitions; partition += 1)
      send(partition, encoders[partition], { books: "last" });
    toldBooksAt = at;
  };
  const begin = (at: number): void => {
    generation += 1;
    broken = false;
    tellBooks(at);
  };
  begin(Number.NEGATIVE_INFINITY);

  return {
    counts: () => ({ published, lost }),
    async settled() {
      await Promise.all(unanswered);
    },
    take(event) {
      markets.add(event.market);
      const partition = partitionFor(event.market);
      // Every message tells its names itself, so that a worker may begin anywhere.
      const encoder = (waiting[partition] ??= createEncoder(4096));
      encode(encoder, event);
      if (encoder.length < MESSAGE_WORDS) return;
      waiting[partition] = undefined;
      send(partition, encoder, {});
    },
    flush(receivedAt) {
      const everyone = receivedAt - advancedAt >= ADVANCE_MS;
      if (everyone) advancedAt = receivedAt;
      for (let partition = 0; partition < partitions; partition += 1) {
        const encoder = waiting[partition];
        waiting[partition] = undefined;
        if (encoder || (everyone && !broken)) send(partition, encoder, { advance: String(receivedAt) });
      }
      // What the server has not answered yet may still be on its way; a new beginning must come after it.
      if (broken && unanswered.size === 0) begin(receivedAt);
      else if (!broken && receivedAt - toldBooksAt >= BOOKS_MS) tellBooks(receivedAt);
    },
  };
}
