import type { Workload } from "../workload.ts";
import { DAYS, returns } from "./_returns.ts";

/** A HAR-RV fit of 1,974 days. */
export const workload: Workload = {
  name: `HAR-RV fit of ${DAYS} days`,
  unit: "ns/op",
  better: "lower",
  n: 20,
  own: async () => {
    const { fitHar } = await import("../../src/quant/volatility/har.ts");
    const variances = (await returns()).map((value) => value * value);
    return () => {
      let sum = 0;
      for (let fit = 0; fit < 20; fit += 1) sum += fitHar(variances).daily;
      return sum;
    };
  },
};
