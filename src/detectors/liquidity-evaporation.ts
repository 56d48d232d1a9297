import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { sizeWithin, isNone } from "../quant/book/depth.ts";
import { chartOf, createDecayed, createTrail, learn, trace } from "./stats.ts";

const params = {
  nearBps: { default: 10, unit: "bps", about: "Depth is summed within this distance of the best price" },
  lossTimes: { default: 5, unit: "times", about: "Depth fell to its usual value divided by this" },
  spreadTimes: { default: 15, unit: "times", about: "Or the spread widened to this many times its usual value" },
  spreadBps: { default: 3, unit: "bps", about: "And is at least this wide" },
  everyMs: { default: 1000, unit: "ms", about: "How often the book is measured" },
  lastMs: { default: 1500, unit: "ms", about: "How long it must last" },
  learn: { default: 30, unit: "count", about: "Measurements before anything is said" },
} as const;

/** The book emptied, or its spread tore open. */
export const liquidityEvaporation = detector(
  {
    name: "liquidity-evaporation",
    title: "Liquidity is gone",
    alert: "market.liquidity",
    stream: ["depth"],
    scope: "market",
    params,
    source: "own; depth and spread as in Kirilenko, Kyle, Samadi & Tuzun 2017 (flash crash)",
  },
  {
    init: () => ({
      bids: createDecayed(),
      asks: createDecayed(),
      spread: createDecayed(),
      measuredAt: Number.NEGATIVE_INFINITY,
      since: Number.NaN,
      trail: createTrail(60),
      gate: createGate(),
    }),
    step(state, event, p) {
      const { at, book } = event;
      if (at - state.measuredAt < p.everyMs) return NOTHING;
      state.measuredAt = at;
      const { bestBid, bestAsk } = book;
      const empty = isNone(bestBid) || isNone(bestAsk);
      const reach = empty ? 0 : Math.max(1, Math.round((bestBid * p.nearBps) / 1e4));
      const bids = empty ? 0 : sizeWithin(book, 0, reach);
      const asks = empty ? 0 : sizeWithin(book, 1, reach);
      const spreadBps = empty ? 1e4 : Math.max(0, (bestAsk / bestBid - 1) * 1e4);
      trace(state.trail, at, bids + asks);
      let score = 0;
      if (state.spread.count >= p.learn) {
        const loss = Math.max(state.bids.mean / bids, state.asks.mean / asks);
        const torn = Math.min(scoreOf(spreadBps, p.spreadTimes * state.spread.mean), scoreOf(spreadBps, p.spreadBps));
        score = Math.max(scoreOf(loss, p.lossTimes), torn);
      }
      if (score < 0.5) {
        state.since = Number.NaN;
        learn(state.bids, bids, at, 300_000);
        learn(state.asks, asks, at, 300_000);
        learn(state.spread, spreadBps, at, 300_000);
      } else if (Number.isNaN(state.since)) state.since = at;
      const lasted = state.gate.on || at - state.since >= p.lastMs;
      const verdict = pass(state.gate, lasted ? score : 0, at, { release: 0.6, holdMs: 3000, quietMs: 30_000 });
      if (verdict === "silent") return NOTHING;
      const { instrument, venue } = event.market;
      if (verdict === "resolve") return [resolved(event, `The book of ${instrument} at ${venue} filled up again`)];
      const evidence = {
        bidDepth: bids,
        askDepth: asks,
        usualBidDepth: state.bids.mean,
        usualAskDepth: state.asks.mean,
        spreadBps,
        usualSpreadBps: state.spread.mean,
        withinBps: p.nearBps,
      };
      return [
        firing(
          event,
          score,
          `The book of ${instrument} at ${venue} is nearly empty`,
          evidence,
          chartOf(state.trail, "depth of both sides"),
        ),
      ];
    },
  },
);
