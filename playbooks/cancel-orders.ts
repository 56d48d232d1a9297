import { playbook, z } from "../src/index.ts";

/** A person asked to cancel what rests on an account. */
export default playbook(
  {
    name: "cancel-orders",
    version: 1,
    title: "Cancel an account's resting orders",
    input: z.object({ account: z.string(), symbols: z.array(z.string()).optional().describe("Only these symbols") }),
    needs: ["cancel"],
  },
  async ({ input: { account, symbols }, step }) => {
    const plan = await step.plan("see what rests", { action: "cancel", account, ...(symbols ? { symbols } : {}) });
    if (!plan) return `nothing rests on ${account}`;
    const answer = await step.approve("ask where the policy wants it", plan, { within: "5m", otherwise: "stop" });
    if (answer.outcome === "refused") return `${answer.by} refused; the orders rest on`;
    return `${account}: ${(await step.apply("cancel them", plan)).summary}`;
  },
);
