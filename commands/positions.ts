import { command, grouped, percent, spanOf } from "../src/index.ts";

export default command(
  {
    name: "positions",
    summary: "Shows open positions",
    args: [{ name: "account", summary: "only this account", required: false }],
    needs: [],
    complete: { account: "accounts" },
    example: "/positions paper-a",
  },
  async ({ desk, args }) => {
    const wanted = args["account"];
    const states = wanted ? [{ state: await desk.account(wanted), ageMs: 0 }] : await desk.states();
    const rows = states.flatMap(({ state, ageMs }) =>
      state.positions.map((one) => [
        state.account,
        one.symbol,
        one.quantity,
        grouped(one.entryPrice),
        grouped(one.markPrice),
        grouped(one.notionalUsd, 0),
        grouped(one.unrealisedUsd, 0),
        one.liquidationPrice === null ? "unknown" : grouped(one.liquidationPrice),
        one.adlRankRatio === undefined ? "not told" : percent(one.adlRankRatio, 0),
        `${spanOf(ageMs)} ago`,
      ]),
    );
    return {
      ok: true,
      text:
        rows.length === 0
          ? "No open positions."
          : `${rows.length} open ${rows.length === 1 ? "position" : "positions"}`,
      table: {
        columns: [
          "account",
          "instrument",
          "contracts",
          "entry",
          "mark",
          "notional USD",
          "unrealised USD",
          "liquidation",
          "ADL rank",
          "as of",
        ],
        rows,
      },
    };
  },
);
