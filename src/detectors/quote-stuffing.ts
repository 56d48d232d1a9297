import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { createDecayed, learn, sigma } from "./stats.ts";

const params = {
  least: { default: 400, unit: "count", about: "Updates a second below this are never stuffing" },
  times: { default: 8, unit: "times", about: "Updates a second over their usual number" },
  sigmas: { default: 12, unit: "sigma", about: "And this many standard deviations above it" },
  tradeRatio: { default: 0.02, unit: "ratio", about: "Trades per update above which the rush is real" },
  seconds: { default: 2, unit: "count", about: "Seconds in a row that it must last" },
  learn: { default: 60, unit: "count", about: "Seconds heard before anything is said" },
} as const;

/** A flood of quotes and book updates with hardly a trade. */
export const quoteStuffing = detector(
  {
    name: "quote-stuffing",
    title: "A book is flooded with quotes",
    alert: "market.quote-stuffing",
    stream: ["quote", "depth", "trade"],
    scope: "market",
    params,
    source: "Egginton, Van Ness & Van Ness 2016 (deviation of quotes per interval)",
  },
  {
    init: () => ({ second: Number.NaN, updates: 0, trades: 0, inRow: 0, usual: createDecayed(), gate: createGate() }),
    step(state, event, p) {
      if (event.at < state.second + 1000) {
        if (event.kind === "trade") state.trades += 1;
        else state.updates += event.kind === "depth" ? event.count : 1;
        return NOTHING;
      }
      const { updates, trades, usual } = state;
      const first = Number.isNaN(state.second);
      state.second = Math.floor(event.at / 1000) * 1000;
      state.updates = 1;
      state.trades = 0;
      if (first) return NOTHING;
      const limit = Math.max(p.least, p.times * usual.mean, usual.mean + p.sigmas * sigma(usual));
      const flooded = usual.count >= p.learn && updates >= limit && trades < p.tradeRatio * updates;
      state.inRow = flooded ? state.inRow + 1 : 0;
      if (!flooded) learn(usual, updates, event.at, 300_000);
      const score = state.inRow >= p.seconds ? scoreOf(updates, limit) : 0;
      const verdict = pass(state.gate, score, event.at, { release: 0.5, holdMs: 5000, quietMs: 30_000 });
      if (verdict === "silent") return NOTHING;
      const { instrument } = event.market;
      if (verdict === "resolve") return [resolved(event, `${instrument} is quoted as usual again`)];
      const evidence = {
        updatesASecond: updates,
        usualASecond: usual.mean,
        tradesInThatSecond: trades,
        limitASecond: limit,
      };
      return [
        firing(event, score, `${instrument} gets ${updates} book updates a second and ${trades} trades`, evidence),
      ];
    },
  },
);
