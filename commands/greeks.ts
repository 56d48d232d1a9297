import { READING, command, deltaChart, grouped } from "../src/index.ts";

export default command(
  {
    name: "greeks",
    summary: "Shows delta, gamma, vega and theta per account, coin and desk",
    args: [{ name: "account", summary: "only this account", required: false }],
    needs: READING,
    complete: { account: "accounts" },
    example: "/greeks paper-a",
  },
  async ({ desk, args }) => {
    const report = await desk.exposure.greeks(args["account"]);
    const { lines, notes } = report;
    const chart = deltaChart(report);
    return {
      ok: true,
      text: [
        lines.length === 0
          ? "No account holds anything that moves."
          : "Gamma is USD of delta per 1 % of the price, vega USD per volatility point, theta USD per day; volatilities are the venue's marks.",
        ...notes,
      ].join("\n"),
      table: {
        columns: [
          "account",
          "coin",
          "delta",
          "delta USD",
          "gamma USD / %",
          "vega USD / pt",
          "vega / pt",
          "theta USD / d",
          "vanna USD / pt",
          "volga USD / pt",
        ],
        rows: lines.map((one) => [
          one.account ?? "desk",
          one.asset ?? "all",
          one.deltaCoin === null ? "" : grouped(one.deltaCoin, 4),
          grouped(one.deltaUsd, 0),
          grouped(one.gammaUsdPerPercent, 0),
          grouped(one.vegaUsdPerPoint, 2),
          one.vegaCoinPerPoint === null ? "" : grouped(one.vegaCoinPerPoint, 6),
          grouped(one.thetaUsdPerDay, 2),
          grouped(one.vannaUsdPerPoint, 2),
          grouped(one.volgaUsdPerPoint, 2),
        ]),
      },
      charts: chart ? [chart] : [],
    };
  },
);
