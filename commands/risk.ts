import {
  READING,
  type AccountState,
  type Decimal,
  DeskError,
  type RiskReport,
  ZERO,
  abs,
  add,
  command,
  compare,
  div,
  fanChart,
  grouped,
  isZero,
  marginChart,
  percent,
  places,
  sign,
  stressChart,
  sub,
} from "../src/index.ts";

/** The position nearest to its liquidation price, as a share of the mark. */
function nearest(state: AccountState): string {
  const distances = state.positions
    .filter((one) => one.liquidationPrice !== null)
    .map((one) => div(abs(sub(one.markPrice, one.liquidationPrice ?? one.markPrice)), one.markPrice, 6, "half-even"))
    .sort(compare);
  return distances[0] === undefined ? "unknown" : percent(distances[0]);
}

const whole = (value: Decimal | undefined): string => (value === undefined ? "unknown" : grouped(value, 0));

/** Delta per asset over all positions, in coins. */
function deltas(state: AccountState): string {
  const byAsset = new Map<string, Decimal>();
  for (const one of state.positions) {
    const asset = one.symbol.split("/")[0] ?? one.symbol;
    byAsset.set(asset, add(byAsset.get(asset) ?? ZERO, one.delta));
  }
  return [...byAsset].map(([asset, delta]) => `${places(delta, 3, "half-even")} ${asset}`).join(", ") || "none";
}

const signed = (value: Decimal): string => (sign(value) > 0 ? `+${percent(value, 0)}` : percent(value, 0));

/** Stress, liquidation prices and a depeg of one account, a line each. */
function detailLines(risk: RiskReport): string[] {
  const { liquidation: at, stress, depeg } = risk;
  const still = Math.max(0, stress.volMoves.findIndex(isZero));
  const price = (value: Decimal | null): string => (value === null ? "at no price" : `at ${grouped(value, 2)}`);
  return [
    ...(at === null
      ? []
      : [
          `${at.asset} is at ${grouped(at.spot, 2)}; liquidation below ${price(at.below)}, above ${price(at.above)}, the rest standing still (volatility ${percent(at.sigma)} a year).`,
        ]),
    `Profit in USD if all coins move at once: ${stress.priceMoves
      .map((move, column) => `${signed(move)} ${whole(stress.profitUsd[still]?.[column])}`)
      .join(" · ")}; with volatility moving too, see the picture.`,
    ...(depeg === null ? [] : [`${depeg.asset} at 0.95 USD: ${whole(depeg.profitUsd)}`]),
  ];
}

export default command(
  {
    name: "risk",
    summary: "Shows margin, distance to liquidation and what a day may cost; with an account also its stress",
    args: [{ name: "account", summary: "only this account, with stress", required: false }],
    needs: READING,
    complete: { account: "accounts" },
    example: "/risk paper-a",
  },
  async ({ desk, args }) => {
    const wanted = args["account"];
    const states = wanted ? [{ state: await desk.account(wanted), ageMs: 0 }] : await desk.states();
    const frozen = new Map((await desk.freezes()).map((one) => [one.scope, one.state]));
    // Margin must be shown even where the books behind the finer figures do not answer.
    const risks = await desk.exposure.risk(wanted).catch((error: unknown) => {
      if (error instanceof DeskError) return [];
      throw error;
    });
    const rows = states.map(({ state, ageMs }) => {
      const risk = risks.find((one) => one.account === state.account);
      return [
        state.account,
        grouped(state.equityUsd, 0),
        state.marginRatio === null ? "unknown" : grouped(state.marginRatio, 2),
        nearest(state),
        risk?.liquidation ? percent(risk.liquidation.dayRatio, 2) : "unknown",
        whole(risk?.day?.var99Usd),
        whole(risk?.day?.shortfallUsd),
        deltas(state),
        frozen.get("firm") ?? frozen.get(`venue:${state.venue}`) ?? frozen.get(`account:${state.account}`) ?? "active",
        `${Math.round(ageMs / 1_000)} s ago`,
      ];
    });
    const [one] = wanted ? risks : [];
    const margin = marginChart(states.map(({ state }) => state));
    const fan = one ? fanChart(one) : null;
    const charts = one ? [stressChart(one), ...(fan ? [fan] : [])] : margin ? [margin] : [];
    return {
      ok: true,
      text: [
        states.length === 0
          ? "No account has reported yet."
          : "Margin ratio is maintenance margin / equity, the venue liquidates at 1.00. Liquidation within 24 h by Brownian motion at the implied volatility; a day's loss at 99 % by fat-tailed simulation of prices, volatilities standing still, and its mean beyond that.",
        ...risks.flatMap((risk) => risk.notes),
        ...(one ? detailLines(one) : []),
      ].join("\n"),
      table: {
        columns: [
          "account",
          "equity USD",
          "margin ratio",
          "to liquidation",
          "liquidated in 24 h",
          "99 % loss USD",
          "mean beyond USD",
          "delta",
          "trading",
          "as of",
        ],
        rows,
      },
      charts,
    };
  },
);
