import { playbook, z } from "../src/index.ts";

/** People say what became of an order that its venue does not tell of: it frees limits, so never one person alone. */
export default playbook(
  {
    name: "settle-order",
    version: 1,
    title: "Say what became of an order that nobody finds",
    input: z.object({
      order: z.string().describe("Its client order id"),
      outcome: z.enum(["not-sent", "filled"]),
      reason: z.string().describe("What you saw at the venue"),
      quantity: z.string().optional().describe("Contracts that were filled; all where left out"),
      price: z.string().optional().describe("Average price of the fills"),
    }),
    needs: ["settle"],
  },
  async ({ input, step }) => {
    const { order, outcome, reason, quantity, price } = input;
    const plan = await step.plan("look for it once more", {
      action: "settle",
      order,
      outcome,
      reason,
      ...(quantity === undefined ? {} : { quantity }),
      ...(price === undefined ? {} : { price }),
    });
    if (!plan) return `${order} needs no settling`;
    const answer = await step.approve("ask others to confirm it", plan, { within: "1h", otherwise: "stop" });
    if (answer.outcome === "refused") return `${answer.by} refused; ${order} stays as it was`;
    const done = await step.apply("write it down", plan);
    if (done.outcome === "refused") return `${order} stays as it was: ${done.summary}`;
    return step.close("close the request", done.summary);
  },
);
