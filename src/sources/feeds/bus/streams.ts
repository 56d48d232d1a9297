import { RetentionPolicy, StorageType, type StreamConfig, jetstreamManager } from "@nats-io/jetstream";
import { type ConnectionOptions, type NatsConnection, connect, nanos } from "@nats-io/transport-node";
import type { Detector } from "../../../detectors/detector.ts";
import { sha256 } from "../../../kernel/canonical.ts";
import type { Secret } from "../../../kernel/secret.ts";

/** Streams on the bus, by what they hold. */
export const STREAM = { events: "MARKET", hits: "HITS", shares: "SHARES", progress: "PROGRESS" } as const;

/** How many parts the market is cut into: as many workers can share the load. Gateways and workers must agree. */
export const PARTITIONS = 8;
/** How long events stay: what a new worker can learn from. */
const KEPT_MS = 900_000;
/** Longer than events stay, so that a hit found again is known to be the same. */
const SAME_MS = 1_800_000;
const WEEK_MS = 604_800_000;
/** A share that was not renewed for this long, by the server's clock, is free. */
export const SHARE_LOST_MS = 5_000;
const CONNECT_MS = 5_000;

const STREAMS: readonly (Partial<StreamConfig> & { readonly name: string })[] = [
  {
    name: STREAM.events,
    subjects: ["market.*"],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: nanos(KEPT_MS),
    duplicate_window: nanos(120_000),
  },
  {
    name: STREAM.hits,
    subjects: ["hits.*"],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: nanos(WEEK_MS),
    duplicate_window: nanos(SAME_MS),
  },
  {
    name: STREAM.shares,
    subjects: ["share.*.*"],
    storage: StorageType.Memory,
    max_msgs_per_subject: 1,
    max_age: nanos(SHARE_LOST_MS),
    duplicate_window: nanos(1_000),
  },
  { name: STREAM.progress, subjects: ["progress.*"], storage: StorageType.File, max_msgs_per_subject: 1 },
];

/** The server's address, with user and password or token taken out of it. @throws TypeError where it is no URL */
function optionsOf(address: Secret): ConnectionOptions {
  const url = new URL(address.reveal());
  const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return {
    servers: url.host,
    name: "breakwater",
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    ...(url.protocol === "tls:" ? { tls: {} } : {}),
    ...(pass === "" ? (user === "" ? {} : { token: user }) : { user, pass }),
  };
}

/** Makes the streams where they are not there, as after the server lost its disk. */
export async function makeStreams(connection: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(connection);
  for (const stream of STREAMS) await manager.streams.add(stream);
}

/** Connects to the NATS server and makes the streams. @throws where the server does not answer within 5 s */
export async function connectBus(address: Secret): Promise<NatsConnection> {
  const connection = await connect(optionsOf(address));
  try {
    await makeStreams(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

/** The partition of a coin: all venues' instruments of it go to one worker, which compares them. */
export const partitionOf = (asset: string, partitions: number): number =>
  Number.parseInt(sha256(asset).slice(0, 8), 16) % partitions;

/** True for detectors that a worker of one partition can run: they need to see no other coin. */
export const partitioned = ({ scope }: Detector): boolean => scope === "market" || scope === "asset";
