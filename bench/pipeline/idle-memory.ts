import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { measured } from "./_load.ts";
import { memoryBytes, sleep } from "./_process.ts";

export const workload: Workload = {
  name: "resident memory of the idle program, without ccxt and without its Postgres",
  unit: "MB",
  better: "lower",
  n: 1,
  measuresItself: true,
  rounds: 3,
  own: measured(
    () => startBreakwater(),
    async (target) => {
      await sleep(5_000);
      return memoryBytes(target.pid) / 1e6;
    },
  ),
};
