import { detector } from "./detector.ts";
import type { DepthEvent, TradeEvent } from "./event.ts";
import { NOTHING, type Finding, firing, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import { isNone, nextOf } from "../quant/book/depth.ts";
import { sizeAt } from "../quant/book/book.ts";
import { createDecayed, learn, type Decayed } from "./stats.ts";

/** How many large orders are followed at once. */
const SLOTS = 64;

/** A large order that was placed, and what happened since. */
interface Placed {
  side: 0 | 1;
  tick: number;
  size: number;
  at: number;
  /** Its size over the usual touch. */
  times: number;
  /** Index of its distance in BANDS_BPS. */
  band: number;
  /** Traded at its price since. */
  filled: number;
  /** Value taken from the other side since, which a spoofer wants. */
  opposite: number;
}

/** A large order that was pulled before the price reached it. */
interface Pulled {
  readonly side: 0 | 1;
  readonly tick: number;
  readonly size: number;
  readonly at: number;
  readonly times: number;
  readonly lifeMs: number;
  readonly opposite: number;
  readonly weight: number;
}

interface State {
  readonly placed: Placed[];
  pulled: Pulled[];
  /** Size below which no order is looked at; Infinity before enough was seen. */
  large: number;
  /** Usual sum of the best levels of a side. */
  readonly usual: Decayed;
  /** Learned limits on sizes, in touches, by distance; and when they were last let down. */
  readonly limits: Float64Array;
  limitAt: number;
  /** Since when it learns. */
  since: number;
  measuredAt: number;
  readonly gates: readonly [Gate, Gate];
}

const params = {
  frontTimes: {
    default: 1,
    unit: "times",
    about: "Least size over the five best levels and all that stands in front of it: smaller orders mislead nobody",
  },
  perHour: {
    default: 4,
    unit: "count",
    about: "Pulls an hour at one distance that are ordinary: the limit on sizes is learned so that no more exceed it",
  },
  learnMs: { default: 60_000, unit: "ms", about: "Time over which the limit is first learned; nothing is said before" },
  leastMs: { default: 80, unit: "ms", about: "Shorter lives are the venue's batching" },
  mostMs: { default: 12_000, unit: "ms", about: "Longer lives are orders that were meant" },
  pulledRatio: { default: 0.8, unit: "ratio", about: "Part of the size that goes away at once" },
  filledRatio: { default: 0.1, unit: "ratio", about: "Traded part above which the order was meant" },
  pulls: {
    default: 7,
    unit: "count",
    about: "Pulls of one side within the window, and their weight, at which it speaks",
  },
  windowMs: { default: 60_000, unit: "ms", about: "Window over which pulls are counted" },
} as const;

/** Distances from the best price at which limits are learned apart: large orders come and go the more, the further away. */
const BANDS_BPS = [0.3, 1, 2, 4, 8, 16];

/** Levels of each side that make up the usual touch. */
const TOUCH_LEVELS = 5;

/**
 * Spoofing and layering: large orders near the best price, placed and pulled before they trade, again and again on one
 * side, while the other side is traded. Anonymous books name nobody, so a hit is a pattern, not a person.
 */
export const spoofing = detector(
  {
    name: "spoofing",
    title: "Large orders are placed and pulled",
    alert: "market.spoofing",
    stream: ["depth", "trade"],
    scope: "market",
    params,
    source: "CFTC interpretive guidance 2013 (78 FR 31890); MAR Annex I indicators; Cartea, Jaimungal & Wang 2020",
  },
  {
    init: (p): State => ({
      placed: [],
      pulled: [],
      large: Number.POSITIVE_INFINITY,
      usual: createDecayed(),
      limits: new Float64Array(BANDS_BPS.length).fill(p.frontTimes),
      limitAt: Number.NaN,
      since: Number.NaN,
      measuredAt: Number.NEGATIVE_INFINITY,
      gates: [createGate(), createGate()],
    }),
    step(state, event, p) {
      if (event.kind === "trade") {
        if (state.placed.length > 0) traded(state, event);
        return NOTHING;
      }
      if (event.at - state.measuredAt >= 500) measure(state, event, p);
      if (event.snapshot) {
        state.placed.length = 0;
        return NOTHING;
      }
      return compare(state, event, p);
    },
  },
);

type P = { readonly [Name in keyof typeof params]: number };

/** Learns how much usually stands at the best levels, and lets the limit down as time passes. */
function measure(state: State, event: DepthEvent, p: P): void {
  const { book, at } = event;
  state.measuredAt = at;
  if (isNone(book.bestBid) || isNone(book.bestAsk)) return;
  if (Number.isNaN(state.since)) state.since = at;
  for (const side of [0, 1] as const) {
    let touch = 0;
    let tick = side === 0 ? book.bestBid : book.bestAsk;
    for (let i = 0; i < TOUCH_LEVELS && !isNone(tick); i += 1) {
      // A single wall must not raise the measure by which it is judged.
      const size = sizeAt(book, side, tick);
      touch += state.usual.count > 10 ? Math.min(size, state.usual.mean) : size;
      tick = nextOf(book, side, tick);
    }
    learn(state.usual, touch, at, 60_000);
  }
  if (state.usual.count >= 20) state.large = p.frontTimes * state.usual.mean;
  // They fall between pulls as fast as the ordinary number of pulls raises them.
  const fall = Number.isNaN(state.limitAt) ? 1 : Math.exp((-STEP * p.perHour * (at - state.limitAt)) / 3_600_000);
  for (let band = 0; band < state.limits.length; band += 1)
    state.limits[band] = Math.max(state.limits[band]! * fall, p.frontTimes);
  state.limitAt = at;
}

/** How much a pull beyond a limit raises it, as a logarithm. */
const STEP = 0.08;

function traded(state: State, event: TradeEvent): void {
  const { book } = event.market;
  if (book === undefined) return;
  const scale = 10 ** book.decimals;
  const tick = Math.round(event.price * scale);
  for (const one of state.placed) {
    // A seller who takes hits bids: that fills a bid of ours and serves a spoofed ask.
    if (event.taker === -1) {
      if (one.side === 0 && tick <= one.tick) one.filled += event.size;
      else if (one.side === 1) one.opposite += event.size;
    } else if (one.side === 1 && tick >= one.tick) one.filled += event.size;
    else if (one.side === 0) one.opposite += event.size;
  }
}

function compare(state: State, event: DepthEvent, p: P): readonly Finding[] {
  const { sizes, before, ticks, bidCount, count } = event;
  const { large } = state;
  let pulls = 0;
  for (let i = 0; i < count; i += 1) {
    const change = sizes[i]! - before[i]!;
    if (change >= large) place(state, event, i < bidCount ? 0 : 1, ticks[i]!, change, p);
    else if (change <= -0.5 * large && state.placed.length > 0)
      pulls += pull(state, event, i < bidCount ? 0 : 1, ticks[i]!, -change, p);
  }
  if (pulls === 0) {
    if (state.gates[0].on || state.gates[1].on) settle(state, event);
    return NOTHING;
  }
  return speak(state, event, p);
}

/** Follows an order that outweighs the touch and all that stands in front of it. */
function place(state: State, event: DepthEvent, side: 0 | 1, tick: number, size: number, p: P): void {
  const { book } = event;
  const best = side === 0 ? book.bestBid : book.bestAsk;
  const awayBps = (Math.abs(best - tick) / best) * 1e4;
  const band = BANDS_BPS.findIndex((limit) => awayBps <= limit);
  if (band < 0 || size < state.limits[band]! * state.usual.mean) return;
  const most = size / p.frontTimes - state.usual.mean;
  let front = 0;
  for (let next = best; next !== tick; next = nextOf(book, side, next)) {
    if (isNone(next)) return;
    front += sizeAt(book, side, next);
    if (front > most) return;
  }
  if (state.placed.length >= SLOTS) state.placed.shift();
  state.placed.push({ side, tick, size, at: event.at, times: size / state.usual.mean, band, filled: 0, opposite: 0 });
}

function pull(state: State, event: DepthEvent, side: 0 | 1, tick: number, size: number, p: P): number {
  let found = 0;
  for (let i = state.placed.length - 1; i >= 0; i -= 1) {
    const one = state.placed[i]!;
    const lifeMs = event.at - one.at;
    if (lifeMs > p.mostMs) {
      state.placed.splice(i, 1);
      continue;
    }
    if (one.side !== side || one.tick !== tick || size < p.pulledRatio * one.size) continue;
    state.placed.splice(i, 1);
    if (lifeMs < p.leastMs || one.filled > p.filledRatio * one.size) continue;
    const limit = state.limits[one.band]!;
    if (one.times < limit) continue;
    const learning = event.at - state.since < p.learnMs;
    state.limits[one.band] = limit * Math.exp(learning ? 3 * STEP : STEP);
    if (learning) continue;
    // Larger orders, and those under which the other side traded, weigh more.
    const weight = Math.min(2, one.times / limit) * (one.opposite > 0 ? 1 : 0.5);
    state.pulled.push({
      side,
      tick,
      size: one.size,
      at: event.at,
      times: one.times,
      lifeMs,
      opposite: one.opposite,
      weight,
    });
    found += 1;
  }
  return found;
}

function weightOf(state: State, side: 0 | 1, at: number, p: P): number {
  state.pulled = state.pulled.filter((one) => at - one.at <= p.windowMs);
  let weight = 0;
  for (const one of state.pulled) weight += one.side === side ? one.weight : -one.weight / 2;
  return Math.max(0, weight);
}

/** Closes a gate when nothing was pulled for a while: the pattern is over, and the next one is another. */
function settle(state: State, event: DepthEvent): void {
  const last = state.pulled.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  if (event.at - last < OVER_MS) return;
  state.pulled = [];
  for (const gate of state.gates) pass(gate, 0, event.at, SETTINGS);
}

const OVER_MS = 20_000;
const SETTINGS = { release: 0.5, holdMs: 0, quietMs: 10_000 };

function speak(state: State, event: DepthEvent, p: P): readonly Finding[] {
  const side = state.pulled.at(-1)!.side;
  const weight = weightOf(state, side, event.at, p);
  const mine = state.pulled.filter((one) => one.side === side);
  const score = scoreOf(Math.min(weight, mine.length), p.pulls);
  if (pass(state.gates[side], score, event.at, SETTINGS) !== "fire") return NOTHING;
  const scale = 10 ** event.book.decimals;
  const levels = new Set(mine.map((one) => one.tick)).size;
  const evidence = {
    side: side === 0 ? "bid" : "ask",
    pulledOrders: mine.length,
    levels,
    largestSize: Math.max(...mine.map((one) => one.size)),
    usualTouchSize: state.usual.mean,
    largestTimes: Math.max(...mine.map((one) => one.times)),
    meanLifeMs: mine.reduce((sum, one) => sum + one.lifeMs, 0) / mine.length,
    tradedOnOtherSide: mine.reduce((sum, one) => sum + one.opposite, 0),
    lastPrice: mine.at(-1)!.tick / scale,
    weightedPulls: weight,
  };
  const title = `${mine.length} large ${side === 0 ? "bids" : "asks"} of ${event.market.instrument} were placed and pulled untraded`;
  const chart = { title: "size of pulled orders", at: mine.map((one) => one.at), value: mine.map((one) => one.size) };
  return [firing(event, score, title, evidence, chart)];
}
