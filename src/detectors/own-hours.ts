import { detector } from "./detector.ts";
import { NOTHING, firing, scoreOf } from "./finding.ts";

const HOUR_MS = 3_600_000;

const params = {
  learn: { default: 200, unit: "count", about: "Orders seen before anything is said" },
  shareRatio: { default: 0.004, unit: "ratio", about: "Part of the account's orders below which an hour is unusual" },
} as const;

/** An account trades at an hour (UTC) at which it never does. */
export const ownHours = detector(
  {
    name: "own-hours",
    title: "Orders at an unusual hour",
    alert: "own.hours",
    stream: ["order"],
    scope: "all",
    params,
    source: "own",
  },
  {
    init: () => ({ accounts: new Map<string, { hours: Float64Array; total: number; saidAt: number }>() }),
    step(state, event, p) {
      if (event.state !== "placed") return NOTHING;
      const one = state.accounts.get(event.account) ?? {
        hours: new Float64Array(24),
        total: 0,
        saidAt: Number.NEGATIVE_INFINITY,
      };
      state.accounts.set(event.account, one);
      const hour = Math.floor(event.at / HOUR_MS) % 24;
      // Neighbouring hours count a third: people come early and stay late.
      const near =
        (one.hours[hour]! + (one.hours[(hour + 1) % 24]! + one.hours[(hour + 23) % 24]!) / 3) / Math.max(1, one.total);
      const odd = one.total >= p.learn && near < p.shareRatio;
      one.hours[hour]! += 1;
      one.total += 1;
      if (!odd || event.at - one.saidAt < HOUR_MS) return NOTHING;
      one.saidAt = event.at;
      const evidence = { account: event.account, hourUtc: hour, usualShareRatio: near, ordersKnown: one.total };
      return [
        firing(
          event,
          scoreOf(p.shareRatio, Math.max(near, p.shareRatio / 10)),
          `${event.account} trades at ${hour}:00 UTC, which it does not do`,
          evidence,
        ),
      ];
    },
  },
);
