import { detector } from "./detector.ts";
import { NOTHING, firing, judged, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import { type Window, addTo, createWindow, slide } from "./stats.ts";

const params = {
  windowMs: { default: 60_000, unit: "ms", about: "Window over which rejections are counted" },
  rejects: { default: 5, unit: "count", about: "Rejections in the window" },
  shareRatio: { default: 0.3, unit: "ratio", about: "And their part of the orders sent" },
} as const;

/** A venue refuses an account's orders again and again. */
export const repeatedRejects = detector(
  {
    name: "repeated-rejects",
    title: "Orders are rejected again and again",
    alert: "own.rejects",
    stream: ["order"],
    scope: "venue",
    params,
    source: "own",
  },
  {
    init: () => ({ accounts: new Map<string, { rejected: Window; sent: Window; gate: Gate }>() }),
    step(state, event, p) {
      if (event.state !== "placed" && event.state !== "rejected") return NOTHING;
      const one = state.accounts.get(event.account) ?? {
        rejected: createWindow(p.windowMs),
        sent: createWindow(p.windowMs),
        gate: createGate(),
      };
      state.accounts.set(event.account, one);
      addTo(event.state === "rejected" ? one.rejected : one.sent, event.at, 1);
      slide(one.rejected, event.at);
      slide(one.sent, event.at);
      const share = one.rejected.count / Math.max(one.sent.count, one.rejected.count);
      const score = Math.min(scoreOf(one.rejected.count, p.rejects), scoreOf(share, p.shareRatio));
      const verdict = pass(one.gate, score, event.at, { release: 0.4, holdMs: 10_000, quietMs: 60_000 });
      if (verdict === "silent") return NOTHING;
      const here = judged(event, "*");
      if (verdict === "resolve")
        return [
          resolved(here, `${event.market.venue} takes orders of ${event.account} again`, { account: event.account }),
        ];
      const evidence = {
        account: event.account,
        rejectedInWindow: one.rejected.count,
        sentInWindow: one.sent.count,
        shareRatio: share,
      };
      return [
        firing(
          here,
          score,
          `${event.market.venue} rejected ${one.rejected.count} orders of ${event.account} within a minute`,
          evidence,
        ),
      ];
    },
  },
);
