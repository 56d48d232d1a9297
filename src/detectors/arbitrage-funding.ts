import { fundingArbitrage, type PerpetualQuote } from "../quant/hedge/arbitrage.ts";
import { detector } from "./detector.ts";
import { NOTHING, judged } from "./finding.ts";
import { type Chance, createChance, tell } from "./opportunity.ts";
import { type Tops, keep, quoteOf, usable } from "./tops.ts";

const HOUR_MS = 3_600_000;

interface State {
  readonly tops: Tops;
  /** What longs pay for one hour, by market's id. */
  readonly hourly: (number | undefined)[];
  readonly chance: Chance;
  judgedAt: number;
}

const params = {
  holdHours: { default: 72, unit: "hour", about: "How long the pair is held at the present funding" },
  feeBps: { default: 5, unit: "bps", about: "Taker's fee of each order; a pair takes four" },
  edgeBps: { default: 10, unit: "bps", about: "What must be left after spreads and fees" },
  openMs: {
    default: 60_000,
    unit: "ms",
    about: "How long it must stay open: a rate seen for a moment is not yet paid",
  },
  everyMs: { default: 1000, unit: "ms", about: "How often a coin is judged" },
  freshMs: { default: 5000, unit: "ms", about: "Older quotes are left out" },
  planUsd: { default: 10_000, unit: "usd", about: "Most that a leg of the plan shown may be worth" },
} as const;

/** Two perpetuals of one coin fund so differently that holding one against the other earns its costs and more. */
export const arbitrageFunding = detector(
  {
    name: "arbitrage-funding",
    title: "Funding pays for a hedged pair",
    alert: "arbitrage.funding",
    stream: ["quote", "funding"],
    scope: "asset",
    concerns: ({ type }) => type === "perpetual",
    params,
    source: "own; carry between perpetuals net of spreads and taker fees",
  },
  {
    init: (): State => ({ tops: [], hourly: [], chance: createChance(), judgedAt: Number.NEGATIVE_INFINITY }),
    step(state, event, p) {
      const { market, receivedAt } = event;
      if (event.kind === "funding") {
        state.hourly[market.id] = (event.rate * HOUR_MS) / event.intervalMs;
        return NOTHING;
      }
      keep(state.tops, event);
      if (receivedAt - state.judgedAt < p.everyMs) return NOTHING;
      state.judgedAt = receivedAt;
      const perpetuals: PerpetualQuote[] = [];
      for (const top of state.tops) {
        if (!usable(top, receivedAt, p.freshMs)) continue;
        const fundingRatio = state.hourly[top.market.id];
        if (fundingRatio !== undefined)
          perpetuals.push({ ...quoteOf(top, p.feeBps, p.planUsd), fundingRatio, intervalHours: 1 });
      }
      const [best] = perpetuals.length < 2 ? [] : fundingArbitrage(perpetuals, { holdingHours: p.holdHours });
      return tell(state.chance, judged(event, market.base, "*"), best, p, `Funding arbitrage in ${market.base}`);
    },
  },
);
