import type { Workload } from "../workload.ts";

const PATHS = 100_000;
const STEPS = 100;

/** A bridge-corrected barrier under Heston's model by the QE scheme; the goal is 0.7 s for all of it, 70 ns a step. */
export const workload: Workload = {
  name: "barrier steps, Heston QE",
  unit: "ns/op",
  better: "lower",
  n: PATHS * STEPS,
  own: async () => {
    const { hitProbability } = await import("../../src/quant/risk/hit-probability.ts");
    return () =>
      hitProbability({
        model: "heston",
        method: "simulation",
        spot: 100,
        barrier: 80,
        years: 30 / 365,
        v0: 0.36,
        kappa: 4,
        theta: 0.36,
        volOfVol: 1.5,
        correlation: -0.5,
        paths: PATHS,
        steps: STEPS,
      }).probability;
  },
};
