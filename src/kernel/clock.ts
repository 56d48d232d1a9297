/** The only source of time, so that tests and replay can own it. */
export interface Clock {
  /** The present, UTC. */
  now(): Date;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason once it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `tick` every `ms` milliseconds until the returned function is called; ticks never overlap. */
  every(ms: number, tick: () => Promise<void> | void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
  every: (ms, tick) => {
    let stopped = false;
    let timer: NodeJS.Timeout;
    const again = (): void => {
      timer = setTimeout(() => {
        void (async () => {
          await tick();
          if (!stopped) again();
        })();
      }, ms);
      timer.unref();
    };
    again();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  },
};

/** A clock that stands still until `advance` moves it, waking sleepers in order. */
export function fakeClock(start: Date): Clock & { advance(ms: number): Promise<void> } {
  let now = start.getTime();
  let sleepers: { at: number; wake: () => void }[] = [];
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      sleepers.push({ at: now + ms, wake: resolve });
    });
  return {
    now: () => new Date(now),
    sleep,
    every(ms, tick) {
      let stopped = false;
      void (async () => {
        while (!stopped) {
          await sleep(ms);
          if (!stopped) await tick();
        }
      })();
      return () => {
        stopped = true;
      };
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = sleepers.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        sleepers = sleepers.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.wake();
        // What woke may sleep again within this advance: let it run up to its next wait.
        for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      }
      now = end;
    },
  };
}
