import {
  AckPolicy,
  DeliverPolicy,
  RetentionPolicy,
  StorageType,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { type NatsConnection, connect, headers, nanos } from "@nats-io/transport-node";
import type { Detector } from "../../detectors/detector.ts";
import type { MarketEvent } from "../../detectors/event.ts";
import type { Hit } from "../../detectors/finding.ts";
import { createWatch } from "../../detectors/watch.ts";
import { sha256 } from "../../kernel/canonical.ts";
import { type Encoder, createEncoder, encode } from "./market/codec.ts";
import { createDecoder, load, nextAt, playNext } from "./market/decoder.ts";
import { createMarkets } from "./market/markets.ts";
import { createSessions } from "./market/sessions.ts";

/** Names on the bus. */
const EVENTS = "MARKET";
const HITS = "HITS";
/** How long events stay: what a new worker can learn from. */
const KEPT_MS = 900_000;
/** Longer than events stay, so that a hit found again is known to be the same. */
const SAME_MS = 1_800_000;

/** How a bus is cut. */
export interface BusOptions {
  /** Workers that can share the load; 8 by default. Part of the streams' layout: all processes must agree. */
  readonly partitions?: number;
}

/** Connects to the NATS server at `url` and makes the streams where they are not there. */
export async function connectBus(url: string): Promise<NatsConnection> {
  const connection = await connect({ servers: url, maxReconnectAttempts: -1 });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({
    name: EVENTS,
    subjects: ["market.*"],
    storage: StorageType.Memory,
    retention: RetentionPolicy.Limits,
    max_age: nanos(KEPT_MS),
    duplicate_window: nanos(120_000),
  });
  await manager.streams.add({
    name: HITS,
    subjects: ["hits.*"],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: nanos(7 * 86_400_000),
    duplicate_window: nanos(SAME_MS),
  });
  return connection;
}

/** The partition of a coin: all venues' instruments of it go to one worker, which compares them. */
export const partitionOf = (asset: string, partitions: number): number =>
  Number.parseInt(sha256(asset).slice(0, 8), 16) % partitions;

/** Detectors that a worker of one partition can run: those that need to see no other coin. */
export const partitioned = (detectors: readonly Detector[]): readonly Detector[] =>
  detectors.filter(({ scope }) => scope === "market" || scope === "asset");

/** The side of a feed process. */
export interface Gateway {
  /** Takes an event in; it goes out with the next flush. */
  take(event: MarketEvent): void;
  /** Sends what was taken. @param receivedAt our time, ms: workers let their clocks pass up to it */
  flush(receivedAt: number): Promise<void>;
}

/** @param name of this gateway and start, unlike any other's: it makes a message that is sent twice one */
export function createGateway(connection: NatsConnection, name: string, { partitions = 8 }: BusOptions = {}): Gateway {
  const stream = jetstream(connection);
  const waiting: (Encoder | undefined)[] = [];
  const partitionByAsset: number[] = [];
  let sent = 0;
  return {
    take(event) {
      const { assetId, base } = event.market;
      const partition = (partitionByAsset[assetId] ??= partitionOf(base, partitions));
      // Every message tells its names itself, so that a worker may begin anywhere.
      const encoder = (waiting[partition] ??= createEncoder(4096));
      encode(encoder, event);
    },
    async flush(receivedAt) {
      sent += 1;
      const round = sent;
      const sending: Promise<unknown>[] = [];
      for (let partition = 0; partition < partitions; partition += 1) {
        const encoder = waiting[partition];
        waiting[partition] = undefined;
        const payload = encoder ? encoder.bytes.slice(0, encoder.length * 8) : new Uint8Array(0);
        const advance = headers();
        advance.set("advance", String(receivedAt));
        const msgID = `${name}:${round}:${partition}`;
        sending.push(stream.publish(`market.${partition}`, payload, { msgID, headers: advance }));
      }
      await Promise.all(sending);
    },
  };
}

/** A process that runs detectors over one partition. */
export interface Worker extends AsyncDisposable {
  /** Messages played so far. */
  played(): number;
  /** Rejects where the stream or a detector failed. */
  readonly done: Promise<void>;
}

/** What tells two hits apart; the same events give the same name, whichever worker found it. */
export const hitId = (hit: Hit): string =>
  `${hit.detector}:${hit.venue}:${hit.instrument}:${hit.status}:${hit.severity}:${hit.at}`;

/**
 * Runs detectors over a partition, from the oldest event kept. A worker holds no state of its own that matters: one that
 * is killed is replaced by another, which plays the same events again, comes to the same state, and finds the same hits;
 * those that were told before are dropped by their names. So two workers on one partition do no harm either.
 */
export async function createWorker(
  connection: NatsConnection,
  partition: number,
  detectors: readonly Detector[],
): Promise<Worker> {
  const stream = jetstream(connection);
  let telling: Promise<unknown> = Promise.resolve();
  const watch = createWatch({
    detectors: partitioned(detectors),
    onHit: (hit) => {
      const body = Buffer.from(JSON.stringify(hit));
      telling = Promise.all([telling, stream.publish(`hits.${hit.detector}`, body, { msgID: hitId(hit) })]);
    },
  });
  const sessions = createSessions({ markets: createMarkets(), emit: (event) => watch.take(event) });
  const consumer = await stream.consumers.get(EVENTS, {
    filter_subjects: `market.${partition}`,
    deliver_policy: DeliverPolicy.All,
  });
  const messages = await consumer.consume();
  let count = 0;
  const run = async (): Promise<void> => {
    for await (const message of messages) {
      const decoder = createDecoder((venue) => sessions.of(venue));
      load(decoder, Buffer.from(message.data));
      while (!Number.isNaN(nextAt(decoder))) playNext(decoder);
      watch.advance(Number(message.headers?.get("advance") ?? Number.NaN));
      await telling;
      count += 1;
    }
  };
  const done = run();
  return {
    done,
    played: () => count,
    async [Symbol.asyncDispose]() {
      await messages.close();
      await done;
    },
  };
}

/** Hands hits on, each once: it is acknowledged when `onHit` is done, and comes again where that failed. */
export async function consumeHits(
  connection: NatsConnection,
  name: string,
  onHit: (hit: Hit, id: string) => Promise<void>,
): Promise<AsyncDisposable> {
  const manager = await jetstreamManager(connection);
  await manager.consumers.add(HITS, { durable_name: name, ack_policy: AckPolicy.Explicit, ack_wait: nanos(30_000) });
  const consumer = await jetstream(connection).consumers.get(HITS, name);
  const messages = await consumer.consume();
  const run = async (): Promise<void> => {
    for await (const message of messages) {
      const hit = JSON.parse(Buffer.from(message.data).toString("utf8")) as Hit;
      await onHit(hit, hitId(hit));
      await message.ackAck();
    }
  };
  const done = run();
  return {
    async [Symbol.asyncDispose]() {
      await messages.close();
      await done;
    },
  };
}
