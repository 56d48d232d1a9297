import { detector } from "./detector.ts";
import { NOTHING, firing, scoreOf } from "./finding.ts";

const params = {
  awayRatio: {
    default: 0.05,
    unit: "ratio",
    about: "Distance of a buyer's price above, or a seller's below, the market",
  },
  depthTimes: { default: 3, unit: "times", about: "Size over what stands at the best price on the other side" },
  freshMs: { default: 10_000, unit: "ms", about: "Quotes farther from the order's time say nothing about it" },
} as const;

/** An order's price or size looks mistyped: it would trade far through the market, or swallow the book. */
export const fatFinger = detector(
  {
    name: "fat-finger",
    title: "An order looks mistyped",
    alert: "own.fat-finger",
    stream: ["quote", "order"],
    scope: "market",
    params,
    source: "SEC 15c3-5; the venues' price bands",
  },
  {
    init: () => ({ bid: Number.NaN, ask: Number.NaN, bidSize: Number.NaN, askSize: Number.NaN, at: Number.NaN }),
    step(state, event, p) {
      if (event.kind === "quote") {
        state.bid = event.bid;
        state.ask = event.ask;
        state.bidSize = event.bidSize;
        state.askSize = event.askSize;
        state.at = event.at;
        return NOTHING;
      }
      if (event.state !== "placed" || event.taker === 0 || !(Math.abs(event.at - state.at) <= p.freshMs))
        return NOTHING;
      const buys = event.taker === 1;
      const through = buys ? event.price / state.ask - 1 : 1 - event.price / state.bid;
      const swallow = through >= 0 ? event.size / (buys ? state.askSize : state.bidSize) : 0;
      // A tenth of the distance is enough where the size is wrong, too.
      const both = Math.min(scoreOf(swallow, p.depthTimes), scoreOf(through, p.awayRatio / 10));
      const score = Math.max(scoreOf(through, p.awayRatio), both);
      if (score < 0.5) return NOTHING;
      const evidence = {
        account: event.account,
        order: event.id,
        side: buys ? "buy" : "sell",
        price: event.price,
        size: event.size,
        bid: state.bid,
        ask: state.ask,
        throughRatio: through,
        timesBestSize: swallow,
      };
      return [
        firing(
          event,
          score,
          `${event.account} ${buys ? "buys" : "sells"} ${event.market.instrument} ${(through * 100).toFixed(1)} % through the market`,
          evidence,
        ),
      ];
    },
  },
);
