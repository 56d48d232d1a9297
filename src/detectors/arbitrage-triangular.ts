import { type SpotQuote, triangularArbitrage } from "../quant/hedge/arbitrage-loops.ts";
import { detector } from "./detector.ts";
import type { Market } from "./event.ts";
import { type Finding, NOTHING, judged } from "./finding.ts";
import { type Chance, createChance, tell } from "./opportunity.ts";
import { type Top, type Tops, keep, quoteOf, usable } from "./tops.ts";

/** Three spot markets of one venue between three currencies. */
interface Triangle {
  readonly ids: readonly [number, number, number];
  /** The currency that a loop begins and ends with. */
  readonly start: string;
  readonly chance: Chance;
}

interface State {
  readonly tops: Tops;
  /** The triangles that a market is part of, by its id. */
  readonly triangles: (Triangle[] | undefined)[];
}

const params = {
  feeBps: { default: 10, unit: "bps", about: "Taker's fee of spot; a loop takes three" },
  edgeBps: { default: 5, unit: "bps", about: "What must be left after fees" },
  openMs: { default: 500, unit: "ms", about: "How long it must stay open: shorter is somebody else's" },
  freshMs: { default: 2000, unit: "ms", about: "Older quotes are left out" },
} as const;

/** Where money is counted; the first of a triangle's currencies found here begins its loops. */
const MONEY = ["USD", "USDT", "USDC", "FDUSD", "EUR", "BTC", "ETH"];

/** A loop of three spot trades at one venue brings back more than it began with. */
export const arbitrageTriangular = detector(
  {
    name: "arbitrage-triangular",
    title: "Three spot markets of a venue disagree",
    alert: "arbitrage.triangular",
    stream: ["quote"],
    scope: "venue",
    concerns: ({ type }) => type === "spot",
    params,
    source: "own; loops of three trades at the top of the book, fees taken from what each brings",
  },
  {
    init: (): State => ({ tops: [], triangles: [] }),
    step(state, event, p) {
      const { market } = event;
      if (state.tops[market.id] === undefined) join(state, market);
      if (!keep(state.tops, event)) return NOTHING;
      const triangles = state.triangles[market.id];
      if (triangles === undefined) return NOTHING;
      const findings: Finding[] = [];
      for (const { ids, start, chance } of triangles) {
        const tops = ids.map((id) => state.tops[id]);
        const live = tops.filter((top): top is Top => usable(top, event.receivedAt, p.freshMs));
        if (live.length < 3) continue;
        // Most quotes close no loop at all, so the plan is only made where one is open or was told.
        if (!chance.gate.on && Math.max(around(live, start, 1), around(live, start, -1)) * keptOf(p.feeBps) <= 1) {
          chance.openAt = Number.NaN;
          continue;
        }
        // A leg's price is in its own quote currency, so only the depth cuts the plan to size.
        const quotes = live.map((top): SpotQuote => {
          const { base, quote } = top.market;
          return { ...quoteOf(top, p.feeBps, Number.POSITIVE_INFINITY), base, quote };
        });
        const [best] = triangularArbitrage(quotes, start);
        const loop = live
          .map((top) => top.market.instrument)
          .toSorted()
          .join(", ");
        findings.push(...tell(chance, judged(event, loop), best, p, `A loop of ${loop} at ${market.venue}`));
      }
      return findings.length === 0 ? NOTHING : findings;
    },
  },
);

const keptOf = (feeBps: number): number => (1 - feeBps / 10_000) ** 3;

/** Adds the newcomer's triangles; its quote is not yet kept. */
function join(state: State, market: Market): void {
  const known = state.tops.flatMap((top) => (top ? [top.market] : []));
  const touches = (one: Market, currency: string): boolean => one.base === currency || one.quote === currency;
  const far = (one: Market, near: string): string => (one.base === near ? one.quote : one.base);
  for (const left of known.filter((one) => touches(one, market.base))) {
    const third = far(left, market.base);
    if (third === market.quote) continue;
    for (const right of known) {
      if (!touches(right, market.quote) || far(right, market.quote) !== third) continue;
      const currencies = [market.base, market.quote, third];
      const start = MONEY.find((one) => currencies.includes(one)) ?? market.quote;
      const triangle: Triangle = { ids: [market.id, left.id, right.id], start, chance: createChance() };
      for (const id of triangle.ids) (state.triangles[id] ??= []).push(triangle);
    }
  }
}

/** What one unit of `start` becomes on the way round, before fees; `way` is the market that comes first. */
function around(tops: readonly Top[], start: string, way: 1 | -1): number {
  let [currency, amount] = [start, 1];
  const left = way > 0 ? [...tops] : tops.toReversed();
  while (left.length > 0) {
    const at = left.findIndex(({ market }) => market.base === currency || market.quote === currency);
    const [top] = left.splice(at, 1);
    if (top === undefined) return 0;
    const sells = top.market.base === currency;
    amount *= sells ? top.bid : 1 / top.ask;
    currency = sells ? top.market.quote : top.market.base;
  }
  return amount;
}
