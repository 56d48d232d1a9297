import type { Clock } from "../../kernel/clock.ts";

/** Time as a recording tells it, and those who wait in it. */
export interface RecordedTime {
  /** ms; never goes back. */
  now(): number;
  /** Lets time pass without waking anybody. */
  reach(at: number): void;
  /** When the next sleeper wakes; Infinity where nobody waits. */
  nextAt(): number;
  /** Starts `work` and resolves once it waits or has ended. */
  begin(work: (clock: Clock) => Promise<void>): Promise<void>;
  /** Wakes who waits up to `to`, each at its time. `before` is called before each waking. */
  advance(to: number, before: () => Promise<void>): Promise<void>;
}

interface Sleeper {
  readonly at: number;
  /** Resolves once the woken one waits again or has ended. */
  readonly wake: () => Promise<void>;
}

/**
 * Only one body is awake at a time, in the order of their waking and then of their falling asleep: so the same recording
 * gives the same interleaving however fast it is played and however long a solver takes.
 */
export function createRecordedTime(): RecordedTime {
  let now = Number.NEGATIVE_INFINITY;
  let sleepers: Sleeper[] = [];
  const next = (): Sleeper | undefined =>
    sleepers.reduce<Sleeper | undefined>((first, one) => (first && first.at <= one.at ? first : one), undefined);
  return {
    now: () => now,
    reach: (at) => {
      now = Math.max(now, at);
    },
    nextAt: () => next()?.at ?? Number.POSITIVE_INFINITY,
    begin(work) {
      let rests: () => void = () => undefined;
      const turn = (): Promise<void> =>
        new Promise((resolve) => {
          rests = resolve;
        });
      const clock: Clock = {
        now: () => new Date(now),
        every: () => () => undefined,
        sleep: (ms) => {
          if (ms <= 0) return Promise.resolve();
          return new Promise((resolve) => {
            const wake = (): Promise<void> => {
              const over = turn();
              resolve();
              return over;
            };
            sleepers.push({ at: now + ms, wake });
            rests();
          });
        },
      };
      const first = turn();
      void work(clock).finally(() => rests());
      return first;
    },
    async advance(to, before) {
      for (let one = next(); one && one.at <= to; one = next()) {
        const woken = one;
        sleepers = sleepers.filter((other) => other !== woken);
        now = Math.max(now, woken.at);
        await before();
        await woken.wake();
      }
    },
  };
}
