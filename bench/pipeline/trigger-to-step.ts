import type { Workload } from "../workload.ts";
import { measuredEngine } from "./_engine.ts";

export const workload: Workload = {
  name: "an alert in the intake's hands to its playbook's first step, median",
  unit: "ms",
  better: "lower",
  n: 100,
  measuresItself: true,
  rounds: 3,
  own: measuredEngine("trigger"),
};
