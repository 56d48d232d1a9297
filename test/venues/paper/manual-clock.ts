import type { Clock } from "../../../src/kernel/clock.ts";

/** A clock that only moves when told; `every` never ticks by itself, so the exchange is stepped by hand. */
export function manualClock(start = new Date("2026-11-20T10:00:00Z")): Clock & { move(ms: number): void } {
  let now = start.getTime();
  return {
    now: () => new Date(now),
    sleep: async () => {},
    every: () => () => {},
    move: (ms) => {
      now += ms;
    },
  };
}
