import type { NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import type { Log } from "../../../kernel/log.ts";
import type { Secret } from "../../../kernel/secret.ts";
import { connectBus, makeStreams } from "./streams.ts";

const AGAIN_MS = 2_000;

/** How the connection to the server is. */
export interface LinkState {
  readonly up: boolean;
  readonly since: Date;
  /** Why it is down; empty while it is up. */
  readonly why: string;
}

/** A connection that is opened again and again, and never ends the process. */
export interface Link {
  state(): LinkState;
  /** Closes what was opened on the connection, then the connection. */
  stop(): Promise<void>;
}

/** What a link is made of. */
export interface LinkOptions {
  readonly address: Secret;
  /** Opens this process's parts on a fresh connection, and resolves to how they are closed. */
  readonly open: (connection: NatsConnection) => Promise<() => Promise<void>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens a link in the background: the desk starts and runs without the bus, and says so. */
export function openLink({ address, open, clock, log }: LinkOptions): Link {
  const stopping = new AbortController();
  let connection: NatsConnection | undefined;
  let close: (() => Promise<void>) | undefined;
  let state: LinkState = { up: false, since: clock.now(), why: "not connected yet" };
  const become = (up: boolean, why: string): void => {
    if (up === state.up && why === state.why) return;
    state = { up, since: up === state.up ? state.since : clock.now(), why };
    if (up) log.info({}, "bus connected");
    else log.warn({ why }, "bus away");
  };

  const follow = async (open: NatsConnection): Promise<void> => {
    for await (const status of open.status()) {
      if (status.type === "disconnect" || status.type === "staleConnection") become(false, "the server went away");
      if (status.type === "error") log.warn({ why: messageOf(status.error) }, "bus refused something");
      if (status.type !== "reconnect") continue;
      // The server may have lost its disk meanwhile.
      await makeStreams(open).catch((error: unknown) => log.warn({ err: error }, "streams of the bus not made"));
      become(true, "");
    }
  };
  const connectOnce = async (): Promise<void> => {
    connection = await connectBus(address);
    close = await open(connection);
    become(true, "");
    follow(connection).catch((error: unknown) => log.warn({ err: error }, "bus no longer followed"));
    const why = await connection.closed();
    if (!stopping.signal.aborted) become(false, why ? messageOf(why) : "the connection was closed");
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await connectOnce();
      } catch (error) {
        become(false, messageOf(error));
        await connection?.close().catch(() => undefined);
      }
      await close?.().catch((error: unknown) => log.warn({ err: error }, "part of the bus not closed cleanly"));
      close = undefined;
      await clock.sleep(AGAIN_MS, stopping.signal).catch(() => undefined);
    }
  };
  const running = run();
  return {
    state: () => state,
    async stop() {
      stopping.abort(new Error("the bus is closed"));
      await close?.().catch((error: unknown) => log.warn({ err: error }, "part of the bus not closed cleanly"));
      close = undefined;
      await connection?.close();
      await running;
    },
  };
}
