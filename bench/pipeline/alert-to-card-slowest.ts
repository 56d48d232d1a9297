import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { againstAlertmanager } from "./_peer.ts";
import { measured, openLoop, quantile } from "./_load.ts";
import type { Target } from "./_target.ts";

const measure = async (target: Target): Promise<number> => {
  await openLoop(target, 200, 600);
  return quantile(await openLoop(target, 200, 2_000), 0.99);
};

export const workload: Workload = {
  name: "signed alert in to card on the console's stream, 200/s open loop, 99th percentile",
  unit: "ms",
  better: "lower",
  n: 2_000,
  measuresItself: true,
  rounds: 3,
  own: measured(() => startBreakwater(), measure),
  ...againstAlertmanager(measure),
};
