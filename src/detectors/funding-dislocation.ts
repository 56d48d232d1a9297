import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";

const EIGHT_HOURS_MS = 28_800_000;

const params = {
  limitBps: { default: 10, unit: "bps", about: "Funding for eight hours, either way (10 bps is some 110 % a year)" },
  spreadBps: { default: 8, unit: "bps", about: "Difference between the venues' funding for eight hours" },
} as const;

interface State {
  readonly rates: number[];
  readonly names: string[];
  readonly gates: (Gate | undefined)[];
}

/** Funding is extreme at one venue, or far apart between venues. */
export const fundingDislocation = detector(
  {
    name: "funding-dislocation",
    title: "Funding is out of line",
    alert: "market.funding",
    stream: ["funding"],
    scope: "asset",
    params,
    source: "own; 1 bp for eight hours is the venues' neutral rate",
  },
  {
    init: (): State => ({ rates: [], names: [], gates: [] }),
    step(state, event, p) {
      const { market } = event;
      const bps = event.rate * 1e4 * (EIGHT_HOURS_MS / event.intervalMs);
      state.rates[market.id] = bps;
      state.names[market.id] = `${market.venue} ${market.instrument}`;
      let far = -1;
      let spread = 0;
      for (const [id, other] of state.rates.entries()) {
        if (other === undefined || Math.abs(bps - other) <= spread) continue;
        spread = Math.abs(bps - other);
        far = id;
      }
      const score = Math.max(scoreOf(Math.abs(bps), p.limitBps), scoreOf(spread, p.spreadBps));
      const gate = (state.gates[market.id] ??= createGate());
      const verdict = pass(gate, score, event.at, { release: 0.7, holdMs: 0, quietMs: 0 });
      if (verdict === "silent") return NOTHING;
      if (verdict === "resolve") return [resolved(event, `Funding of ${market.instrument} is ordinary again`)];
      const evidence = {
        fundingBpsPerEightHours: bps,
        yearlyRatio: (bps / 1e4) * 3 * 365,
        spreadBps: spread,
        farthest: state.names[far] ?? "",
      };
      return [
        firing(
          event,
          score,
          `${market.instrument} funds at ${bps.toFixed(1)} bps for eight hours at ${market.venue}`,
          evidence,
        ),
      ];
    },
  },
);
