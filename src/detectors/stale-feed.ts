import { detector } from "./detector.ts";
import { type Finding, NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import type { DepthEvent, Market, QuoteEvent, TickEvent } from "./event.ts";

interface State {
  market: Market | undefined;
  last: number;
  count: number;
  /** Longest silence heard, slowly forgotten. */
  longest: number;
  /** Receive time minus venue time: usual, and of late. The recorder's clock may be off by seconds. */
  usualLag: number;
  lag: number;
  gate: Gate;
}

const params = {
  floorMs: { default: 5000, unit: "ms", about: "No silence shorter than this is stale" },
  times: { default: 4, unit: "times", about: "A silence is stale beyond this many times the longest one learned" },
  lagMs: { default: 2000, unit: "ms", about: "Messages later than usual by this much are stale" },
  learn: { default: 50, unit: "count", about: "Messages heard before anything is said" },
  quietMs: { default: 30_000, unit: "ms", about: "Silence of the detector after a feed came back" },
} as const;

/** An instrument's quotes and book stopped, or come late: limits are learned from the stream itself. */
export const staleFeed = detector(
  {
    name: "stale-feed",
    title: "A feed is stale",
    alert: "feed.stale",
    stream: ["quote", "depth", "tick"],
    scope: "market",
    params,
    source: "own; ccxt issues 19717 and 17827: a book can stop without an error",
  },
  {
    init: (): State => ({
      market: undefined,
      last: Number.NaN,
      count: 0,
      longest: 0,
      usualLag: Number.NaN,
      lag: Number.NaN,
      gate: createGate(),
    }),
    step(state, event, p) {
      if (event.kind !== "tick") {
        hear(state, event);
        return NOTHING;
      }
      return judge(state, event, p);
    },
  },
);

function hear(state: State, event: DepthEvent | QuoteEvent): void {
  const { receivedAt } = event;
  const gap = receivedAt - state.last;
  // A quarter of the memory is gone after some 30,000 messages.
  if (gap > state.longest && !state.gate.on) state.longest = gap;
  else state.longest *= 0.99999;
  state.last = receivedAt;
  state.count += 1;
  state.market = event.market;
  const lag = receivedAt - event.at;
  if (Number.isNaN(state.lag)) {
    state.lag = lag;
    state.usualLag = lag;
  } else {
    state.lag += (lag - state.lag) / 16;
    // Lateness that was told must not become the usual within a minute; in an hour a clock that was set is.
    state.usualLag += (lag - state.usualLag) / (state.count < 50 ? 8 : state.gate.on ? 131_072 : 2048);
  }
}

function judge(
  state: State,
  event: TickEvent,
  p: { floorMs: number; times: number; lagMs: number; learn: number; quietMs: number },
): readonly Finding[] {
  const { market } = state;
  if (market === undefined || state.count < p.learn) return NOTHING;
  const silence = event.receivedAt - state.last;
  const limit = Math.max(p.floorMs, p.times * state.longest);
  const late = state.lag - state.usualLag;
  const score = Math.max(scoreOf(silence, limit), scoreOf(late, p.lagMs));
  const verdict = pass(state.gate, score, event.at, { release: 0.5, holdMs: 0, quietMs: p.quietMs });
  if (verdict === "silent") return NOTHING;
  // The venue's clock at this moment, by what its messages said.
  const at = Math.round(event.receivedAt - state.usualLag);
  const here = { ...event, market, at };
  if (verdict === "resolve") return [resolved(here, `${market.instrument} at ${market.venue} is live again`)];
  const words =
    scoreOf(silence, limit) >= 0.5
      ? `said nothing for ${(silence / 1000).toFixed(1)} s`
      : `comes ${(late / 1000).toFixed(1)} s late`;
  const evidence = {
    silenceMs: silence,
    limitMs: limit,
    longestUsualMs: state.longest,
    lateMs: late,
    clockOffsetMs: state.usualLag,
  };
  return [firing(here, score, `${market.instrument} at ${market.venue} ${words}`, evidence)];
}
