import type { Clock } from "../../kernel/clock.ts";

/** A clock whose waiting is the simulation itself: whoever sleeps lets the market live through that time. */
export interface SteppedClock extends Clock {
  /** Work that must not take time, such as looking at the account between two steps. */
  outOfTime<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * @param stepMs length of one step of the market
 * @param onStep called after each whole step
 */
export function steppedClock(start: Date, stepMs: number, onStep: () => Promise<void>): SteppedClock {
  let now = start.getTime();
  let nextStep = now + stepMs;
  let still = false;
  return {
    now: () => new Date(now),
    async sleep(ms) {
      if (still) return;
      const end = now + ms;
      while (nextStep <= end) {
        now = nextStep;
        nextStep += stepMs;
        await onStep();
      }
      now = end;
    },
    every: () => () => {},
    async outOfTime(work) {
      still = true;
      try {
        return await work();
      } finally {
        still = false;
      }
    },
  };
}
