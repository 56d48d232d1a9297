import { type Ratio, isZero, playbook, z } from "../src/index.ts";

/** Volatility changed its level: every account that holds the coin gets its delta, short gamma and vega hedged, each plan with its own consent. */
export default playbook(
  {
    name: "vol-spike",
    version: 1,
    title: "Volatility changed its level: hedge delta, short gamma and vega, with approval",
    on: { kind: "market.volatility", severity: "high" },
    input: z.object({
      instrument: z.string().describe("The market that moved, such as BTC/USDT:USDT, or the coin alone"),
      account: z.string().optional().describe("Only this account; all that hold the coin where left out"),
    }),
    needs: ["hedge"],
  },
  async ({ input: { instrument, account: only }, step, account: read, accounts }) => {
    const asset = (instrument.split(/[/-]/)[0] ?? instrument).toUpperCase();
    const holders = await step("see who holds the coin", async () => {
      const held: string[] = [];
      for (const id of only === undefined ? accounts : [only]) {
        const { positions } = await read(id);
        if (positions.some((one) => one.symbol.startsWith(`${asset}/`) && !isZero(one.delta))) held.push(id);
      }
      return held;
    });
    if (holders.length === 0) return `no account holds ${asset}; nothing was done`;
    const ends: string[] = [];
    for (const account of holders) {
      const plan = await step.plan(`plan the hedge of ${account}`, {
        action: "hedge",
        account,
        asset,
        share: "1" as Ratio,
      });
      if (!plan) {
        ends.push(`${account} is hedged already`);
        continue;
      }
      // One person's silence over one account must not keep the next account waiting for long.
      const answer = await step.approve(`ask for the hedge of ${account}`, plan, {
        within: "10m",
        otherwise: "continue",
      });
      if (answer.outcome === "refused") ends.push(`${answer.by} refused the hedge of ${account}`);
      else if (answer.outcome === "timed-out") ends.push(`nobody decided on the hedge of ${account}`);
      else if (answer.outcome === "withdrawn") ends.push(`the hedge of ${account} was withdrawn: ${answer.why}`);
      else ends.push(`${account}: ${(await step.apply(`send the hedge of ${account}`, plan)).summary}`);
    }
    return ends.join("; ");
  },
);
