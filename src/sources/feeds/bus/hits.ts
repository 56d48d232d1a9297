import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/transport-node";
import type { Hit } from "../../../detectors/finding.ts";
import { STREAM } from "./streams.ts";

const ACK_MS = 30_000;
const AGAIN_MS = 1_000;

/** What tells two hits apart; the same events give the same name, whichever worker found it. */
export const hitId = (hit: Hit): string =>
  `${hit.detector}:${hit.venue}:${hit.instrument}:${hit.status}:${hit.severity}:${hit.at}`;

/** Who takes hits from the bus. */
export interface HitTaker {
  /** Processes of one name share the hits; each goes to one of them. */
  readonly name: string;
  readonly onHit: (hit: Hit, id: string) => Promise<void>;
  /** Told where `onHit` failed; the hit comes again. */
  readonly onTrouble: (error: unknown) => void;
}

/** Hands hits on, each once: it is acknowledged when `onHit` is done, and comes again where that failed. */
export async function consumeHits(connection: NatsConnection, taker: HitTaker): Promise<AsyncDisposable> {
  const manager = await jetstreamManager(connection);
  await manager.consumers.add(STREAM.hits, {
    durable_name: taker.name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_MS),
  });
  const consumer = await jetstream(connection).consumers.get(STREAM.hits, taker.name);
  const messages = await consumer.consume();
  const run = async (): Promise<void> => {
    for await (const message of messages) {
      try {
        const hit = JSON.parse(Buffer.from(message.data).toString("utf8")) as Hit;
        await taker.onHit(hit, hitId(hit));
        await message.ackAck();
      } catch (error) {
        taker.onTrouble(error);
        message.nak(AGAIN_MS);
      }
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
