import { decimal, less, percent, playbook, z } from "../src/index.ts";

/** Where the account is brought to: far enough from liquidation that the next leg of a storm does not undo it. */
const TARGET = decimal<"ratio">("0.45");
/** The account counts as safe under this, a little above the target because prices move while orders fill. */
const SAFE = decimal<"ratio">("0.60");
/** A plan that was overtaken, found no market or only part of its fills is made anew this often. */
const ROUNDS = ["first", "second", "third"] as const;

/** An account comes close to liquidation: resting orders are cancelled, then positions reduced by orders that people approved. */
export default playbook(
  {
    name: "margin-breach",
    version: 1,
    title: "Margin ratio critical: cancel resting orders, reduce with approval",
    on: { kind: "margin.ratio", severity: "critical" },
    input: z.object({ account: z.string().describe("Account id") }),
    needs: ["cancel", "reduce"],
  },
  async ({ input: { account }, step, account: read }) => {
    const resting = await step.plan("see which orders rest", { action: "cancel", account });
    if (resting) await step.apply("cancel resting orders", resting);
    for (const round of ROUNDS) {
      const plan = await step.plan(`plan the ${round} reduction`, {
        action: "reduce",
        account,
        toRatio: TARGET,
      });
      if (!plan) {
        const left = await step(`see why the ${round} plan is empty`, async () => {
          const state = await read(account);
          return state.positions.length === 0 ? "no position is left" : "nothing had to be reduced";
        });
        return step.close("close the incident", `${account}: ${left}`);
      }
      const answer = await step.approve(`ask for the ${round} reduction`, plan, {
        within: "5m",
        otherwise: "continue",
      });
      // What it would have closed is gone, liquidated or closed by hand: the next round looks at what is left.
      if (answer.outcome === "withdrawn") continue;
      if (answer.outcome === "timed-out") return "nobody decided in time; nothing was sent";
      if (answer.outcome === "refused")
        return `${answer.by} refused the reduction of ${account}; positions stay as they are`;
      const sent = await step.apply(`send the ${round} reduction`, plan);
      const after = await step(`check after the ${round} reduction`, async () => {
        const state = await read(account);
        const safe = state.marginRatio !== null && less(state.marginRatio, SAFE);
        return {
          safe,
          summary: `margin ratio ${state.marginRatio === null ? "unknown" : percent(state.marginRatio)}`,
        };
      });
      if (after.safe) {
        await step.safe("say that the account is safer", `${account} is safer: ${after.summary}`);
        return step.close("close the incident", `${account} is safer: ${after.summary}; ${sent.summary}`);
      }
      if (sent.unknown > 0) return `${account}: ${sent.summary}; look at the venue before anything else is sent`;
    }
    return `${account} is still in danger after three plans; act at the venue`;
  },
  async ({ input: { account }, step }) => {
    const resting = await step.plan("see what rests after the stop", { action: "cancel", account });
    if (resting) await step.apply("cancel what rests after the stop", resting);
    return `stopped by hand; resting orders of ${account} are cancelled, positions stay`;
  },
);
