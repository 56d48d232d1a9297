import type { Workload } from "../workload.ts";
import { hardRows } from "./_hard.ts";

const rows = hardRows();

/**
 * Worst error of implied volatility over the whole plane, in attainable units: |error| / ((1 + condition) 2.2e-16).
 *
 * A row without an answer, or off by more than a half, counts as 1e16 units.
 */
export const workload: Workload = {
  name: "implied volatility, worst error on the hard grid",
  unit: "attainable units",
  better: "lower",
  n: rows.length,
  measuresItself: true,
  rounds: 1,
  own: async () => {
    const { impliedVolatility } = await import("../../src/quant/options/implied-volatility.ts");
    return () => Math.max(...rows.map((row) => units(row.sigma, row.condition, () => impliedVolatility(row))));
  },
  peer: {
    name: "@quantlib/ql 0.3.6",
    load: async () => {
      const ql = await import("@quantlib/ql");
      const { Call, Put } = ql.Option.Type;
      return () => {
        const found = rows.map((row) =>
          units(row.sigma, row.condition, () => {
            const kind = row.kind === "call" ? Call : Put;
            const total = ql.blackFormulaImpliedStdDev1(
              kind,
              row.strike,
              row.forward,
              row.price,
              1,
              0,
              undefined,
              1e-12,
              100,
            );
            return total / Math.sqrt(row.years);
          }),
        );
        return Math.max(...found);
      };
    },
  },
};

function units(expected: number, condition: number, solve: () => number): number {
  let found: number;
  try {
    found = solve();
  } catch {
    return 1e16; // No answer is the worst one.
  }
  const error = Math.abs(found / expected - 1);
  return error <= 0.5 ? error / ((1 + condition) * Number.EPSILON) : 1e16;
}
