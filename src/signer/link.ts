import { type Socket, connect } from "node:net";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, ERRORS, type ErrorCode, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Answer, Pong } from "./requests.ts";
import { line, readLines } from "./wire.ts";

/** Whether the signer can be asked. */
export interface SignerHealth {
  readonly state: "up" | "down";
  /** Why it is down; empty where it is up. */
  readonly why: string;
  /** Why it sends no orders; null where it does, or where it is not known. */
  readonly frozen: string | null;
}

/** What a subscription hears; `undefined` is the end of the connection. */
export type Heard = Extract<Answer, { watch: number }> | undefined;

/** A connection to the signer that is made again by itself. */
export interface SignerLink {
  /**
   * Asks and waits; `sent` is called once the request may have left.
   * @throws DeskError as the signer said, SIGNER_UNAVAILABLE where it did not answer
   */
  ask(request: Readonly<Record<string, unknown>>, timeoutMs: number, sent?: () => void): Promise<unknown>;
  /** Follows an account's stream until the returned function is called; `hear` is told when the connection ends, and asks again by itself. */
  watch(account: string, hear: (heard: Heard) => void): Promise<() => Promise<void>>;
  health(): SignerHealth;
  /** Calls `changed` at every change of the health. */
  onHealth(changed: (health: SignerHealth) => void): void;
  close(): void;
}

/** What a link is opened with. */
export interface LinkOptions {
  readonly socket: string;
  /** Called where the signer holds the connection but answers nothing. */
  readonly onHung: () => void;
  /** How long a signer may be silent before it counts as hung; default 15,000. */
  readonly hungMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

const MAX_ANSWER = 128 * 1024 * 1024;
const RETRY_MS = 200;
const PING_MS = 2_000;
const HUNG_MS = 15_000;
/** How long a request waits for a signer that is being started again. */
const WAIT_MS = 3_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: DeskError) => void;
}

const unavailable = (why: string): DeskError =>
  new DeskError("SIGNER_UNAVAILABLE", `the signer does not answer (${why}); nothing is sent without it`);

/** Opens the link; it connects by itself, now and whenever the connection is lost. */
export function openLink({ socket: path, onHung, hungMs = HUNG_MS, clock, log }: LinkOptions): SignerLink {
  let socket: Socket | null = null;
  let serial = 0;
  let health: SignerHealth = { state: "down", why: "not connected yet", frozen: null };
  const stopping = new AbortController();
  const waiting = new Map<number, Waiting>();
  const watches = new Map<number, (heard: Heard) => void>();
  const told: ((health: SignerHealth) => void)[] = [];
  let wakers: (() => void)[] = [];

  const become = (next: SignerHealth): void => {
    if (next.state === health.state && next.frozen === health.frozen) return;
    health = next;
    for (const one of told) one(health);
  };

  const take = (message: Answer): void => {
    if ("watch" in message) {
      watches.get(message.watch)?.(message);
      return;
    }
    const one = waiting.get(message.id);
    waiting.delete(message.id);
    if ("ok" in message) one?.resolve(message.ok);
    else {
      const { code, message: why } = message.error;
      one?.reject(new DeskError(code in ERRORS ? (code as ErrorCode) : "INTERNAL", why));
    }
  };

  const lost = (why: string): void => {
    socket = null;
    for (const one of waiting.values()) one.reject(unavailable(why));
    waiting.clear();
    const heard = [...watches.values()];
    watches.clear();
    for (const hear of heard) hear(undefined);
    become({ state: "down", why, frozen: null });
  };

  const send = (
    to: Socket,
    request: Readonly<Record<string, unknown>>,
    timeoutMs: number,
    sent?: () => void,
  ): { readonly id: number; readonly answer: Promise<unknown> } => {
    serial += 1;
    const id = serial;
    const answered = new AbortController();
    const answer = new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      sent?.();
      to.write(line({ ...request, id }));
      clock.sleep(timeoutMs, answered.signal).then(
        () => {
          waiting.delete(id);
          reject(unavailable(`no answer within ${Math.round(timeoutMs / 1_000)} s`));
        },
        () => undefined,
      );
    }).finally(() => answered.abort());
    return { id, answer };
  };

  const ping = async (to: Socket): Promise<void> => {
    try {
      const { frozen } = (await send(to, { method: "ping" }, hungMs).answer) as Pong;
      become({ state: "up", why: "", frozen });
    } catch (error) {
      if (socket !== to) return;
      log.error({ err: messageOf(error) }, "signer hangs");
      to.destroy();
      onHung();
    }
  };

  /** One connection's life, from the attempt to its end. */
  const live = (): Promise<string> =>
    new Promise((resolve) => {
      let why = "it ended";
      const attempt = connect(path, () => {
        socket = attempt;
        void ping(attempt);
        for (const wake of wakers) wake();
        wakers = [];
      });
      attempt.on("error", (error) => {
        why = messageOf(error);
      });
      attempt.on("close", () => resolve(why));
      readLines(
        attempt,
        MAX_ANSWER,
        (message) => take(message as Answer),
        (error) => {
          why = error.message;
          attempt.destroy();
        },
      );
    });
  const connecting = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      lost(await live());
      await clock.sleep(RETRY_MS, stopping.signal).catch(() => undefined);
    }
  };
  void connecting();
  const stopPing = clock.every(PING_MS, async () => {
    if (socket) await ping(socket);
  });

  const connected = async (): Promise<Socket> => {
    if (!socket && !stopping.signal.aborted) {
      // Ended with the link: whoever closes it, such as the kill switch, is not kept waiting.
      const late = clock.sleep(WAIT_MS, stopping.signal).catch(() => undefined);
      await Promise.race([new Promise<void>((resolve) => wakers.push(resolve)), late]);
    }
    if (!socket) throw unavailable(health.why);
    return socket;
  };

  return {
    ask: async (request, timeoutMs, sent) => send(await connected(), request, timeoutMs, sent).answer,
    async watch(account, hear) {
      let stopped = false;
      let id = 0;
      const subscribe = async (): Promise<void> => {
        const to = await connected();
        const asked = send(to, { method: "watch", account }, HUNG_MS * 2);
        ({ id } = asked);
        watches.set(id, (heard) => {
          hear(heard);
          if (heard === undefined) void again();
        });
        await asked.answer;
      };
      const leave = async (): Promise<void> => {
        watches.delete(id);
        if (socket)
          await send(socket, { method: "unwatch", watch: id }, HUNG_MS).answer.catch((error: unknown) =>
            log.debug({ account, err: messageOf(error) }, "stream left to the connection's end"),
          );
      };
      const again = async (): Promise<void> => {
        while (!stopped && !stopping.signal.aborted) {
          try {
            await subscribe();
            return stopped ? await leave() : undefined;
          } catch (error) {
            watches.delete(id);
            log.debug({ account, err: messageOf(error) }, "stream not followed again yet");
            await clock.sleep(PING_MS, stopping.signal).catch(() => undefined);
          }
        }
        return undefined;
      };
      await subscribe();
      return () => {
        stopped = true;
        return leave();
      };
    },
    health: () => health,
    onHealth: (changed) => void told.push(changed),
    close() {
      stopping.abort();
      stopPing();
      socket?.destroy();
    },
  };
}
