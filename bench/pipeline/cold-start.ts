import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { measured } from "./_load.ts";

export const workload: Workload = {
  name: "start on an empty folder to the first page, with an embedded Postgres",
  unit: "ms",
  better: "lower",
  n: 1,
  measuresItself: true,
  rounds: 3,
  own: measured(
    () => startBreakwater(),
    (target) => Promise.resolve(target.startedInMs),
  ),
};
