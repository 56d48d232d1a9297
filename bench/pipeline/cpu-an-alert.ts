import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { againstAlertmanager } from "./_peer.ts";
import { WARM_UP, closedLoop, measured } from "./_load.ts";
import { cpuUs } from "./_process.ts";
import type { Target } from "./_target.ts";

const COUNT = 6_000;
const measure = async (target: Target): Promise<number> => {
  await closedLoop(target, 32, WARM_UP);
  const before = cpuUs(target.pid);
  await closedLoop(target, 32, COUNT);
  return (cpuUs(target.pid) - before) / COUNT;
};

export const workload: Workload = {
  name: "own CPU an alert stored and shown, 32 in flight",
  unit: "us/alert",
  better: "lower",
  n: 6_000,
  measuresItself: true,
  rounds: 3,
  own: measured(() => startBreakwater(), measure),
  ...againstAlertmanager(measure),
};
