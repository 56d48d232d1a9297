import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { chartOf, createTrail, trace } from "./stats.ts";

/** Coins that promise one dollar. */
const STABLE = new Set(
  "UST USTC USDT USDC DAI BUSD TUSD FDUSD FRAX USDD USDE PYUSD LUSD GUSD USDP MIM CRVUSD RLUSD USDS USD1".split(" "),
);
const DOLLARS = new Set(["USD", "USDT", "USDC", "BUSD", "FDUSD", "DAI", "TUSD"]);

const params = {
  // The premium of TerraUSD reached 0.59 % in quiet months: less would have stood for weeks (docs/detectors.md).
  limitRatio: { default: 0.006, unit: "ratio", about: "Distance from one dollar, either way" },
  smoothMs: { default: 30_000, unit: "ms", about: "Memory of the price; a single odd trade must not raise it" },
  holdMs: { default: 3_600_000, unit: "ms", about: "How long it must be back before it counts as over" },
} as const;

/** A coin that promises a dollar is not worth one. */
export const stablecoinDepeg = detector(
  {
    name: "stablecoin-depeg",
    title: "A stablecoin left its peg",
    alert: "stablecoin.depeg",
    stream: ["trade", "quote", "ticker", "candle"],
    scope: "market",
    concerns: ({ base, quote }) => STABLE.has(base) && DOLLARS.has(quote),
    params,
    source: "own; least limit that TerraUSD kept, 2022",
  },
  {
    init: () => ({
      price: Number.NaN,
      at: Number.NaN,
      judgedAt: Number.NEGATIVE_INFINITY,
      trail: createTrail(48),
      gate: createGate(),
    }),
    step(state, event, p) {
      const { market } = event;
      const price =
        event.kind === "trade"
          ? event.price
          : event.kind === "quote"
            ? (event.bid + event.ask) / 2
            : event.kind === "ticker"
              ? event.last
              : event.close;
      if (!(price > 0)) return NOTHING;
      const elapsed = event.at - state.at;
      // Prices an hour apart are each taken as they are; a burst of trades is averaged.
      const weight = Number.isNaN(elapsed) ? 1 : 1 - Math.exp(-Math.max(elapsed, 50) / p.smoothMs);
      state.price = Number.isNaN(state.price) ? price : state.price + weight * (price - state.price);
      state.at = event.at;
      if (event.at - state.judgedAt < 1000) return NOTHING;
      state.judgedAt = event.at;
      trace(state.trail, event.at, state.price);
      const apart = Math.abs(state.price - 1);
      const score = scoreOf(apart, p.limitRatio);
      const verdict = pass(state.gate, score, event.at, { release: 0.5, holdMs: p.holdMs, quietMs: 0 });
      if (verdict === "silent") return NOTHING;
      if (verdict === "resolve") return [resolved(event, `${market.base} is back at its peg`, { price: state.price })];
      const evidence = {
        price: state.price,
        lastPrice: price,
        distanceRatio: state.price - 1,
        limitRatio: p.limitRatio,
      };
      return [
        firing(
          event,
          score,
          `${market.base} trades at ${state.price.toFixed(4)} ${market.quote}`,
          evidence,
          chartOf(state.trail, `${market.base} in ${market.quote}`),
        ),
      ];
    },
  },
);
