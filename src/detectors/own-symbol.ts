import { detector } from "./detector.ts";
import { NOTHING, firing } from "./finding.ts";

const params = {
  learn: { default: 50, unit: "count", about: "Orders of the account seen before anything is said" },
  score: { default: 0.6, unit: "ratio", about: "Score of a first order in a new instrument" },
} as const;

/** An account trades an instrument it has never traded. */
export const ownSymbol = detector(
  {
    name: "own-symbol",
    title: "Orders in a new instrument",
    alert: "own.symbol",
    stream: ["order"],
    scope: "all",
    params,
    source: "own",
  },
  {
    init: () => ({ accounts: new Map<string, { known: Set<number>; count: number }>() }),
    step(state, event, p) {
      if (event.state !== "placed") return NOTHING;
      const one = state.accounts.get(event.account) ?? { known: new Set<number>(), count: 0 };
      state.accounts.set(event.account, one);
      one.count += 1;
      if (one.known.has(event.market.id)) return NOTHING;
      one.known.add(event.market.id);
      if (one.count <= p.learn) return NOTHING;
      const evidence = {
        account: event.account,
        order: event.id,
        instrumentsKnown: one.known.size - 1,
        ordersKnown: one.count - 1,
      };
      return [
        firing(event, p.score, `${event.account} trades ${event.market.instrument} for the first time`, evidence),
      ];
    },
  },
);
