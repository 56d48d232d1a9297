import { parityArbitrage } from "../quant/hedge/arbitrage-loops.ts";
import type { Opportunity, Quote } from "../quant/hedge/arbitrage.ts";
import { detector } from "./detector.ts";
import type { Market, OptionEvent } from "./event.ts";
import { NOTHING, judged } from "./finding.ts";
import { type Chance, createChance, tell } from "./opportunity.ts";
import { yearsTo } from "./smiles.ts";
import { type Top, type Tops, keep, quoteOf, usable } from "./tops.ts";

/** A call and a put of one strike and expiry at one venue. */
interface Pair {
  call: OptionQuote | undefined;
  put: OptionQuote | undefined;
  readonly chance: Chance;
}

/** An option's book as last heard, prices as the venue writes them. */
interface OptionQuote {
  readonly market: Market;
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
  readonly receivedAt: number;
}

interface State {
  readonly tops: Tops;
  readonly pairs: Map<string, Pair>;
}

const params = {
  feeBps: { default: 5, unit: "bps", about: "Taker's fee of the future" },
  spotFeeBps: { default: 10, unit: "bps", about: "Taker's fee of spot, where no future ends with the options" },
  optionFeeBps: { default: 3, unit: "bps", about: "Taker's fee of an option, of the underlying" },
  financeRatio: { default: 0.1, unit: "ratio", about: "What the cash for spot coins costs a year" },
  edgeBps: { default: 5, unit: "bps", about: "What must be left after the fees of all three legs" },
  openMs: { default: 2000, unit: "ms", about: "How long it must stay open" },
  freshMs: { default: 15_000, unit: "ms", about: "Older quotes are left out" },
  planUsd: { default: 10_000, unit: "usd", about: "Most that the future's leg of the plan shown may be worth" },
} as const;
type Limits = { readonly [Name in keyof typeof params]: number };

/** Call, put and future of one expiry can be traded against each other at a profit. */
export const arbitrageParity = detector(
  {
    name: "arbitrage-parity",
    title: "A call and a put are away from parity",
    alert: "arbitrage.parity",
    stream: ["option", "quote"],
    scope: "asset",
    concerns: ({ type }) => type !== "perpetual",
    params,
    source: "Stoll 1969 (conversion and reversal), net of fees of all legs",
  },
  {
    init: (): State => ({ tops: [], pairs: new Map() }),
    step(state, event, p) {
      if (event.kind === "quote") {
        if (event.market.type !== "option") keep(state.tops, event);
        return NOTHING;
      }
      const pair = pairOf(state, event);
      if (pair === undefined) return NOTHING;
      const { call, put, chance } = pair;
      if (!live(call, event, p) || !live(put, event, p)) return NOTHING;
      const best = bestOf(state.tops, event, call, put, p);
      if (best === "no underlying") return NOTHING;
      const { market } = event;
      const strike = market.instrument.replace(/-[CP]$/, "");
      return tell(chance, judged(event, strike), best, p, `Parity of ${strike} at ${market.venue}`);
    },
  },
);

/** Keeps the option's quote beside its twin's; undefined for one at its end. */
function pairOf(state: State, event: OptionEvent): Pair | undefined {
  const { market, bid, bidSize, ask, askSize, receivedAt } = event;
  if (market.option === undefined || !(market.expiresAt > event.at)) return undefined;
  const key = `${market.venue} ${market.instrument.slice(0, -1)}`;
  let pair = state.pairs.get(key);
  if (pair === undefined) {
    pair = { call: undefined, put: undefined, chance: createChance() };
    state.pairs.set(key, pair);
  }
  pair[market.option.right] = { market, bid, bidSize, ask, askSize, receivedAt };
  return pair;
}

/** Both sides are offered, not crossed, and lately. */
const live = (one: OptionQuote | undefined, event: OptionEvent, p: Limits): one is OptionQuote =>
  one !== undefined && event.receivedAt - one.receivedAt <= p.freshMs && one.bid > 0 && one.ask >= one.bid;

/**
 * The best of conversion and reversal. The future that ends with the options fixes their forward; where none is listed,
 * spot stands in, financed to the end, and only bought: to sell it takes borrowed coins.
 */
function bestOf(
  tops: Tops,
  event: OptionEvent,
  call: OptionQuote,
  put: OptionQuote,
  p: Limits,
): Opportunity | undefined | "no underlying" {
  const { market, receivedAt, at } = event;
  const fits = (top: Top | undefined): top is Top =>
    usable(top, receivedAt, p.freshMs) && top.market.venueId === market.venueId && top.market.quote === market.quote;
  const near = tops.filter(fits);
  const future = near.find((top) => top.market.type === "future" && top.market.expiresAt === market.expiresAt);
  const underlying = future ?? (market.inverse ? undefined : near.find((top) => top.market.type === "spot"));
  if (underlying === undefined || market.option === undefined) return "no underlying";
  const middle = (underlying.bid + underlying.ask) / 2;
  // In coins a premium is worth the future that the parity is taken against.
  const usd = market.inverse ? middle : 1;
  const quote = ({ market: { venue, instrument: symbol }, bid, bidSize, ask, askSize }: OptionQuote): Quote => ({
    venue,
    symbol,
    bid: bid * usd,
    ask: ask * usd,
    bidSize: bidSize || 0,
    askSize: askSize || 0,
    feeBps: 0,
  });
  const years = yearsTo(market.expiresAt, at);
  const found = parityArbitrage([
    {
      call: quote(call),
      put: quote(put),
      future: quoteOf(underlying, future ? p.feeBps : p.spotFeeBps, p.planUsd),
      strike: market.option.strike,
      years,
      carryRate: future ? 0 : p.financeRatio,
      optionFeeUsd: (middle * p.optionFeeBps) / 1e4,
    },
  ]);
  return future ? found[0] : found.find(({ legs }) => legs[0]?.side === "buy");
}
