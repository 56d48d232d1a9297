import { type Detector, valuesOf } from "./detector.ts";
import type { EventKind, Market, MarketEvent, TickEvent } from "./event.ts";
import type { Hit } from "./finding.ts";

const SECOND_MS = 1000;
const PAUSE_MS = 3_600_000;

/** A detector at work: its settings and one state for each market, coin, venue or for all. */
interface Post {
  readonly detector: Detector;
  readonly scope: Detector["scope"];
  readonly step: (state: unknown, event: MarketEvent, params: Record<string, number>) => ReturnType<Detector["step"]>;
  readonly params: Record<string, number>;
  readonly states: unknown[];
}

/** Detectors over one stream of events. */
export interface Watch {
  /** Takes the next event; hits go to `onHit` before it returns. */
  take(event: MarketEvent): void;
  /** Lets our clock pass: every whole second up to `receivedAt` becomes a tick. */
  advance(receivedAt: number): void;
  readonly detectors: readonly Detector[];
}

/** What a watch is made of. */
export interface WatchOptions {
  readonly detectors: readonly Detector[];
  /** Settings put over the defaults, by detector's name. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly onHit: (hit: Hit) => void;
}

/**
 * Runs detectors. Ticks are a function of the events' own times: before any event received in a later second, so live
 * and replay see the same sequence at any speed.
 */
export function createWatch({ detectors, params, onHit }: WatchOptions): Watch {
  const posts = detectors.map((detector): Post => ({
    detector,
    scope: detector.scope,
    step: detector.step as unknown as Post["step"],
    params: valuesOf(detector.params, params?.[detector.name]),
    states: [],
  }));
  const byKind = new Map<EventKind, Post[]>();
  for (const post of posts) {
    for (const kind of post.detector.stream) byKind.set(kind, [...(byKind.get(kind) ?? []), post]);
  }
  const of = (kind: EventKind): readonly Post[] => byKind.get(kind) ?? [];
  // One list a kind in a variable of its own: a look-up by name for every event would cost more than most steps.
  const [trades, quotes, depths, ticks] = [of("trade"), of("quote"), of("depth"), of("tick")];
  const clock: TickEvent = { kind: "tick", market: CLOCK, at: Number.NaN, receivedAt: Number.NaN };
  let nextTick = Number.NaN;

  function report(post: Post, findings: ReturnType<Detector["step"]>): void {
    for (const { market, ...finding } of findings) {
      const { name, alert } = post.detector;
      onHit({ detector: name, alert, venue: market.venue, instrument: market.instrument, ...finding });
    }
  }

  function run(list: readonly Post[], event: MarketEvent): void {
    const { market } = event;
    for (let i = 0; i < list.length; i += 1) {
      const post = list[i]!;
      const { scope } = post;
      const key =
        scope === "market" ? market.id : scope === "asset" ? market.assetId : scope === "venue" ? market.venueId : 0;
      const states = post.states;
      let state = states[key];
      if (state === undefined) {
        state = post.detector.init(post.params);
        states[key] = state;
      }
      const findings = post.step(state, event, post.params);
      if (findings.length > 0) report(post, findings);
    }
  }

  /** A tick reaches every state that exists. */
  function tick(): void {
    for (const post of ticks) {
      for (const state of post.states) {
        if (state === undefined) continue;
        const findings = post.step(state, clock, post.params);
        if (findings.length > 0) report(post, findings);
      }
    }
  }

  function advance(receivedAt: number): void {
    if (Number.isNaN(nextTick)) nextTick = Math.floor(receivedAt / SECOND_MS) * SECOND_MS + SECOND_MS;
    if (receivedAt - nextTick > PAUSE_MS || ticks.every((post) => post.states.length === 0)) {
      // Nothing at all for an hour is where one recording ends and another begins: no feed is stale for that.
      // Where nobody listens, there is no need to walk second by second.
      for (const post of ticks) post.states.length = 0;
      nextTick = Math.floor(receivedAt / SECOND_MS) * SECOND_MS + SECOND_MS;
    }
    while (receivedAt >= nextTick) {
      clock.at = nextTick;
      clock.receivedAt = nextTick;
      nextTick += SECOND_MS;
      tick();
    }
  }

  return {
    detectors,
    advance,
    take(event) {
      if (!(event.receivedAt < nextTick)) advance(event.receivedAt);
      switch (event.kind) {
        case "quote":
          run(quotes, event);
          return;
        case "trade":
          run(trades, event);
          return;
        case "depth":
          run(depths, event);
          return;
        default:
          run(of(event.kind), event);
      }
    },
  };
}

/** Ticks belong to no market. */
const CLOCK: Market = {
  id: -1,
  venue: "",
  venueId: -1,
  instrument: "",
  raw: "",
  type: "spot",
  base: "",
  assetId: -1,
  quote: "",
  inverse: false,
  expiresAt: Number.NaN,
  option: undefined,
  book: undefined,
};
