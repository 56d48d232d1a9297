import { READING, command, grouped, percent, smileChart, spanOf, volatilityChart } from "../src/index.ts";

export default command(
  {
    name: "vol",
    summary: "Shows realised volatility, implied volatility at the money and the smile of one asset",
    args: [{ name: "asset", summary: "such as BTC", required: true }],
    needs: READING,
    complete: { asset: "assets" },
    example: "/vol BTC",
  },
  async ({ desk, args }) => {
    const asset = (args["asset"] ?? "").toUpperCase();
    const found = await desk.exposure.volatility(asset);
    const { symbol, estimates, venue, smiles } = found;
    const charts = [volatilityChart(found), smileChart(asset, smiles)].filter((one) => one !== null);
    const realised = estimates.estimates.map((one) => [
      "realised",
      one.name,
      one.sigma === null ? "unknown" : percent(one.sigma),
      one.note,
    ]);
    const implied = smiles.flatMap((smile) => [
      [
        "implied",
        `${smile.expiryAt.toISOString().slice(0, 10)}, at the money`,
        percent(smile.atm),
        [
          `${grouped(smile.days, 1)} days, forward ${grouped(smile.forward, 2)}`,
          ...(smile.skew === null ? [] : [`90 % less 110 % strike: ${percent(smile.skew)}`]),
        ].join("; "),
      ],
      ...smile.strikes.map((one) => [
        "implied",
        `${smile.expiryAt.toISOString().slice(0, 10)} ${grouped(one.strike)} ${one.optionKind}`,
        percent(one.sigma),
        "",
      ]),
    ]);
    return {
      ok: true,
      text: [
        symbol === null
          ? `No mark of ${asset} was recorded yet.`
          : `Realised: ${estimates.bars} bars of ${spanOf(estimates.barMs)} over ${spanOf(estimates.spanMs)} of ${symbol}.`,
        venue === null
          ? `No account's venue lists options of ${asset}.`
          : `Implied: marks out of the money at ${venue}; at the money by a fit free of arbitrage.`,
      ].join(" "),
      table: { columns: ["kind", "of", "a year", "note"], rows: [...realised, ...implied] },
      charts,
    };
  },
);
