import { DeliverPolicy, type JsMsg, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Detector } from "../../../detectors/detector.ts";
import type { Hit } from "../../../detectors/finding.ts";
import { createWatch } from "../../../detectors/watch.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { guarded } from "../guarded.ts";
import { createDecoder, load, nextAt, playNext } from "../market/decoder.ts";
import { createMarkets } from "../market/markets.ts";
import { type Sessions, createSessions } from "../market/sessions.ts";
import { hitId } from "./hits.ts";
import { STREAM, partitioned } from "./streams.ts";

/** What a worker is made of. */
export interface WorkerOptions {
  readonly connection: NatsConnection;
  readonly partition: number;
  readonly detectors: readonly Detector[];
  /** Settings put over the defaults, by detector's name. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Message up to which a worker before told every hit: those found there again are not told. */
  readonly toldThrough?: number;
}

/** A process's work on one partition. */
export interface Worker extends AsyncDisposable {
  /** Messages played so far. */
  played(): number;
  /** Number of the message up to which every hit was told. */
  toldThrough(): number;
  /** Rejects where the stream could not be read or a hit not be told. */
  readonly done: Promise<void>;
}

/** What the desk hears of a detector that failed in a worker. */
const failure = (detector: Detector, why: string, partition: number, at: number): Hit => ({
  detector: detector.name,
  alert: "detector.failed",
  status: "firing",
  at,
  venue: "bus",
  instrument: `partition ${partition}`,
  score: 1,
  severity: "medium",
  title: `The detector ${detector.name} failed on a worker and is off there`,
  evidence: { why },
});

/**
 * Runs detectors over a partition, from the oldest event kept. A worker holds no state of its own that matters: one that
 * is killed is replaced by another, which plays the same events again, comes to the same state, and finds the same hits;
 * those that were told before are dropped by their names. So two workers on one partition do no harm either.
 */
export async function createWorker(options: WorkerOptions): Promise<Worker> {
  const { connection, partition, toldThrough = 0 } = options;
  const stream = jetstream(connection);
  const markets = createMarkets();
  let telling: Promise<unknown> = Promise.resolve();
  let [count, through, current] = [0, toldThrough, 0];
  let generation: string | undefined;
  let complete = false;

  const tell = (hit: Hit): void => {
    if (current <= toldThrough) return;
    const body = Buffer.from(JSON.stringify(hit));
    telling = Promise.all([telling, stream.publish(`hits.${hit.detector}`, body, { msgID: hitId(hit) })]);
  };
  let heardAt = 0;
  const watch = createWatch({
    detectors: options.detectors
      .filter(partitioned)
      .map((one) => guarded(one, (error) => tell(failure(one, messageOf(error), partition, heardAt)))),
    ...(options.params ? { params: options.params } : {}),
    onHit: tell,
  });
  const begin = (): Sessions => {
    for (const market of markets.list) market.book = undefined;
    return createSessions({ markets, emit: (event) => watch.take(event) });
  };
  let sessions = begin();

  const play = (message: JsMsg): void => {
    current = message.seq;
    const told = message.headers?.get("generation") ?? "";
    const books = message.headers?.get("books") ?? "";
    if (told !== generation) {
      generation = told;
      complete = false;
      sessions = begin();
    }
    // Books come in between for those who begin; updates mean nothing before them.
    if (complete === (books === "")) {
      const decoder = createDecoder((venue) => sessions.of(venue));
      load(decoder, Buffer.from(message.data));
      for (let at = nextAt(decoder); !Number.isNaN(at); at = nextAt(decoder)) {
        heardAt = at;
        playNext(decoder);
      }
    }
    if (books === "last") complete = true;
    const advance = Number(message.headers?.get("advance") || Number.NaN);
    if (!Number.isNaN(advance)) watch.advance(advance);
  };

  const consumer = await stream.consumers.get(STREAM.events, {
    filter_subjects: `market.${partition}`,
    deliver_policy: DeliverPolicy.All,
  });
  const messages = await consumer.consume();
  const run = async (): Promise<void> => {
    for await (const message of messages) {
      play(message);
      await telling;
      through = Math.max(through, current);
      count += 1;
    }
  };
  const done = run();
  return {
    done,
    played: () => count,
    toldThrough: () => through,
    async [Symbol.asyncDispose]() {
      await messages.close();
      await done;
    },
  };
}
