import type { Workload } from "../workload.ts";
import { chain, prices, ROWS } from "./_chain.ts";

/** Times the chain is solved in one pass: long enough that compiling is no part of it. */
const TIMES = 3;

/** Implied volatilities of a chain; the peer by its default method at the accuracy 1e-12. */
export const workload: Workload = {
  name: "implied volatility",
  unit: "ns/op",
  better: "lower",
  n: TIMES * ROWS,
  own: async () => {
    const { impliedVolatilities } = await import("../../src/quant/options/implied-volatilities.ts");
    const options = chain();
    const quotes = { ...options, prices: await prices(options) };
    const out = new Float64Array(ROWS);
    const faults = new Uint8Array(ROWS);
    return () => {
      let failed = 0;
      for (let time = 0; time < TIMES; time += 1) failed += impliedVolatilities(out, quotes, faults);
      return failed + out[ROWS >> 1]!;
    };
  },
  peer: {
    name: "@quantlib/ql 0.3.6",
    load: async () => {
      const ql = await import("@quantlib/ql");
      const { kinds, forwards, strikes, years } = chain();
      const quotes = await prices(chain());
      const { Call, Put } = ql.Option.Type;
      return () => {
        let sum = 0;
        for (let row = 0; row < TIMES * ROWS; row += 1) {
          const i = row % ROWS;
          const kind = kinds[i]! > 0 ? Call : Put;
          try {
            const total = ql.blackFormulaImpliedStdDev1(
              kind,
              strikes[i]!,
              forwards[i]!,
              quotes[i]!,
              1,
              0,
              undefined,
              1e-12,
              100,
            );
            sum += total / Math.sqrt(years[i]!);
          } catch {
            sum += 1; // A row the peer cannot solve counts as done.
          }
        }
        return sum;
      };
    },
  },
};
