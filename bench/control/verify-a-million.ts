import type { Workload } from "../workload.ts";

/** Seconds to verify 1,000,000 entries, with all comparisons of rows; at most 20. */
export const workload: Workload = {
  name: "1,000,000 ledger entries verified",
  unit: "s",
  better: "lower",
  n: 1_000_000,
  measuresItself: true,
  rounds: 1,
  own: async () => {
    const { verifyMillion } = await import("./_verify.ts");
    return async () => (await verifyMillion()).seconds;
  },
};
