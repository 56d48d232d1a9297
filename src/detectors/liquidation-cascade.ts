import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { addTo, createWindow, slide } from "./stats.ts";

const params = {
  windowMs: { default: 30_000, unit: "ms", about: "Window over which forced orders are added up" },
  orders: { default: 5, unit: "count", about: "Fewer forced orders of one side are no cascade" },
  shareRatio: { default: 0.15, unit: "ratio", about: "Forced part of all that is traded, in value" },
  moveBps: { default: 30, unit: "bps", about: "Move of the price within the window, in the forced direction" },
} as const;

/** Forced orders of one side follow each other and push the price their way. */
export const liquidationCascade = detector(
  {
    name: "liquidation-cascade",
    title: "Liquidations cascade",
    alert: "market.liquidation-cascade",
    stream: ["liquidation", "trade"],
    scope: "market",
    params,
    source: "own; Binance and Bybit publish at most one forced order a second, so counts are low",
  },
  {
    init: (p) => ({
      longs: createWindow(p.windowMs),
      shorts: createWindow(p.windowMs),
      traded: createWindow(p.windowMs),
      price: Number.NaN,
      /** Price at the beginning of each half window: the older one is compared with. */
      marks: [Number.NaN, Number.NaN] as [number, number],
      markedAt: Number.NEGATIVE_INFINITY,
      gate: createGate(),
    }),
    step(state, event, p) {
      const value = event.price * event.size;
      if (event.at - state.markedAt >= p.windowMs / 2) {
        state.marks = [Number.isNaN(state.marks[1]) ? event.price : state.marks[1], event.price];
        state.markedAt = event.at;
      }
      state.price = event.price;
      if (event.kind === "trade") {
        addTo(state.traded, event.at, value);
        if (!state.gate.on) return NOTHING;
      } else addTo(event.taker === -1 ? state.longs : state.shorts, event.at, value);
      slide(state.longs, event.at);
      slide(state.shorts, event.at);
      const down = state.longs.sum >= state.shorts.sum;
      const forced = down ? state.longs : state.shorts;
      const share = forced.sum / Math.max(state.traded.sum, forced.sum);
      const moveBps = (state.price / state.marks[0] - 1) * 1e4 * (down ? -1 : 1);
      const score = Math.min(
        scoreOf(forced.count, p.orders),
        scoreOf(share, p.shareRatio),
        scoreOf(moveBps, p.moveBps),
      );
      const verdict = pass(state.gate, score, event.at, { release: 0.4, holdMs: 10_000, quietMs: 60_000 });
      if (verdict === "silent") return NOTHING;
      const { instrument, venue } = event.market;
      if (verdict === "resolve") return [resolved(event, `Liquidations in ${instrument} have ebbed`)];
      const evidence = {
        forcedOrders: forced.count,
        forcedValue: forced.sum,
        forcedShareRatio: share,
        moveBps: down ? -moveBps : moveBps,
        price: state.price,
      };
      return [
        firing(
          event,
          score,
          `${forced.count} ${down ? "longs" : "shorts"} of ${instrument} were liquidated at ${venue}`,
          evidence,
        ),
      ];
    },
  },
);
