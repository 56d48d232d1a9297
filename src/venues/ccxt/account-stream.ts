import type { Clock } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import { readAccountStream } from "../accountstream/read.ts";
import type { StreamContext, StreamReading, StreamVenue } from "../accountstream/reading.ts";
import type { AccountListener } from "../venue.ts";

/** The few members of a streaming ccxt exchange that are used. */
export interface StreamingExchange {
  readonly has: Readonly<Record<string, unknown>>;
  handleMessage(client: unknown, message: unknown): unknown;
  watchOrders(): Promise<unknown>;
  watchBalance(): Promise<unknown>;
  watchPositions(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** What following an account's private stream needs. */
export interface AccountStreamParts {
  /** Opens one streaming connection; the library signs in, keeps it alive and subscribes. */
  readonly open: () => Promise<StreamingExchange>;
  readonly venue: string;
  readonly account: string;
  readonly symbolOf: (id: string) => string | undefined;
  readonly listener: AccountListener;
  readonly clock: Clock;
}

const CHANNELS = ["watchOrders", "watchBalance", "watchPositions"] as const;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

const READ: ReadonlySet<string> = new Set<StreamVenue>(["binanceusdm", "bybit", "okx", "deribit"]);

/**
 * Hands on what one raw message means; where the venue's words are not read, any message is a hint to look.
 * @returns whether it was the stream's last: its connection stays open and says nothing any more
 */
function tell(raw: unknown, venue: string, context: StreamContext, listener: AccountListener): boolean {
  const readings: readonly StreamReading[] = READ.has(venue)
    ? readAccountStream(venue as StreamVenue, raw, context)
    : [{ kind: "control", what: "message" }];
  for (const one of readings) if (one.kind === "alert") listener.onAlert(one.alert);
  if (!READ.has(venue) || readings.some((one) => one.kind !== "control")) listener.onChange();
  return readings.some((one) => one.kind === "alert" && one.alert.kind === "stream.expired");
}

/**
 * Follows an account's private stream through ccxt, which signs in and subscribes, and reads the raw messages itself, because
 * margin calls, liquidations and expired keys have no place in ccxt's unified answers. A connection that ends is opened again
 * after 1 s, doubling up to 60 s; the listener hears of each end.
 * @returns what closes the stream
 */
export async function followAccount(parts: AccountStreamParts): Promise<() => Promise<void>> {
  const { venue, account, listener, clock } = parts;
  const stopping = new AbortController();
  let exchange: StreamingExchange | undefined;
  let heard = false;

  const connect = async (onExpired: (error: Error) => void): Promise<StreamingExchange> => {
    const opened = await parts.open();
    const handle = opened.handleMessage.bind(opened);
    opened.handleMessage = (client, message) => {
      heard = true;
      const context = { account, receivedAt: clock.now(), symbolOf: parts.symbolOf };
      if (tell(message, venue, context, listener)) onExpired(new Error("the venue ended the stream"));
      return handle(client, message);
    };
    return opened;
  };
  /** Watches one channel until it fails; ccxt's promises only carry the failure, the messages were read above. */
  const watch = async (on: StreamingExchange, channel: (typeof CHANNELS)[number]): Promise<never> => {
    for (;;) await on[channel]();
  };
  const follow = async (): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE_MS; !stopping.signal.aborted;) {
      heard = false;
      try {
        // ccxt does not open an expired stream again: its promises would wait forever.
        let expire: (error: Error) => void = () => undefined;
        const expired = new Promise<never>((_, reject) => {
          expire = reject;
        });
        const on = await connect(expire);
        exchange = on;
        const channels = CHANNELS.filter((channel) => on.has[channel] === true);
        await Promise.race([expired, ...channels.map((channel) => watch(on, channel))]);
      } catch (error) {
        if (stopping.signal.aborted) return;
        listener.onGone(messageOf(error));
      }
      await exchange?.close();
      exchange = undefined;
      pauseMs = heard ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      await clock.sleep(pauseMs, stopping.signal).catch(() => undefined);
    }
  };
  const following = follow();
  return async () => {
    stopping.abort();
    await exchange?.close();
    await following;
  };
}
