import { SocketModeReceiver } from "@slack/bolt";
import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { withDeadline } from "../deadline.ts";
import { boltLogger } from "./bolt-log.ts";
import { tokenRefused } from "./outcome.ts";

/** Slack's servers ping within 30 s; a hello that takes longer than this is none. */
const HELLO_MS = 10_000;
/**
 * A line without a pong for this long is dead. The library pings at each third of it and goes by the clock: a program
 * that stood still for longer than two thirds takes its own silence for the line's, and throws away the presses that
 * wait in it.
 */
const PONG_MS = 10_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_LAST_MS = 30_000;
/** While the token is refused, asking more often changes nothing. */
const REFUSED_MS = 60_000;

/** One connection of Socket Mode that is opened again for as long as it runs. */
export interface Socket {
  readonly receiver: SocketModeReceiver;
  connected(): boolean;
  /** Why it is not connected, where a reason is known. */
  trouble(): string | undefined;
  /** Keeps the connection until the signal aborts; resolves then. */
  keep(signal: AbortSignal): Promise<void>;
}

export interface SocketOptions {
  readonly appToken: string;
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
  /** Milliseconds without a pong after which the connection counts as dead; ten seconds where left out. */
  readonly pongMs?: number;
  /** Milliseconds within which Slack has to say hello; ten seconds where left out. */
  readonly helloMs?: number;
}

/**
 * Opens one connection. Reconnecting is ours: the library (socket-mode 3.1.0) waits five seconds first, and a refused
 * token or a malformed frame becomes an unhandled rejection there that ends the process.
 */
export function openSocket(options: SocketOptions): Socket {
  const { clock, log } = options;
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    autoReconnectEnabled: false,
    clientPingTimeout: options.pongMs ?? PONG_MS,
    serverPingTimeout: 30_000,
    logger: boltLogger(log),
    installerOptions: {
      clientOptions: {
        slackApiUrl: options.apiUrl,
        timeout: 5_000,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        fetch: options.fetch,
      },
    },
    processEventErrorHandler: async ({ error }) => {
      log.warn({ err: messageOf(error) }, "slack frame refused");
      return false;
    },
  });
  const { client } = receiver;
  guardFrames(client, log);
  let up = false;
  let why: string | undefined;
  const change = (connected: boolean, reason?: string): void => {
    up = connected;
    why = reason;
    options.onChange();
  };
  client.on("connected", () => change(true));
  client.on("disconnected", () => change(false, why));

  /** One life of the connection: until it ends, however it ends. */
  const live = async (signal: AbortSignal): Promise<void> => {
    const ended = new Promise<void>((resolve) => {
      client.once("disconnected", () => resolve());
    });
    const hang = (): void => void client.disconnect();
    signal.addEventListener("abort", hang, { once: true });
    try {
      const started = client.start();
      // A start that is given up still settles later; its outcome is then of no interest.
      started.catch((error: unknown) => log.debug({ err: messageOf(error) }, "slack socket start failed"));
      await withDeadline(started, options.helloMs ?? HELLO_MS, clock, "Slack's hello");
      await ended;
    } catch (error) {
      void client.disconnect();
      throw error;
    } finally {
      signal.removeEventListener("abort", hang);
    }
  };

  return {
    receiver,
    connected: () => up,
    trouble: () => why,
    async keep(signal) {
      let failures = 0;
      while (!signal.aborted) {
        let pauseMs = 0;
        try {
          await live(signal);
          failures = 0;
        } catch (error) {
          failures += 1;
          change(false, messageOf(error));
          pauseMs = tokenRefused(error)
            ? REFUSED_MS
            : Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 10));
          log.warn({ err: why, failures, pauseMs }, "slack socket failed");
        }
        if (pauseMs > 0 && !signal.aborted) await rest(clock, pauseMs, signal);
      }
    },
  };
}

/** Sleeps, or wakes at once when told to stop. */
async function rest(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

type Frames = { onWebSocketMessage?: (data: unknown, binary: boolean) => Promise<void> };

/** Puts a net under the library's frame handler, which is asynchronous and has none. */
function guardFrames(client: SocketModeReceiver["client"], log: Log): void {
  const handle = (client as unknown as Frames).onWebSocketMessage;
  if (handle === undefined) return;
  client.removeAllListeners("ws_message");
  client.on("ws_message", (data: unknown, binary: boolean) => {
    void handle.call(client, data, binary).catch((error: unknown) => {
      log.warn({ err: messageOf(error) }, "slack frame refused");
    });
  });
}
