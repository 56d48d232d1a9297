import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { chartOf, createTrail, trace } from "./stats.ts";

const YEAR_MS = 365.25 * 86_400_000;

const params = {
  times: { default: 3, unit: "times", about: "Volatility of late over its usual value" },
  fast: { default: 8, unit: "count", about: "Memory of late, in samples" },
  slow: {
    default: 168,
    unit: "count",
    about: "Memory of the usual, in samples (a week of hours, three hours of minutes)",
  },
  sampleMs: {
    default: 60_000,
    unit: "ms",
    about: "Distance of samples of a quoted price; candles are samples as they come",
  },
} as const;

/** Volatility moved to another level: exponentially weighted variances of late and of long. */
export const volatilityRegime = detector(
  {
    name: "volatility-regime",
    title: "Volatility changed its level",
    alert: "market.volatility",
    stream: ["candle", "quote"],
    scope: "market",
    params,
    source: "RiskMetrics 1996 (EWMA), compared at two horizons",
  },
  {
    init: () => ({
      price: Number.NaN,
      at: Number.NaN,
      fast: 0,
      slow: 0,
      count: 0,
      trail: createTrail(48),
      gate: createGate(),
    }),
    step(state, event, p) {
      if (event.kind === "quote" && event.at - state.at < p.sampleMs) return NOTHING;
      const price = event.kind === "candle" ? event.close : (event.bid + event.ask) / 2;
      if (!(price > 0)) return NOTHING;
      const elapsed = event.at - state.at;
      const change = Math.log(price / state.price);
      state.price = price;
      state.at = event.at;
      if (!(elapsed > 0)) return NOTHING;
      state.count += 1;
      const variance = (change * change * YEAR_MS) / elapsed;
      state.fast += (variance - state.fast) * Math.max(1 / p.fast, 1 / state.count);
      const ratio = state.count < p.slow / 2 ? 0 : Math.sqrt(state.fast / state.slow);
      // A storm must not become usual at once: what it adds is bounded.
      state.slow +=
        (Math.min(variance, 16 * state.slow || variance) - state.slow) * Math.max(1 / p.slow, 1 / state.count);
      trace(state.trail, event.at, Math.sqrt(state.fast));
      const score = scoreOf(ratio, p.times);
      const verdict = pass(state.gate, score, event.at, { release: 0.6, holdMs: 0, quietMs: 0 });
      if (verdict === "silent") return NOTHING;
      const { instrument } = event.market;
      if (verdict === "resolve") return [resolved(event, `Volatility of ${instrument} is back at its level`)];
      const evidence = {
        timesUsual: ratio,
        yearlyVolatility: Math.sqrt(state.fast),
        usualVolatility: Math.sqrt(state.slow),
        price,
      };
      return [
        firing(
          event,
          score,
          `${instrument} moves ${ratio.toFixed(1)} times as much as usual`,
          evidence,
          chartOf(state.trail, "yearly volatility"),
        ),
      ];
    },
  },
);
