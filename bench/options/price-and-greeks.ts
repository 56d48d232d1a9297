import type { Workload } from "../workload.ts";
import { chain, ROWS } from "./_chain.ts";

/** Times the chain is priced in one pass: long enough that compiling is no part of it. */
const TIMES = 10;

/** Price, delta, gamma, vega, theta and rho of a chain. */
export const workload: Workload = {
  name: "price and five Greeks",
  unit: "ns/op",
  better: "lower",
  n: TIMES * ROWS,
  own: async () => {
    const { black76Batch, greekColumns } = await import("../../src/quant/options/black76-batch.ts");
    const options = chain();
    const out = greekColumns(ROWS);
    return () => {
      for (let time = 0; time < TIMES; time += 1) black76Batch(out, options);
      return out.price[ROWS >> 1]!;
    };
  },
  peer: {
    name: "@quantlib/ql 0.3.6",
    load: async () => {
      const ql = await import("@quantlib/ql");
      const { kinds, forwards, strikes, years, sigmas } = chain();
      const { Call, Put } = ql.Option.Type;
      return () => {
        let sum = 0;
        for (let row = 0; row < TIMES * ROWS; row += 1) {
          const i = row % ROWS;
          const total = sigmas[i]! * Math.sqrt(years[i]!);
          const black = new ql.BlackCalculator().init2(kinds[i]! > 0 ? Call : Put, strikes[i]!, forwards[i]!, total, 1);
          sum += black.value() + black.deltaForward() + black.gammaForward();
          sum += black.vega(years[i]!) + black.theta(forwards[i]!, years[i]!) + black.rho(years[i]!);
        }
        return sum;
      };
    },
  },
};
