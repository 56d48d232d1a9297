import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";

const EIGHT_HOURS_MS = 28_800_000;

const params = {
  limitBps: { default: 10, unit: "bps", about: "Funding for eight hours, either way (10 bps is some 110 % a year)" },
  spreadBps: { default: 8, unit: "bps", about: "Difference between the venues' funding for eight hours" },
} as const;

/** A rate holds for its interval; whoever tells it once in that time may be late by half of one. */
const INTERVALS = 1.5;

/** What one market funds at. */
interface Rate {
  readonly name: string;
  readonly gate: Gate;
  /** For eight hours. */
  bps: number;
  /** Until when it is believed. */
  until: number;
}

interface State {
  /** By market's id. */
  readonly rates: (Rate | undefined)[];
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
    init: (): State => ({ rates: [] }),
    step(state, event, p) {
      const { market } = event;
      const bps = event.rate * 1e4 * (EIGHT_HOURS_MS / event.intervalMs);
      const own = (state.rates[market.id] ??= {
        name: `${market.venue} ${market.instrument}`,
        gate: createGate(),
        bps,
        until: 0,
      });
      own.bps = bps;
      own.until = event.at + INTERVALS * event.intervalMs;
      let far: Rate | undefined;
      let spread = 0;
      // Of two rates far apart the more extreme one is told: the others are where they belong.
      for (const other of state.rates) {
        if (other === undefined || other.until < event.at || Math.abs(other.bps) > Math.abs(bps)) continue;
        if (Math.abs(bps - other.bps) <= spread) continue;
        spread = Math.abs(bps - other.bps);
        far = other;
      }
      const [extreme, apart] = [scoreOf(Math.abs(bps), p.limitBps), scoreOf(spread, p.spreadBps)];
      const score = Math.max(extreme, apart);
      const verdict = pass(own.gate, score, event.at, { release: 0.7, holdMs: 0, quietMs: 0 });
      if (verdict === "silent") return NOTHING;
      if (verdict === "resolve") return [resolved(event, `Funding of ${market.instrument} is ordinary again`)];
      const evidence = {
        fundingBpsPerEightHours: bps,
        yearlyRatio: (bps / 1e4) * 3 * 365,
        spreadBps: spread,
        farthest: far?.name ?? "",
      };
      const from = apart > extreme && far ? `, ${spread.toFixed(1)} bps from ${far.name}` : "";
      const title = `${market.instrument} funds at ${bps.toFixed(1)} bps for eight hours at ${market.venue}${from}`;
      return [firing(event, score, title, evidence)];
    },
  },
);
