import type { Workload } from "../workload.ts";
import { measuredEngine } from "./_engine.ts";

export const workload: Workload = {
  name: "playbook's trigger written to its first step, median",
  unit: "ms",
  better: "lower",
  n: 100,
  measuresItself: true,
  rounds: 3,
  own: measuredEngine("trigger"),
};
