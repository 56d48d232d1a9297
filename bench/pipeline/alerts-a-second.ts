import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { againstAlertmanager } from "./_peer.ts";
import { WARM_UP, closedLoop, measured } from "./_load.ts";
import type { Target } from "./_target.ts";

const COUNT = 6_000;
const measure = async (target: Target): Promise<number> => {
  await closedLoop(target, 32, WARM_UP);
  return (COUNT * 1_000) / (await closedLoop(target, 32, COUNT));
};

export const workload: Workload = {
  name: "alerts stored and shown, 32 in flight",
  unit: "alerts/s",
  better: "higher",
  n: 6_000,
  measuresItself: true,
  rounds: 3,
  own: measured(() => startBreakwater(), measure),
  ...againstAlertmanager(measure),
};
