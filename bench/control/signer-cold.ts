import type { Workload } from "../workload.ts";
import { PROGRAM, coldHome, started } from "./_cold.ts";

/** What `breakwater halt` waits for where no signer runs: one of its own that only reads and cancels, until it listens. */
export const workload: Workload = {
  name: "signer of its own for the kill switch, cold, until it listens",
  unit: "ms",
  better: "lower",
  n: 1,
  measuresItself: true,
  own: async () => {
    const env = coldHome("");
    await started(PROGRAM, ["--version"], env).ended;
    return async () => {
      const begun = performance.now();
      const signer = started(PROGRAM, ["signer", "--cancel-only"], env);
      const first = await Promise.race([signer.listening.then(() => null), signer.ended]);
      const took = performance.now() - begun;
      signer.stop();
      if (first !== null) throw new Error(`the signer ended with ${first.code}: ${first.said}`);
      return took;
    };
  },
};
