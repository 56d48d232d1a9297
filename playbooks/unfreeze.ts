import { playbook, z } from "../src/index.ts";

/** Trading in a scope is let go on: harder than freezing, and never by one person alone. */
export default playbook(
  {
    name: "unfreeze",
    version: 1,
    title: "Let a frozen scope trade again",
    input: z.object({ scope: z.string().describe("firm, venue:<name> or account:<id>") }),
    needs: ["unfreeze"],
  },
  async ({ input: { scope }, step }) => {
    const plan = await step.plan("plan the unfreeze", { action: "unfreeze", scope });
    if (!plan) return `${scope} is not frozen`;
    const answer = await step.approve("ask for the unfreeze", plan, { within: "1h", otherwise: "stop" });
    if (answer.outcome === "refused") return `${answer.by} refused; ${scope} stays frozen`;
    const done = await step.apply("lift the freeze", plan);
    return done.outcome === "refused" ? `${scope} stays frozen: ${done.summary}` : `${scope} trades again`;
  },
);
