import { moneyOf } from "../kernel/dollar.ts";
import { fundingArbitrage, type PerpetualQuote } from "../quant/hedge/arbitrage.ts";
import { detector } from "./detector.ts";
import { NOTHING, judged } from "./finding.ts";
import { type Chance, createChance, tell } from "./opportunity.ts";
import { type Top, type Tops, keep, ofOneCoin, quoteOf, usable } from "./tops.ts";

const HOUR_MS = 3_600_000;

interface State {
  readonly tops: Tops;
  /** What longs pay for one hour, by market's id. */
  readonly hourly: (number | undefined)[];
  /** By money: a perpetual in bitcoin is no hedge of one in dollars. */
  readonly chances: Map<string, Chance & { judgedAt: number }>;
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
    init: (): State => ({ tops: [], hourly: [], chances: new Map() }),
    step(state, event, p) {
      const { market, receivedAt } = event;
      if (event.kind === "funding") {
        state.hourly[market.id] = (event.rate * HOUR_MS) / event.intervalMs;
        return NOTHING;
      }
      keep(state.tops, event);
      const money = moneyOf(market.quote);
      let chance = state.chances.get(money);
      if (chance === undefined) {
        chance = { ...createChance(), judgedAt: Number.NEGATIVE_INFINITY };
        state.chances.set(money, chance);
      }
      if (receivedAt - chance.judgedAt < p.everyMs) return NOTHING;
      chance.judgedAt = receivedAt;
      const alike = (top: Top | undefined): top is Top =>
        usable(top, receivedAt, p.freshMs) && moneyOf(top.market.quote) === money;
      const perpetuals: PerpetualQuote[] = [];
      for (const top of ofOneCoin(state.tops.filter(alike))) {
        const fundingRatio = state.hourly[top.market.id];
        if (fundingRatio !== undefined)
          perpetuals.push({ ...quoteOf(top, p.feeBps, p.planUsd), fundingRatio, intervalHours: 1 });
      }
      const [best] = perpetuals.length < 2 ? [] : fundingArbitrage(perpetuals, { holdingHours: p.holdHours });
      const name = money === "USD" ? market.base : `${market.base}/${money}`;
      return tell(chance, judged(event, name, "*"), best, p, `Funding arbitrage in ${name}`);
    },
  },
);
