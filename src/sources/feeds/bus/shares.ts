import {
  type JetStreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "../../../kernel/clock.ts";
import type { Log } from "../../../kernel/log.ts";
import { PARTITIONS, STREAM } from "./streams.ts";
import type { Worker } from "./worker.ts";

const LOOK_MS = 1_000;

/** How far a partition's hits were told: `stream` is when the events' stream was made, since numbers begin anew with it. */
interface Progress {
  readonly stream: string;
  readonly through: number;
}

/** A partition that this process works on, and the number of its last renewal. */
interface Held {
  readonly worker: Worker;
  renewal: number;
}

/** What sharing the work needs. */
export interface SharesOptions {
  readonly connection: NatsConnection;
  /** Unlike any other process's. */
  readonly me: string;
  readonly start: (partition: number, toldThrough: number) => Promise<Worker>;
  readonly partitions?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** This process's part of the work. */
export interface Shares extends AsyncDisposable {
  /** Partitions it works on now. */
  held(): readonly number[];
}

const wrongSequence = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence;

/**
 * Shares the partitions among the processes that are alive, each about as many. A share is a message that its holder
 * renews every second and the server forgets after five: what a killed process held is free by the server's own clock,
 * and only one taker's message can follow none.
 */
export async function shareWork(options: SharesOptions): Promise<Shares> {
  const { connection, me, partitions = PARTITIONS, clock, log } = options;
  const stream = jetstream(connection);
  const manager: JetStreamManager = await jetstreamManager(connection);
  const held = new Map<number, Held>();
  let made = "";
  let looking: Promise<void> = Promise.resolve();
  const subject = (partition: number): string => `share.partition.${partition}`;

  /** Writes the share; null where another process holds it. */
  const write = async (partition: number, lastSubjectSequence: number): Promise<number | null> => {
    try {
      return (await stream.publish(subject(partition), me, { expect: { lastSubjectSequence } })).seq;
    } catch (error) {
      if (wrongSequence(error)) return null;
      throw error;
    }
  };
  const keepProgress = async (partition: number, worker: Worker): Promise<void> => {
    const progress: Progress = { stream: made, through: worker.toldThrough() };
    await stream.publish(`progress.${partition}`, JSON.stringify(progress));
  };
  const progressOf = async (partition: number): Promise<number> => {
    const kept = await manager.streams.getMessage(STREAM.progress, { last_by_subj: `progress.${partition}` });
    const progress = kept?.json<Progress>();
    return progress?.stream === made ? progress.through : 0;
  };
  const leave = async (partition: number, mine: Held, free: boolean): Promise<void> => {
    held.delete(partition);
    try {
      await mine.worker[Symbol.asyncDispose]();
    } catch {
      // It had failed before, which was logged when it did.
    }
    if (!free) return;
    await keepProgress(partition, mine.worker);
    await manager.streams.deleteMessage(STREAM.shares, mine.renewal);
  };
  const take = async (partition: number): Promise<void> => {
    const renewal = await write(partition, 0);
    if (renewal === null) return;
    const mine: Held = { worker: await options.start(partition, await progressOf(partition)), renewal };
    held.set(partition, mine);
    mine.worker.done.catch((error: unknown) => {
      log.warn({ err: error, partition }, "detector worker failed; its share is left to be taken again");
      if (held.get(partition) === mine) void leave(partition, mine, false);
    });
  };
  const renew = async (partition: number, mine: Held): Promise<void> => {
    const renewal = await write(partition, mine.renewal);
    if (renewal === null) {
      log.warn({ partition }, "another process works on this partition now");
      await leave(partition, mine, false);
      return;
    }
    mine.renewal = renewal;
    await keepProgress(partition, mine.worker);
  };

  const look = async (): Promise<void> => {
    const { created } = await manager.streams.info(STREAM.events);
    if (created !== made) for (const [partition, mine] of held) await leave(partition, mine, false);
    made = created;
    await stream.publish(`share.member.${me}`, me);
    for (const [partition, mine] of held) await renew(partition, mine);
    const { state } = await manager.streams.info(STREAM.shares, { subjects_filter: "share.>" });
    const known = Object.keys(state.subjects ?? {});
    const members = known.filter((one) => one.startsWith("share.member.")).length;
    const fair = Math.ceil(partitions / Math.max(1, members));
    const most = [...held].at(-1);
    if (held.size > fair && most) await leave(...most, true);
    for (let partition = 0; partition < partitions && held.size < fair; partition += 1)
      if (!known.includes(subject(partition))) await take(partition);
  };
  const guardedLook = (): Promise<void> => {
    looking = look().catch((error: unknown) => log.warn({ err: error }, "shares of the market not looked at"));
    return looking;
  };
  await guardedLook();
  const stop = clock.every(LOOK_MS, guardedLook);
  return {
    held: () => [...held.keys()].toSorted((a, b) => a - b),
    async [Symbol.asyncDispose]() {
      stop();
      await looking;
      for (const [partition, mine] of held) await leave(partition, mine, true);
    },
  };
}
