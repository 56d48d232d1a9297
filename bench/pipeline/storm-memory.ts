import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { measured, storm } from "./_load.ts";
import { memoryBytes } from "./_process.ts";

export const workload: Workload = {
  name: "storm of 50,000 alerts in 10 s: growth of resident memory at its peak",
  unit: "MB",
  better: "lower",
  n: 50_000,
  measuresItself: true,
  rounds: 1,
  own: measured(
    () => startBreakwater(),
    async (target) => {
      const before = memoryBytes(target.pid);
      let peak = before;
      const watching = setInterval(() => {
        peak = Math.max(peak, memoryBytes(target.pid));
      }, 100);
      await storm(target, 5_000, 10);
      clearInterval(watching);
      return (peak - before) / 1e6;
    },
  ),
};
