import type { Workload } from "../workload.ts";

const PATHS = 100_000;
const STEPS = 100;

/** A bridge-corrected barrier under geometric Brownian motion; the goal is 0.25 s for all of it, 25 ns a step. */
export const workload: Workload = {
  name: "barrier steps, GBM with Brownian bridge",
  unit: "ns/op",
  better: "lower",
  n: PATHS * STEPS,
  own: async () => {
    const { hitProbability } = await import("../../src/quant/risk/hit-probability.ts");
    return () =>
      hitProbability({
        spot: 100,
        barrier: 80,
        sigma: 0.6,
        years: 30 / 365,
        method: "simulation",
        paths: PATHS,
        steps: STEPS,
      }).probability;
  },
};
