import { detector } from "./detector.ts";
import type { MarketEvent } from "./event.ts";
import { type Evidence, type Finding, NOTHING, firing, judged, resolved, scoreOf } from "./finding.ts";
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

interface State {
  /** Open interest by market's id. */
  readonly interest: Map<number, number>;
  /** By account, then by market's id. */
  readonly holdings: Map<string, Map<number, Holding>>;
  /** By account and coin, and by account and instrument. */
  readonly gates: Map<string, Gate>;
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
    init: (): State => ({ interest: new Map(), holdings: new Map(), gates: new Map() }),
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
      const several = held.size > 1 && leverage >= p.leastTimes ? scoreOf(share, p.shareRatio) : 0;
      const part = Math.abs(quantity) / (state.interest.get(market.id) ?? Number.POSITIVE_INFINITY);
      const ofCoin = Math.max(scoreOf(leverage, p.leverageTimes), several);
      const ofInstrument = scoreOf(part, p.interestRatio);
      const { base, instrument } = market;
      return [
        ...speak(state, judged(event, base), `${account}|${base}`, ofCoin, {
          over: `${base} in ${account} is no longer concentrated`,
          title: `${base} makes up ${(share * 100).toFixed(0)} % of ${account}, ${leverage.toFixed(1)} times its equity`,
          evidence: {
            account,
            coinNotionalUsd: coin,
            accountNotionalUsd: total,
            shareRatio: share,
            timesEquity: leverage,
          },
        }),
        ...speak(state, event, `${account}|${market.id}`, ofInstrument, {
          over: `${account} is no longer a large part of ${instrument}`,
          title: `${account} holds ${(part * 100).toFixed(0)} % of the open interest of ${instrument}`,
          evidence: {
            account,
            size: quantity,
            openInterest: state.interest.get(market.id) ?? 0,
            openInterestRatio: part,
          },
        }),
      ];
    },
  },
);

/** What is said of a coin or an instrument. */
interface Words {
  readonly over: string;
  readonly title: string;
  readonly evidence: Evidence & { readonly account: string };
}

function speak(state: State, event: MarketEvent, key: string, score: number, said: Words): readonly Finding[] {
  let gate = state.gates.get(key);
  if (gate === undefined) {
    // Of most positions there is nothing to say, ever.
    if (score < 0.5) return NOTHING;
    gate = createGate();
    state.gates.set(key, gate);
  }
  const verdict = pass(gate, score, event.at, { release: 0.9, holdMs: 0, quietMs: 0 });
  if (verdict === "silent") return NOTHING;
  const { account } = said.evidence;
  return verdict === "resolve"
    ? [resolved(event, said.over, { account })]
    : [firing(event, score, said.title, said.evidence)];
}
