import { DeskError, command } from "../src/index.ts";

export default command(
  {
    name: "settle",
    summary: "Says what became of an order that its venue does not tell of; others confirm it",
    args: [
      { name: "order", summary: "its id, from /orders", required: true },
      { name: "outcome", summary: "what became of it", required: true, choices: ["not-sent", "filled"] },
      { name: "reason", summary: "what you saw at the venue, in ten letters or more", required: true, ask: true },
      { name: "quantity", summary: "contracts filled; all where left out", required: false },
      { name: "price", summary: "average price of the fills", required: false },
    ],
    needs: ["trader", "risk", "operator"],
    complete: { order: "open orders" },
    example: '/settle bwabcdefghijklmnopqrstuvwxyz not-sent "no order and no fill on Deribit\'s own page"',
  },
  async ({ desk, person, args }) => {
    const open = await desk.openOrders();
    const id = args["order"] ?? "";
    const order = open.find((one) => one.clientOrderId === id);
    if (order === undefined)
      throw new DeskError(
        "NOTHING_TO_DO",
        open.length === 0
          ? "every order that was sent has a known end"
          : `${id.slice(0, 60)} is no order without a known end; those are ${open.map((one) => one.clientOrderId).join(", ")}`,
      );
    const { outcome = "", reason = "", quantity, price } = args;
    const { incident } = await desk.start(person, "settle-order", {
      title: `${person.name} says that order ${id} was ${outcome === "filled" ? "filled" : "not sent"}`,
      severity: "medium",
      input: {
        order: id,
        outcome,
        reason,
        ...(quantity === undefined ? {} : { quantity }),
        ...(price === undefined ? {} : { price }),
      },
      labels: { account: order.account, instrument: order.symbol },
    });
    return {
      ok: true,
      text: `${incident} opened: the venue is asked once more, and another person confirms it on the card. Until then it counts as filled.`,
      incident,
    };
  },
);
