import { detector } from "./detector.ts";
import { NOTHING, firing, judged, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import type { Market } from "./event.ts";
import { addTo, createWindow, slide } from "./stats.ts";

const params = {
  floorMs: { default: 10_000, unit: "ms", about: "No silence of a whole venue shorter than this is an outage" },
  times: { default: 10, unit: "times", about: "Or this many times the longest silence learned" },
  gaps: { default: 8, unit: "count", about: "Broken sequences within the window that count as an outage" },
  windowMs: { default: 60_000, unit: "ms", about: "Window over which broken sequences are counted" },
  learn: { default: 200, unit: "count", about: "Messages heard before anything is said" },
} as const;

/** A whole venue fell silent, closed its sockets, or loses messages again and again. */
export const venueOutage = detector(
  {
    name: "venue-outage",
    title: "A venue is out",
    alert: "venue.outage",
    stream: ["quote", "depth", "trade", "feed", "tick"],
    scope: "venue",
    params,
    source: "own",
  },
  {
    init: (p) => ({
      market: undefined as Market | undefined,
      last: Number.NaN,
      offsetMs: 0,
      longest: 0,
      count: 0,
      closed: false,
      gaps: createWindow(p.windowMs),
      gate: createGate(),
    }),
    step(state, event, p) {
      if (event.kind === "feed") {
        if (event.state === "gap" || event.state === "checksum") addTo(state.gaps, event.receivedAt, 1);
        if (event.state === "closed") state.closed = true;
        if (event.state === "open") state.closed = false;
        state.market ??= event.market;
        return NOTHING;
      }
      if (event.kind !== "tick") {
        const gap = event.receivedAt - state.last;
        if (gap > state.longest && !state.gate.on) state.longest = gap;
        state.last = event.receivedAt;
        state.offsetMs = event.receivedAt - event.at;
        state.count += 1;
        state.market ??= event.market;
        state.closed = false;
        return NOTHING;
      }
      const { market } = state;
      if (market === undefined || state.count < p.learn) return NOTHING;
      slide(state.gaps, event.receivedAt);
      const silence = event.receivedAt - state.last;
      const limit = Math.max(p.floorMs, p.times * state.longest);
      const score = Math.max(
        scoreOf(silence, limit),
        scoreOf(state.gaps.count, p.gaps),
        state.closed ? scoreOf(silence, p.floorMs / 2) : 0,
      );
      const verdict = pass(state.gate, score, event.at, { release: 0.3, holdMs: 2000, quietMs: 30_000 });
      if (verdict === "silent") return NOTHING;
      const here = judged({ ...event, market, at: Math.round(event.receivedAt - state.offsetMs) }, "*");
      if (verdict === "resolve") return [resolved(here, `${market.venue} is back`)];
      const evidence = {
        silenceMs: silence,
        limitMs: limit,
        brokenSequences: state.gaps.count,
        socketClosed: state.closed,
      };
      return [firing(here, score, `${market.venue} is silent or loses messages`, evidence)];
    },
  },
);
