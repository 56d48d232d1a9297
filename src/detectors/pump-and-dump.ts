import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { chartOf, createDecayed, createTrail, createWindow, addTo, learn, sigma, trace } from "./stats.ts";

const params = {
  chunkMs: { default: 25_000, unit: "ms", about: "Length of the sliding chunk: 5, 15 or 25 s in the paper" },
  rushTimes: { default: 6, unit: "times", about: "Rush orders in the chunk over their usual number" },
  rushLeast: { default: 6, unit: "count", about: "And at least so many" },
  volumeTimes: {
    default: 8,
    unit: "times",
    about: "Bought value in the chunk over the usual value of an active chunk",
  },
  riseRatio: { default: 0.04, unit: "ratio", about: "Price over its mean of the last hour" },
  tauMs: { default: 21_600_000, unit: "ms", about: "Memory of what is usual" },
  learn: { default: 20, unit: "count", about: "Active chunks seen before anything is said" },
} as const;

/**
 * A pump: a crowd buys at market within seconds. A rush order is a market buy that sweeps several resting orders, which
 * the tape shows as several buys within one millisecond.
 */
export const pumpAndDump = detector(
  {
    name: "pump-and-dump",
    title: "A coin is being pumped",
    alert: "market.pump",
    stream: ["trade"],
    scope: "market",
    params,
    source: "La Morgia, Mei, Sassi & Stefa 2020 (rush orders, volume and price in sliding chunks)",
  },
  {
    init: (p) => ({
      rush: createWindow(p.chunkMs, 5),
      bought: createWindow(p.chunkMs, 5),
      usualRush: createDecayed(),
      usualBought: createDecayed(),
      price: createDecayed(),
      sampledAt: Number.NEGATIVE_INFINITY,
      lastBuyAt: Number.NaN,
      inRow: 0,
      trail: createTrail(60),
      gate: createGate(),
    }),
    step(state, event, p) {
      const { at, price, size } = event;
      if (event.taker === 1) {
        state.inRow = at === state.lastBuyAt ? state.inRow + 1 : 1;
        state.lastBuyAt = at;
        // The second buy of a millisecond makes it one rush order; more add nothing.
        if (state.inRow === 2) addTo(state.rush, at, 1);
        addTo(state.bought, at, price * size);
      }
      const usual = state.price.mean;
      const active = at - state.sampledAt >= p.chunkMs;
      const chunk = { rush: state.rush.sum, bought: state.bought.sum };
      let score = 0;
      if (event.taker === 1 && state.usualBought.count >= p.learn) {
        const rushLimit = Math.max(p.rushLeast, p.rushTimes * (state.usualRush.mean + sigma(state.usualRush)));
        const boughtLimit = p.volumeTimes * (state.usualBought.mean + sigma(state.usualBought));
        score = Math.min(
          scoreOf(chunk.rush, rushLimit),
          scoreOf(chunk.bought, boughtLimit),
          scoreOf(price / usual - 1, p.riseRatio),
        );
      }
      if (active) {
        // What a pump does is not usual.
        if (!state.gate.on) {
          learn(state.usualRush, chunk.rush, at, p.tauMs);
          learn(state.usualBought, chunk.bought, at, p.tauMs);
        }
        learn(state.price, price, at, 3_600_000);
        state.sampledAt = at;
        trace(state.trail, at, price);
      }
      const verdict = pass(state.gate, score, at, { release: 0.3, holdMs: 600_000, quietMs: 3_600_000 });
      if (verdict === "silent") return NOTHING;
      const { instrument, venue } = event.market;
      if (verdict === "resolve") return [resolved(event, `The rush into ${instrument} is over`)];
      const evidence = {
        rushOrders: chunk.rush,
        usualRushOrders: state.usualRush.mean,
        boughtValue: chunk.bought,
        usualBoughtValue: state.usualBought.mean,
        price,
        usualPrice: usual,
        riseRatio: price / usual - 1,
        chunkMs: p.chunkMs,
      };
      return [
        firing(
          event,
          score,
          `${instrument} at ${venue} is bought in a rush, ${((price / usual - 1) * 100).toFixed(0)} % above its last hour`,
          evidence,
          chartOf(state.trail, "price"),
        ),
      ];
    },
  },
);
