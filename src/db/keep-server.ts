import type { Embedded } from "./embedded.ts";
import type { HomeLock } from "./home-lock.ts";
import type { Clock } from "../kernel/clock.ts";
import { DeskError, messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";

/** Who hears of an embedded server that was gone. */
export interface Heard {
  /** It runs again; called anew a second later where it throws, because the first connections may still fail. */
  readonly revived: (foundGone: Date) => Promise<void>;
  /** It cannot be had again: the process must leave. */
  readonly lost: (why: string) => void;
}

/** How often the server is looked at. */
const LOOK_MS = 1_000;

/**
 * Looks after the embedded server: where it is gone, as after the system killed it for memory, it is started again on the
 * same port, and the folder's lock is taken again, which is also lost where a single session of the server is killed.
 * @returns ends the watch; resolves once no start is under way
 */
export function keepServer({
  server,
  lock,
  heard,
  clock,
  log,
}: {
  readonly server: Pick<Embedded, "revive">;
  readonly lock: Pick<HomeLock, "hold">;
  readonly heard: Heard;
  readonly clock: Clock;
  readonly log: Log;
}): () => Promise<void> {
  let foundGone: Date | null = null;
  const look = async (): Promise<void> => {
    try {
      if (await server.revive()) foundGone ??= clock.now();
      await lock.hold();
      if (foundGone === null) return;
    } catch (error) {
      if (error instanceof DeskError) {
        stop();
        heard.lost(`the embedded database ended and cannot be had again: ${messageOf(error)}`);
      } else log.warn({ err: error }, "embedded database not looked at");
      return;
    }
    try {
      await heard.revived(foundGone);
      foundGone = null;
    } catch (error) {
      log.warn({ err: error }, "embedded database runs again, which could not be told yet");
    }
  };
  let looking = Promise.resolve();
  const stop = clock.every(LOOK_MS, () => (looking = look()));
  return async () => {
    stop();
    await looking;
  };
}
