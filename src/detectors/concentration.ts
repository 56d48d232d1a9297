import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass, type Gate } from "./gate.ts";

const params = {
  leverageTimes: { default: 3, unit: "times", about: "One coin's positions over the equity of the account" },
  shareRatio: { default: 0.6, unit: "ratio", about: "One coin's part of all positions" },
  leastTimes: { default: 1, unit: "times", about: "Positions below this many times the equity are never concentrated" },
  interestRatio: { default: 0.05, unit: "ratio", about: "Our part of an instrument's open interest" },
} as const;

interface Holding {
  readonly base: string;
  readonly usd: number;
}

/** One coin or one instrument is too large a part of what we hold, or we are too large a part of it. */
export const concentration = detector(
  {
    name: "concentration",
    title: "Positions are concentrated",
    alert: "position.concentration",
    stream: ["position", "ticker"],
    scope: "all",
    params,
    source: "own; large-position rules of the venues (Basel: large exposures)",
  },
  {
    init: () => ({
      interest: new Map<number, number>(),
      holdings: new Map<string, Map<number, Holding>>(),
      gates: new Map<string, Gate>(),
    }),
    step(state, event, p) {
      const { market } = event;
      if (event.kind === "ticker") {
        if (event.openInterest > 0) state.interest.set(market.id, event.openInterest);
        return NOTHING;
      }
      const { account, equityUsd, notionalUsd, quantity } = event;
      const held = state.holdings.get(account) ?? new Map<number, Holding>();
      state.holdings.set(account, held);
      // What was closed is no second position beside which the other one could be a large part.
      if (quantity === 0) held.delete(market.id);
      else held.set(market.id, { base: market.base, usd: Math.abs(notionalUsd) });
      let total = 0;
      let coin = 0;
      for (const { base, usd } of held.values()) {
        total += usd;
        if (base === market.base) coin += usd;
      }
      const share = total > 0 ? coin / total : 0;
      const leverage = equityUsd > 0 ? coin / equityUsd : 0;
      const part = Math.abs(quantity) / (state.interest.get(market.id) ?? Number.POSITIVE_INFINITY);
      const several = held.size > 1 && leverage >= p.leastTimes ? scoreOf(share, p.shareRatio) : 0;
      const score = Math.max(scoreOf(leverage, p.leverageTimes), several, scoreOf(part, p.interestRatio));
      const key = `${account}|${market.base}`;
      const gate = state.gates.get(key) ?? createGate();
      state.gates.set(key, gate);
      const verdict = pass(gate, score, event.at, { release: 0.9, holdMs: 0, quietMs: 0 });
      if (verdict === "silent") return NOTHING;
      if (verdict === "resolve")
        return [resolved(event, `${market.base} in ${account} is no longer concentrated`, { account })];
      const evidence = {
        account,
        coinNotionalUsd: coin,
        accountNotionalUsd: total,
        shareRatio: share,
        timesEquity: leverage,
        openInterestRatio: part,
      };
      return [
        firing(
          event,
          score,
          `${market.base} makes up ${(share * 100).toFixed(0)} % of ${account}, ${leverage.toFixed(1)} times its equity`,
          evidence,
        ),
      ];
    },
  },
);
