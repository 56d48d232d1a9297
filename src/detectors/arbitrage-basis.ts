import { basisArbitrage } from "../quant/hedge/arbitrage.ts";
import { detector } from "./detector.ts";
import { NOTHING, judged } from "./finding.ts";
import { type Chance, createChance, tell } from "./opportunity.ts";
import { yearsTo } from "./smiles.ts";
import { type Top, type Tops, keep, ofOneCoin, quoteOf, usable } from "./tops.ts";

interface State {
  readonly tops: Tops;
  /** By quote currency: a dated future in dollars is no arbitrage against spot in a stablecoin. */
  readonly chances: Map<string, Chance & { judgedAt: number }>;
}

const params = {
  financeRatio: { default: 0.1, unit: "ratio", about: "What the cash that buys the coins costs a year" },
  feeBps: { default: 5, unit: "bps", about: "Taker's fee of the future" },
  spotFeeBps: { default: 10, unit: "bps", about: "Taker's fee of spot, paid in and out" },
  edgeBps: { default: 20, unit: "bps", about: "What must be left after fees and financing" },
  openMs: { default: 5000, unit: "ms", about: "How long it must stay open" },
  everyMs: { default: 1000, unit: "ms", about: "How often a coin is judged" },
  freshMs: { default: 5000, unit: "ms", about: "Older quotes are left out" },
  planUsd: { default: 10_000, unit: "usd", about: "Most that a leg of the plan shown may be worth" },
} as const;

/** A dated future stands so far above spot that carrying coins to its delivery earns its costs and more. */
export const arbitrageBasis = detector(
  {
    name: "arbitrage-basis",
    title: "A future's basis pays for carrying the coin",
    alert: "arbitrage.basis",
    stream: ["quote"],
    scope: "asset",
    concerns: ({ type }) => type === "spot" || type === "future",
    params,
    source: "cash and carry net of fees and financing; the reverse needs borrowed coins and is not told",
  },
  {
    init: (): State => ({ tops: [], chances: new Map() }),
    step(state, event, p) {
      const { market, receivedAt } = event;
      keep(state.tops, event);
      let chance = state.chances.get(market.quote);
      if (chance === undefined) {
        chance = { ...createChance(), judgedAt: Number.NEGATIVE_INFINITY };
        state.chances.set(market.quote, chance);
      }
      if (receivedAt - chance.judgedAt < p.everyMs) return NOTHING;
      chance.judgedAt = receivedAt;
      const alike = (top: Top | undefined): top is Top =>
        usable(top, receivedAt, p.freshMs) && top.market.quote === market.quote;
      const tops = ofOneCoin(state.tops.filter(alike));
      const futures = tops.filter((top) => top.market.expiresAt > event.at);
      const spots = tops.filter((top) => top.market.type === "spot");
      if (futures.length === 0 || spots.length === 0) return NOTHING;
      const [best] = basisArbitrage(
        spots.map((top) => quoteOf(top, p.spotFeeBps, p.planUsd)),
        futures.map((top) => ({
          ...quoteOf(top, p.feeBps, p.planUsd),
          years: yearsTo(top.market.expiresAt, event.at),
          deliveryFeeBps: p.feeBps,
        })),
        { financeRate: p.financeRatio },
      );
      const pair = `${market.base}/${market.quote}`;
      return tell(chance, judged(event, pair, "*"), best, p, `Cash and carry in ${pair}`);
    },
  },
);
