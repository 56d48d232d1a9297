import { type Ratio, playbook, z } from "../src/index.ts";

/** A hedge that filled in part leaves a rest; it is planned anew this often. */
const ROUNDS = ["first", "second"] as const;

/** Delta of an account left its band: it is brought back at least cost, with vega where options allow it. */
export default playbook(
  {
    name: "delta-drift",
    version: 1,
    title: "Delta out of its band: hedge it back, with approval",
    on: { kind: "delta.drift" },
    input: z.object({
      account: z.string().describe("Account id"),
      asset: z.string().describe("Coin, such as BTC"),
      share: z.string().default("1").describe("0..1 of the exposure to take off"),
    }),
    needs: ["hedge"],
  },
  async ({ input: { account, asset, share }, step }) => {
    for (const round of ROUNDS) {
      // A second round takes what the first one's fills left of the same share; only for a whole hedge that is zero.
      if (round === "second" && share !== "1") break;
      const plan = await step.plan(`plan the ${round} hedge`, {
        action: "hedge",
        account,
        asset,
        share: share as Ratio,
      });
      if (!plan) return step.close("close the incident", `${account}'s ${asset} delta is within a lot of its target`);
      const answer = await step.approve(`ask for the ${round} hedge`, plan, { within: "15m", otherwise: "stop" });
      if (answer.outcome === "refused") return `${answer.by} refused the hedge; ${account}'s ${asset} delta stays`;
      const sent = await step.apply(`send the ${round} hedge`, plan);
      if (sent.unknown > 0) return `${account}: ${sent.summary}; look at the venue before anything else is sent`;
      if (sent.outcome === "done") return step.close("close the hedged incident", `${account}: ${sent.summary}`);
    }
    return `${account}'s ${asset} hedge is not complete; /hedge ${asset} ${account} --why says what is left`;
  },
);
