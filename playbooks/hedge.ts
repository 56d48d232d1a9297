import { type Ratio, playbook, z } from "../src/index.ts";

/** A person asked to bring an account's delta and vega in one asset down; the exact orders are approved by someone else. */
export default playbook(
  {
    name: "hedge",
    version: 1,
    title: "Hedge an account's exposure to one asset",
    input: z.object({ account: z.string(), asset: z.string(), share: z.string().describe("0..1 of the exposure") }),
    needs: ["hedge"],
  },
  async ({ input: { account, asset, share }, step }) => {
    const plan = await step.plan("plan the hedge", { action: "hedge", account, asset, share: share as Ratio });
    if (!plan) return `${account} has nothing of ${asset} worth an order`;
    const answer = await step.approve("ask for the hedge", plan, { within: "15m", otherwise: "stop" });
    if (answer.outcome === "refused") return `${answer.by} refused the hedge; nothing was sent`;
    const sent = await step.apply("send the hedge", plan);
    return `${asset} hedge of ${account}: ${sent.summary}`;
  },
);
