import type { HedgeInstrument } from "../../src/quant/hedge/instruments.ts";
import type { Workload } from "../workload.ts";

const INDEX = 60_000;
const ALL = ["deltaUsd", "gammaUsdPerPercent", "vegaUsdPerPoint"] as const;

function perpetual(venue: string, feeBps: number, holdingUsdPerDay: number): HedgeInstrument {
  return {
    symbol: "BTC-PERPETUAL",
    venue,
    kind: "future",
    coinsPerUnit: 1,
    greeks: { deltaUsd: INDEX, gammaUsdPerPercent: 0, vegaUsdPerPoint: 0 },
    bids: [0, 10, 20, 30].map((away) => ({ priceUsd: INDEX - 3 - away, quantity: 5 })),
    asks: [0, 10, 20, 30].map((away) => ({ priceUsd: INDEX + 3 + away, quantity: 5 })),
    lot: 0.001,
    feeBps,
    holdingUsdPerDay,
  };
}

/** Two perpetuals and 48 options of four expiries on two venues, each with two levels a side and whole lots. */
async function instruments(): Promise<HedgeInstrument[]> {
  const { exposureOf } = await import("../../src/quant/risk/holdings.ts");
  const { black76 } = await import("../../src/quant/options/black76.ts");
  const options = ["deribit", "okx"].flatMap((venue) =>
    [7, 30, 60, 90].flatMap((days) =>
      [0.85, 0.9, 0.95, 1, 1.05, 1.1].map((ratio): HedgeInstrument => {
        const [years, sigma, strike] = [days / 365, 0.6 + 0.3 * (ratio - 1) ** 2, INDEX * ratio];
        const kind = ratio < 1 ? "put" : "call";
        const price = black76({ kind, forward: INDEX, strike, years, sigma }).price;
        const half = Math.max(15, 0.02 * price);
        const owned = { account: "desk", asset: "BTC", indexUsd: INDEX } as const;
        const { deltaUsd, gammaUsdPerPercent, vegaUsdPerPoint } = exposureOf({
          ...owned,
          kind: "option",
          settlement: "inverse",
          right: kind,
          size: 1,
          strikeUsd: strike,
          forwardUsd: INDEX,
          years,
          sigma,
        });
        return {
          symbol: `BTC-${days}D-${strike}-${kind}`,
          venue,
          kind: "option",
          coinsPerUnit: 1,
          greeks: { deltaUsd, gammaUsdPerPercent, vegaUsdPerPoint },
          bids: [1, 2].map((times) => ({ priceUsd: Math.max(1 / times, price - times * half), quantity: 8 })),
          asks: [1, 2].map((times) => ({ priceUsd: price + times * half, quantity: 8 })),
          lot: 0.1,
          feeBps: 0,
          feeUsdPerUnit: Math.min(18, 0.125 * price),
        };
      }),
    ),
  );
  return [perpetual("deribit", 5, 6), perpetual("binance", 4, -10), ...options];
}

/** A delta–gamma–vega hedge out of 50 instruments, the solver loaded; the goal is 100 ms. */
export const workload: Workload = {
  name: "hedge programme of 50 instruments",
  unit: "ns/op",
  better: "lower",
  n: 10,
  own: async () => {
    const { loadProgramSolver } = await import("../../src/quant/hedge/integer-program.ts");
    const { minimumCostHedge } = await import("../../src/quant/hedge/minimum-cost.ts");
    const solver = await loadProgramSolver();
    const offered = await instruments();
    return () => {
      let sum = 0;
      for (let book = 0; book < 10; book += 1) {
        sum += minimumCostHedge(
          {
            book: { deltaUsd: 744_000 - 100_000 * book, gammaUsdPerPercent: -30_000, vegaUsdPerPoint: -3200 },
            instruments: offered,
            hedge: ALL,
            band: { deltaUsd: 3000, gammaUsdPerPercent: 1000, vegaUsdPerPoint: 100 },
            horizonDays: 3,
          },
          solver,
        ).costUsd;
      }
      return sum;
    };
  },
};
