import type { Workload } from "../workload.ts";

/** A live process with 200 instruments of 50 messages a second and every detector; making the messages is part of it. */
export const workload: Workload = {
  name: "live, 200 instruments, detection delay, 99th percentile",
  unit: "ms",
  better: "lower",
  n: 10_000,
  measuresItself: true,
  rounds: 1,
  own: async () => {
    const { runLive } = await import("./_live.ts");
    return async () => (await runLive()).p99Ms;
  },
};
