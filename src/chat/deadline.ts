import { DeskError } from "../kernel/errors.ts";
import type { Clock } from "../kernel/clock.ts";

/**
 * The promise's outcome, or CHAT_UNREACHABLE after `ms`.
 * @param what named in the error: "the gateway's login"
 */
export async function withDeadline<T>(promise: Promise<T>, ms: number, clock: Clock, what: string): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(
    () =>
      Promise.reject(new DeskError("CHAT_UNREACHABLE", `${what} did not finish within ${ms} ms; it is tried again`)),
    // Stopped because the promise settled first: the race is over and nobody reads this.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort(new Error("settled"));
  }
}
