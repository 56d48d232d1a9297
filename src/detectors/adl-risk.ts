import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";

const params = {
  rankRatio: { default: 0.8, unit: "ratio", about: "Our place in the venue's deleveraging queue, 1 is next" },
  calmMs: {
    default: 600_000,
    unit: "ms",
    about: "How long forced orders are remembered; while they last the limit is halved",
  },
} as const;

/** A profitable position of ours stands near the front of the auto-deleveraging queue. */
export const adlRisk = detector(
  {
    name: "adl-risk",
    title: "A position may be auto-deleveraged",
    alert: "position.adl-risk",
    stream: ["position", "liquidation"],
    scope: "market",
    params,
    source: "the venues' ADL rules: rank by profit times leverage",
  },
  {
    init: () => ({ liquidatedAt: Number.NEGATIVE_INFINITY, gates: new Map<string, Gate>() }),
    step(state, event, p) {
      if (event.kind === "liquidation") {
        state.liquidatedAt = event.at;
        return NOTHING;
      }
      // What is not told this time is not out of danger: what was said stands until a rank is told or the position is gone.
      if (event.quantity !== 0 && Number.isNaN(event.adlRankRatio)) return NOTHING;
      const gate = state.gates.get(event.account) ?? createGate();
      state.gates.set(event.account, gate);
      const stormy = event.at - state.liquidatedAt < p.calmMs;
      const limit = stormy ? p.rankRatio / 2 : p.rankRatio;
      const rank = event.quantity === 0 ? 0 : event.adlRankRatio;
      const verdict = pass(gate, scoreOf(rank, limit), event.at, { release: 0.7, holdMs: 0, quietMs: 0 });
      if (verdict === "silent") return NOTHING;
      const { instrument } = event.market;
      if (verdict === "resolve")
        return [
          resolved(event, `${instrument} in ${event.account} left the front of the queue`, { account: event.account }),
        ];
      const evidence = {
        account: event.account,
        adlRankRatio: rank,
        limitRatio: limit,
        quantity: event.quantity,
        notionalUsd: event.notionalUsd,
        liquidationsGoOn: stormy,
      };
      return [
        firing(event, scoreOf(rank, limit), `${instrument} in ${event.account} may be auto-deleveraged next`, evidence),
      ];
    },
  },
);
