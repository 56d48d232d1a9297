import { READING, DeskError, command, grouped, percent, spanOf } from "../src/index.ts";

/** Whose question about one account asks its venue; who may only look reads what the console shows. */
const ASKING: readonly string[] = ["trader", "risk", "operator", "compliance"];

export default command(
  {
    name: "positions",
    summary: "Shows open positions",
    args: [{ name: "account", summary: "only this account", required: false }],
    needs: READING,
    complete: { account: "accounts" },
    example: "/positions paper-a",
  },
  async ({ desk, person, args }) => {
    const wanted = args["account"];
    if (wanted && !desk.accounts.includes(wanted))
      throw new DeskError("INPUT_INVALID", `there is no account ${wanted}; the desk has ${desk.accounts.join(", ")}`);
    const asks = person.roles.some((role) => ASKING.includes(role));
    const states =
      wanted && asks
        ? [{ state: await desk.account(wanted), ageMs: 0 }]
        : (await desk.states()).filter(({ state }) => !wanted || state.account === wanted);
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
