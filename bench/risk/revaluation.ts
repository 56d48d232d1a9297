import type { OptionHolding } from "../../src/quant/risk/holdings.ts";
import type { Workload } from "../workload.ts";

const OPTIONS = 10_000;
const SCENARIOS = 100;

/** The same desk on every call: 10,000 options on two coins, and moves that shift price and volatility. */
async function desk(): Promise<{ holdings: OptionHolding[]; moves: { priceMove: number; volMove: number }[] }> {
  const { seededRandom } = await import("../../src/quant/random.ts");
  const random = seededRandom(10_000);
  const holdings = Array.from({ length: OPTIONS }, (_, index): OptionHolding => {
    const forwardUsd = index % 2 === 0 ? 60_000 : 3000;
    return {
      kind: "option",
      account: `account-${index % 5}`,
      asset: index % 2 === 0 ? "BTC" : "ETH",
      indexUsd: forwardUsd,
      settlement: "linear",
      right: random.uniform() < 0.5 ? "call" : "put",
      size: random.normal(),
      strikeUsd: forwardUsd * Math.exp(0.3 * random.normal()),
      forwardUsd,
      years: 0.01 + random.uniform(),
      sigma: 0.3 + 0.7 * random.uniform(),
    };
  });
  const moves = Array.from({ length: SCENARIOS }, (_, index) => ({
    priceMove: -0.5 + (index % 20) / 20,
    volMove: 0.05 * Math.floor(index / 20),
  }));
  return { holdings, moves };
}

/** A desk of 10,000 options revalued in full under 100 scenarios; the goal is 0.5 s for all of it, 500 ns an option. */
export const workload: Workload = {
  name: "full revaluation, 10,000 options × 100 scenarios",
  unit: "ns/op",
  better: "lower",
  n: OPTIONS * SCENARIOS,
  own: async () => {
    const { stressBook } = await import("../../src/quant/risk/stress.ts");
    const { holdings, moves } = await desk();
    const scenarios = moves.map((move, index) => ({ name: `${index}`, move }));
    return () => stressBook(holdings, scenarios).reduce((sum, { profitUsd }) => sum + profitUsd, 0);
  },
  peer: {
    name: "@quantlib/ql 0.3.6",
    load: async () => {
      const ql = await import("@quantlib/ql");
      const { holdings, moves } = await desk();
      const { Call, Put } = ql.Option.Type;
      const price = (one: OptionHolding, forward: number, sigma: number): number =>
        new ql.BlackCalculator()
          .init2(one.right === "call" ? Call : Put, one.strikeUsd, forward, sigma * Math.sqrt(one.years), 1)
          .value();
      return () => {
        const before = holdings.map((one) => price(one, one.forwardUsd, one.sigma));
        let sum = 0;
        for (const { priceMove, volMove } of moves) {
          for (const [index, one] of holdings.entries()) {
            const after = price(one, one.forwardUsd * (1 + priceMove), one.sigma + volMove);
            sum += one.size * (after - before[index]!);
          }
        }
        return sum;
      };
    },
  },
  rounds: 3,
};
