import {
  type AccountState,
  type Decimal,
  ZERO,
  abs,
  add,
  command,
  compare,
  div,
  grouped,
  places,
  sub,
} from "../src/index.ts";

/** The position nearest to its liquidation price, as a share of the mark. */
function nearest(state: AccountState): string {
  const distances = state.positions
    .filter((one) => one.liquidationPrice !== null)
    .map((one) => div(abs(sub(one.markPrice, one.liquidationPrice ?? one.markPrice)), one.markPrice, 6, "half-even"))
    .sort(compare);
  const first = distances[0];
  return first === undefined ? "unknown" : `${grouped(div(first, "0.01" as Decimal, 2, "half-even"), 1)} %`;
}

/** Delta per asset over all positions, in coins. */
function deltas(state: AccountState): string {
  const byAsset = new Map<string, Decimal>();
  for (const one of state.positions) {
    const asset = one.symbol.split("/")[0] ?? one.symbol;
    byAsset.set(asset, add(byAsset.get(asset) ?? ZERO, one.delta));
  }
  return [...byAsset].map(([asset, delta]) => `${places(delta, 3, "half-even")} ${asset}`).join(", ") || "none";
}

export default command(
  {
    name: "risk",
    summary: "Shows margin, delta and distance to liquidation of each account",
    args: [{ name: "account", summary: "only this account", required: false }],
    needs: [],
    complete: { account: "accounts" },
    example: "/risk",
  },
  async ({ desk, args }) => {
    const wanted = args["account"];
    const states = wanted ? [{ state: await desk.account(wanted), ageMs: 0 }] : await desk.states();
    const frozen = new Map((await desk.freezes()).map((one) => [one.scope, one.state]));
    return {
      ok: true,
      text:
        states.length === 0
          ? "No account has reported yet."
          : `${states.length} ${states.length === 1 ? "account" : "accounts"}; margin ratio is maintenance margin / equity, the venue liquidates at 1.00`,
      table: {
        columns: [
          "account",
          "equity USD",
          "maintenance USD",
          "margin ratio",
          "to liquidation",
          "delta",
          "trading",
          "as of",
        ],
        rows: states.map(({ state, ageMs }) => [
          state.account,
          grouped(state.equityUsd, 0),
          grouped(state.maintenanceMarginUsd, 0),
          state.marginRatio === null ? "unknown" : grouped(state.marginRatio, 2),
          nearest(state),
          deltas(state),
          frozen.get("firm") ??
            frozen.get(`venue:${state.venue}`) ??
            frozen.get(`account:${state.account}`) ??
            "active",
          `${Math.round(ageMs / 1_000)} s ago`,
        ]),
      },
    };
  },
);
