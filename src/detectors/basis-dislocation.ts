import { moneyOf } from "../kernel/dollar.ts";
import { detector } from "./detector.ts";
import { NOTHING, type Finding, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import type { Market, MarketEvent } from "./event.ts";
import { type Decayed, createDecayed, learn, sigma } from "./stats.ts";

interface Basis {
  readonly learned: Decayed;
  readonly gate: Gate;
  judgedAt: number;
}

interface Spot {
  mid: number;
  at: number;
}

interface State {
  /** The coin's last spot price, by money: "ETH/BTC" is no price of ETH in dollars. */
  readonly spots: Map<string, Spot>;
  /** The same by market's id, because every quote looks there. */
  readonly spotOf: (Spot | undefined)[];
  readonly bases: (Basis | undefined)[];
}

const params = {
  limitBps: { default: 40, unit: "bps", about: "Deviation of the basis from its usual value" },
  sigmas: { default: 8, unit: "sigma", about: "And at least this many of its own standard deviations" },
  markBps: {
    default: 75,
    unit: "bps",
    about: "Mark price of a perpetual away from the index by this much, whatever is usual",
  },
  everyMs: { default: 1000, unit: "ms", about: "How often a basis is judged" },
  tauMs: { default: 3_600_000, unit: "ms", about: "Memory of the usual basis" },
  learn: { default: 30, unit: "count", about: "Judgements before anything is said" },
} as const;

/** A derivative left its spot or index price by far more than it usually does. */
export const basisDislocation = detector(
  {
    name: "basis-dislocation",
    title: "The basis is out of line",
    alert: "market.basis",
    stream: ["quote", "mark"],
    scope: "asset",
    concerns: ({ type }) => type !== "option",
    params,
    source: "own; mark against index as in the venues' liquidation rules",
  },
  {
    init: (): State => ({ spots: new Map(), spotOf: [], bases: [] }),
    step(state, event, p) {
      const { market, receivedAt } = event;
      if (event.kind === "mark") {
        // A dated future stands off the index by its carry for months; its basis is judged against spot, by what is usual.
        if (market.type === "future") return NOTHING;
        const basis = basisOf(state, market);
        const bps = (event.mark / event.index - 1) * 1e4;
        return Number.isNaN(bps)
          ? NOTHING
          : judge(basis, event, bps, scoreOf(Math.abs(bps), p.markBps), "its index", p);
      }
      const spot = state.spotOf[market.id] ?? spotOf(state, market);
      if (market.type === "spot") {
        spot.mid = (event.bid + event.ask) / 2;
        spot.at = receivedAt;
        return NOTHING;
      }
      if (!(receivedAt - spot.at < 5000)) return NOTHING;
      const basis = basisOf(state, market);
      if (receivedAt - basis.judgedAt < p.everyMs) return NOTHING;
      basis.judgedAt = receivedAt;
      const bps = ((event.bid + event.ask) / 2 / spot.mid - 1) * 1e4;
      const apart = Math.abs(bps - basis.learned.mean);
      const score =
        basis.learned.count < p.learn
          ? 0
          : Math.min(scoreOf(apart, p.limitBps), scoreOf(apart, p.sigmas * sigma(basis.learned)));
      if (!basis.gate.on) learn(basis.learned, bps, receivedAt, p.tauMs);
      return judge(basis, event, bps, score, "spot", p);
    },
  },
);

function spotOf(state: State, { id, quote }: Market): Spot {
  const money = moneyOf(quote);
  const spot = state.spots.get(money) ?? { mid: Number.NaN, at: Number.NaN };
  state.spots.set(money, spot);
  state.spotOf[id] = spot;
  return spot;
}

function basisOf(state: State, market: Market): Basis {
  const known = state.bases[market.id];
  if (known) return known;
  const basis: Basis = { learned: createDecayed(), gate: createGate(), judgedAt: Number.NEGATIVE_INFINITY };
  state.bases[market.id] = basis;
  return basis;
}

function judge(
  basis: Basis,
  event: MarketEvent,
  bps: number,
  score: number,
  than: string,
  p: { limitBps: number },
): readonly Finding[] {
  const verdict = pass(basis.gate, score, event.at, { release: 0.5, holdMs: 10_000, quietMs: 60_000 });
  if (verdict === "silent") return NOTHING;
  if (verdict === "resolve") return [resolved(event, `${event.market.instrument} follows ${than} again`)];
  const evidence = {
    basisBps: bps,
    usualBps: basis.learned.mean,
    sigmaBps: sigma(basis.learned),
    limitBps: p.limitBps,
  };
  return [firing(event, score, `${event.market.instrument} is ${bps.toFixed(0)} bps from ${than}`, evidence)];
}
