import type { Workload } from "../workload.ts";
import { startBreakwater } from "./_breakwater.ts";
import { againstAlertmanager } from "./_peer.ts";
import { bodies, measured } from "./_load.ts";
import type { Target } from "./_target.ts";

const measure = async (target: Target): Promise<number> => {
  await bodies(target, 100, 100, 8);
  return bodies(target, 100, 400, 8);
};

export const workload: Workload = {
  name: "alerts acknowledged in bodies of 100 (own: on disk, peer: in memory)",
  unit: "alerts/s",
  better: "higher",
  n: 40_000,
  measuresItself: true,
  rounds: 3,
  own: measured(() => startBreakwater(), measure),
  ...againstAlertmanager(measure),
};
