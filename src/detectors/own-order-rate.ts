import { detector } from "./detector.ts";
import { NOTHING, firing, judged, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import { type Decayed, type Window, addTo, createDecayed, createWindow, learn, sigma } from "./stats.ts";

const params = {
  windowMs: { default: 10_000, unit: "ms", about: "Window over which orders are counted" },
  least: { default: 20, unit: "count", about: "Orders in the window below which nothing is said" },
  sigmas: { default: 6, unit: "sigma", about: "Standard deviations above the account's usual number" },
} as const;

/** An account sends far more orders than it usually does: a loop, or somebody else. */
export const ownOrderRate = detector(
  {
    name: "own-order-rate",
    title: "Unusual order rate",
    alert: "own.order-rate",
    stream: ["order"],
    scope: "all",
    params,
    source: "own; SEC 15c3-5 erroneous order controls",
  },
  {
    init: () => ({ accounts: new Map<string, { window: Window; usual: Decayed; sampledAt: number; gate: Gate }>() }),
    step(state, event, p) {
      if (event.state !== "placed") return NOTHING;
      let one = state.accounts.get(event.account);
      if (!one) {
        one = { window: createWindow(p.windowMs), usual: createDecayed(), sampledAt: event.at, gate: createGate() };
        state.accounts.set(event.account, one);
      }
      addTo(one.window, event.at, 1);
      const { count } = one.window;
      const limit = Math.max(p.least, one.usual.mean + p.sigmas * sigma(one.usual));
      const score = scoreOf(count, limit);
      if (event.at - one.sampledAt >= p.windowMs && !one.gate.on) {
        learn(one.usual, count, event.at, 3_600_000);
        one.sampledAt = event.at;
      }
      const verdict = pass(one.gate, score, event.at, { release: 0.7, holdMs: p.windowMs, quietMs: 60_000 });
      if (verdict === "silent") return NOTHING;
      const here = judged(event, "*");
      if (verdict === "resolve")
        return [resolved(here, `${event.account} sends orders as usual again`, { account: event.account })];
      const evidence = {
        account: event.account,
        ordersInWindow: count,
        windowMs: p.windowMs,
        usual: one.usual.mean,
        limit,
      };
      return [firing(here, score, `${event.account} sent ${count} orders in ${p.windowMs / 1000} s`, evidence)];
    },
  },
);
