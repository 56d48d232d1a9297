import { exact, exactBlack, seeded } from "../../test/quant/options/exact.ts";

/** One quote of the hard grid: its price is exact to the last bit of a double. */
export interface HardRow {
  readonly kind: "call" | "put";
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly sigma: number;
  readonly price: number;
  /** price / (sigma · vega). */
  readonly condition: number;
}

const MONEYNESS = [0, 1e-8, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16];
const TOTALS = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.08, 0.15, 0.3, 0.5, 0.7, 1, 1.5, 2.2, 3, 4, 6, 8, 10];

/** |ln F/K| from 0 to 16 and sigma √years from 1e-5 to 10, a minute to 30 years, priced with 60 digits. */
export function hardRows(): HardRow[] {
  const random = seeded(404);
  const rows: HardRow[] = [];
  for (const moneyness of MONEYNESS) {
    for (const total of TOTALS) {
      for (const sign of [1, -1]) {
        for (const kind of ["call", "put"] as const) {
          const years = Math.exp(Math.log(1 / 525_600) + random() * Math.log(30 * 525_600));
          const forward = 60_000 * (0.5 + random());
          const strike = exact(forward)
            .times(exact(sign * moneyness).exp())
            .toNumber();
          const sigma = total / Math.sqrt(years);
          if ((moneyness / total) ** 2 / 2 > 680) continue;
          const { price, condition } = exactBlack(kind, forward, strike, years, sigma);
          const rounded = price.toNumber();
          const maximum = kind === "call" ? forward : strike;
          if (rounded > 1e-290 && rounded < maximum && condition < 1e12)
            rows.push({ kind, forward, strike, years, sigma, price: rounded, condition });
        }
      }
    }
  }
  return rows;
}
