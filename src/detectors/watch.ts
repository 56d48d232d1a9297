import { type Detector, valuesOf } from "./detector.ts";
import type { EventKind, Market, MarketEvent, TickEvent } from "./event.ts";
import type { Hit } from "./finding.ts";

const SECOND_MS = 1000;
const PAUSE_MS = 3_600_000;
/** No venue's clock runs further ahead of ours; believed, such a time would let every window wait for it to come. */
const AHEAD_MS = 60_000;

type Step = (state: unknown, event: MarketEvent, params: Record<string, number>) => ReturnType<Detector["step"]>;

/** A detector at work: its settings and one state for each market, coin, venue or for all. */
interface Post {
  readonly detector: Detector;
  readonly params: Record<string, number>;
  readonly states: unknown[];
}

/** A detector's step on the state that one market's events of one kind move. */
interface Listener {
  readonly post: Post;
  readonly step: Step;
  readonly state: unknown;
  readonly params: Record<string, number>;
}

/** Who listens to one kind of event, by market's id; a market's listeners are found at its first event of the kind. */
type Wires = (readonly Listener[])[];

/** Index of the state that a market's events move. */
const keyOf = (scope: Detector["scope"], market: Market): number =>
  scope === "market" ? market.id : scope === "asset" ? market.assetId : scope === "venue" ? market.venueId : 0;

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
    params: valuesOf(detector.params, params?.[detector.name]),
    states: [],
  }));
  const ticks = posts.filter((post) => post.detector.stream.includes("tick"));
  // One variable for each of the kinds that come most: a look-up by name for every event would cost more than most steps.
  const [trades, quotes, depths]: [Wires, Wires, Wires] = [[], [], []];
  const wires = new Map<EventKind, Wires>([
    ["trade", trades],
    ["quote", quotes],
    ["depth", depths],
  ]);
  const clock: TickEvent = { kind: "tick", market: CLOCK, at: Number.NaN, receivedAt: Number.NaN };
  let nextTick = Number.NaN;

  function wiresOf(kind: EventKind): Wires {
    const known = wires.get(kind) ?? [];
    wires.set(kind, known);
    return known;
  }

  function listen(kind: EventKind, market: Market): readonly Listener[] {
    const listeners = posts
      .filter(({ detector: { stream, concerns } }) => stream.includes(kind) && concerns?.(market) !== false)
      .map((post): Listener => {
        const { init, step, scope } = post.detector;
        const state = (post.states[keyOf(scope, market)] ??= init(post.params));
        return { post, step: step as unknown as Step, state, params: post.params };
      });
    wiresOf(kind)[market.id] = listeners;
    return listeners;
  }

  function report(post: Post, findings: ReturnType<Detector["step"]>): void {
    for (const { market, ...finding } of findings) {
      const { name, alert } = post.detector;
      onHit({ detector: name, alert, venue: market.venue, instrument: market.instrument, ...finding });
    }
  }

  function run(list: Wires, event: MarketEvent): void {
    const listeners = list[event.market.id] ?? listen(event.kind, event.market);
    for (let i = 0; i < listeners.length; i += 1) {
      const { post, step, state, params: values } = listeners[i]!;
      const findings = step(state, event, values);
      if (findings.length > 0) report(post, findings);
    }
  }

  /** A tick reaches every state that exists. */
  function tick(): void {
    for (const post of ticks) {
      const step = post.detector.step as unknown as Step;
      for (const state of post.states) {
        if (state === undefined) continue;
        const findings = step(state, clock, post.params);
        if (findings.length > 0) report(post, findings);
      }
    }
  }

  function forget(): void {
    for (const post of ticks) post.states.length = 0;
    for (const list of wires.values()) list.length = 0;
  }

  function advance(receivedAt: number): void {
    const apart = receivedAt - nextTick;
    // Nothing at all for an hour is where one recording ends and another begins: no feed is stale for that.
    if (apart > PAUSE_MS) forget();
    // Where nobody listens, there is no need to walk second by second.
    if (!(apart <= PAUSE_MS) || ticks.every((post) => post.states.length === 0)) {
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
      if (event.at - event.receivedAt > AHEAD_MS) event.at = event.receivedAt;
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
          run(wiresOf(event.kind), event);
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
