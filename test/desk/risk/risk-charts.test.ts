import { describe, expect, test } from "vitest";
import { volatilityChart } from "../../../src/desk/risk/risk-charts.ts";
import type { VolatilityReport } from "../../../src/exposure/exposure.ts";
import type { Price, Ratio } from "../../../src/kernel/decimal.ts";

const report = (realised: string, implied: string): VolatilityReport => ({
  asset: "BTC",
  symbol: "BTC/USDT:USDT",
  venue: "paper",
  estimates: {
    barMs: 1_000,
    bars: 60,
    spanMs: 60_000,
    estimates: [{ name: "Parkinson", sigma: realised as Ratio, note: "from highs and lows" }],
  },
  smiles: [
    {
      expiryAt: new Date("2026-12-04T08:00:00Z"),
      days: "7" as Ratio,
      forward: "5000" as Price,
      atm: implied as Ratio,
      skew: null,
      strikes: [],
      curve: [],
    },
  ],
});
const drawn = (realised: string, implied: string) => {
  const chart = volatilityChart(report(realised, implied));
  return chart?.kind === "bars" ? { title: chart.title, labels: chart.bars.map(({ label }) => label) } : null;
};

describe("the chart of realised and implied volatility", () => {
  test("draws both side by side where they are of a size", () =>
    expect(drawn("1.2", "0.9")).toEqual({
      title: "BTC: implied 90.0 % at the money, realised 120.0 %",
      labels: ["Parkinson", "2026-12-04"],
    }));
  test("draws implied alone, and says both, where a minute's storm would hide it", () =>
    expect(drawn("150", "0.9")).toEqual({
      title: "BTC: implied 90.0 % at the money, realised 15,000.0 % over 1 min, beyond this axis",
      labels: ["2026-12-04"],
    }));
});
