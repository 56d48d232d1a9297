import { quotedArbitrage } from "../quant/options/quoted-arbitrage.ts";
import { detector } from "./detector.ts";
import { NOTHING, firing, judged, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import { type Moments, familyOf, gather } from "./smiles.ts";

interface State {
  /** By venue and settlement. */
  readonly moments: Moments;
  readonly gates: Map<string, Gate>;
}

const params = {
  limitBps: { default: 3, unit: "bps", about: "What must be earned for nothing, of the forward: more than rounding" },
  strikes: { default: 5, unit: "count", about: "Fewest marks that are looked at together" },
  everyMs: { default: 10_000, unit: "ms", about: "How often a surface is judged" },
} as const;

const WORDS = {
  vertical: "a call spread costs less than nothing or more than it can pay",
  butterfly: "a butterfly costs less than nothing",
  calendar: "the later expiry costs less than the earlier",
} as const;

/** A venue's marks contradict each other: some combination of options costs less than nothing. */
export const surfaceArbitrage = detector(
  {
    name: "surface-arbitrage",
    title: "A venue's option marks hold an arbitrage",
    alert: "surface.arbitrage",
    stream: ["option"],
    scope: "asset",
    params,
    source: "Carr & Madan 2005 (sufficient conditions for no static arbitrage)",
  },
  {
    init: (): State => ({ moments: new Map(), gates: new Map() }),
    step(state, event, p) {
      const family = familyOf(event.market);
      const marks = gather(state.moments, family, event, p.everyMs);
      if (marks === undefined || marks.length < p.strikes) return NOTHING;
      let gate = state.gates.get(family);
      if (gate === undefined) {
        gate = createGate();
        state.gates.set(family, gate);
      }
      // All options of an expiry share one time to it, however many milliseconds lie between their marks.
      const years = new Map(marks.map((one) => [one.market.expiresAt, one.years]));
      const points = marks.map(({ forward, strike, sigma, market }) => ({
        forward,
        strike,
        sigma,
        years: years.get(market.expiresAt)!,
      }));
      const found = quotedArbitrage(points);
      const [worst] = found;
      const bps = (worst?.amount ?? 0) * 1e4;
      const score = scoreOf(bps, p.limitBps);
      const verdict = pass(gate, score, event.at, { release: 0.5, holdMs: 20_000, quietMs: 60_000 });
      const { base, venue, instrument } = event.market;
      const here = judged(event, `${instrument.split("-")[0]} options`);
      if (verdict === "resolve") return [resolved(here, `${base}'s option marks at ${venue} agree again`)];
      if (verdict === "silent" || worst === undefined) return NOTHING;
      const title = `${base} options at ${venue}: ${WORDS[worst.kind]} (${bps.toFixed(1)} bps at ${worst.strike})`;
      return [
        firing(here, score, title, {
          kind: worst.kind,
          arbitrageBps: bps,
          strike: worst.strike,
          days: worst.years * 365,
          contradictions: found.filter(({ amount }) => amount * 1e4 >= p.limitBps).length,
          marks: points.length,
        }),
      ];
    },
  },
);
