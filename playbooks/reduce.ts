import { type Ratio, playbook, z } from "../src/index.ts";

/** A person asked to reduce an account to a margin ratio, or to flatten it. */
export default playbook(
  {
    name: "reduce",
    version: 1,
    title: "Reduce an account's positions",
    input: z.object({
      account: z.string(),
      toRatio: z.string().describe("Margin ratio to reach; 0 closes everything that holds margin"),
    }),
    needs: ["cancel", "reduce"],
  },
  async ({ input: { account, toRatio }, step }) => {
    const resting = await step.plan("see which orders rest", { action: "cancel", account });
    if (resting) await step.apply("cancel resting orders", resting);
    const plan = await step.plan("plan the reduction", { action: "reduce", account, toRatio: toRatio as Ratio });
    if (!plan) return `${account} is there already; nothing was sent`;
    const answer = await step.approve("ask for the reduction", plan, { within: "5m", otherwise: "stop" });
    if (answer.outcome === "refused") return `${answer.by} refused the reduction; positions stay`;
    return `${account}: ${(await step.apply("send the reduction", plan)).summary}`;
  },
);
