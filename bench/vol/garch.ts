import type { Workload } from "../workload.ts";
import { DAYS, returns } from "./_returns.ts";

const FITS = 20;

/** A GARCH(1,1) fit of 1,974 days with three kinds of standard errors; the goal is 10 ms. No peer on npm fits one with errors. */
export const workload: Workload = {
  name: `GARCH(1,1) fit of ${DAYS} days`,
  unit: "ns/op",
  better: "lower",
  n: FITS,
  own: async () => {
    const { fitGarch11 } = await import("../../src/quant/volatility/garch.ts");
    const series = await returns();
    return () => {
      let sum = 0;
      for (let fit = 0; fit < FITS; fit += 1) sum += fitGarch11(series).alpha;
      return sum;
    };
  },
};
