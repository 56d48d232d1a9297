import { READING, command, grouped } from "../src/index.ts";

export default command(
  {
    name: "orders",
    summary: "Shows the desk's newest orders and what became of them",
    args: [{ name: "account", summary: "only this account", required: false }],
    needs: READING,
    complete: { account: "accounts" },
    example: "/orders",
  },
  async ({ desk, args }) => {
    const rows = (await desk.orders(30)).filter(
      (one) => args["account"] === undefined || one.account === args["account"],
    );
    return {
      ok: true,
      text: rows.length === 0 ? "No orders were sent yet." : `The newest ${rows.length} orders`,
      table: {
        columns: [
          "time UTC",
          "account",
          "instrument",
          "side",
          "contracts",
          "limit",
          "state",
          "filled",
          "average",
          "id",
        ],
        rows: rows.map((one) => [
          one.intendedAt.toISOString().slice(11, 19),
          one.account,
          one.symbol,
          one.side,
          one.quantity,
          one.limitPrice,
          one.state,
          one.filledQuantity,
          one.averagePrice === null ? "none" : grouped(one.averagePrice as never, 2),
          one.clientOrderId,
        ]),
      },
    };
  },
);
