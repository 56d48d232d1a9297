import type { Workload } from "../workload.ts";
import { measuredEngine } from "./_engine.ts";

export const workload: Workload = {
  name: "vote written to the run's going on, median",
  unit: "ms",
  better: "lower",
  n: 100,
  measuresItself: true,
  rounds: 3,
  own: measuredEngine("click"),
};
