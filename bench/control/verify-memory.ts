import type { Workload } from "../workload.ts";

/** Peak memory of the process that verifies 1,000,000 entries, in MiB; at most 256. */
export const workload: Workload = {
  name: "memory to verify 1,000,000 ledger entries",
  unit: "MiB",
  better: "lower",
  n: 1_000_000,
  measuresItself: true,
  rounds: 1,
  own: async () => {
    const { verifyMillion } = await import("./_verify.ts");
    return async () => (await verifyMillion()).megabytes;
  },
};
