import { detector } from "./detector.ts";
import { NOTHING, firing, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";

const params = {
  windowMs: { default: 2000, unit: "ms", about: "Our fills on both sides at one price within this time crossed" },
  times: { default: 1, unit: "count", about: "Crossings within an hour at which it speaks" },
} as const;

const HOUR_MS = 3_600_000;

interface OwnFill {
  readonly account: string;
  readonly taker: number;
  readonly price: number;
  readonly size: number;
  readonly at: number;
}

/** Our own accounts traded with each other. */
export const selfCrossing = detector(
  {
    name: "self-crossing",
    title: "Our own orders met",
    alert: "own.self-crossing",
    stream: ["order"],
    scope: "market",
    params,
    source: "MAR Annex I; the venues' self-trade rules",
  },
  {
    init: () => ({ fills: [] as OwnFill[], crossings: [] as number[], gate: createGate() }),
    step(state, event, p) {
      if (event.state !== "filled") return NOTHING;
      const { account, taker, price, size, at } = event;
      state.fills = state.fills.filter((one) => at - one.at <= p.windowMs);
      const met = state.fills.find((one) => one.taker === -taker && one.price === price);
      state.fills.push({ account, taker, price, size, at });
      if (!met) return NOTHING;
      state.crossings = state.crossings.filter((one) => at - one < HOUR_MS);
      // A crossing is a deed, not a condition that lasts: after a quiet hour the next one is another.
      if (state.crossings.length === 0) state.gate = createGate();
      state.crossings.push(at);
      const score = scoreOf(state.crossings.length, p.times);
      if (pass(state.gate, score, at, { release: 0, holdMs: 0, quietMs: 0 }) !== "fire") return NOTHING;
      const evidence = {
        account,
        otherAccount: met.account,
        price,
        size: Math.min(size, met.size),
        apartMs: at - met.at,
        crossingsInHour: state.crossings.length,
      };
      return [
        firing(
          event,
          score,
          `${account} and ${met.account} traded ${event.market.instrument} with each other`,
          evidence,
        ),
      ];
    },
  },
);
