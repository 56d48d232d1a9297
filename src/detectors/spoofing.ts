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
  readonly lifeMs: number;
  readonly opposite: number;
  readonly weight: number;
}

interface State {
  readonly placed: Placed[];
  pulled: Pulled[];
  /** Size from which an order is large; Infinity before enough was seen. */
  large: number;
  readonly usual: Decayed;
  measuredAt: number;
  readonly gates: readonly [Gate, Gate];
}

const params = {
  timesTouch: {
    default: 6,
    unit: "times",
    about: "An order is large beyond this many times the usual size of a level near the best price",
  },
  levels: { default: 10, unit: "count", about: "Levels near the best price whose sizes are averaged" },
  nearBps: { default: 20, unit: "bps", about: "Orders further from the best price do not mislead anyone" },
  leastMs: { default: 80, unit: "ms", about: "Shorter lives are the venue's batching" },
  mostMs: { default: 12_000, unit: "ms", about: "Longer lives are orders that were meant" },
  pulledRatio: { default: 0.8, unit: "ratio", about: "Part of the size that goes away at once" },
  filledRatio: { default: 0.1, unit: "ratio", about: "Traded part above which the order was meant" },
  pulls: { default: 3, unit: "count", about: "Weighted pulls of one side within the window at which it speaks" },
  windowMs: { default: 45_000, unit: "ms", about: "Window over which pulls are counted" },
} as const;

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
    init: (): State => ({
      placed: [],
      pulled: [],
      large: Number.POSITIVE_INFINITY,
      usual: createDecayed(),
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

/** Learns how large a level near the best price usually is. */
function measure(state: State, event: DepthEvent, p: P): void {
  const { book } = event;
  state.measuredAt = event.at;
  if (isNone(book.bestBid) || isNone(book.bestAsk)) return;
  let total = 0;
  let count = 0;
  for (const side of [0, 1] as const) {
    let tick = side === 0 ? book.bestBid : book.bestAsk;
    for (let i = 0; i < p.levels && !isNone(tick); i += 1) {
      // A single wall must not raise the measure by which it is judged.
      const size = sizeAt(book, side, tick);
      total += state.usual.count > 10 ? Math.min(size, 4 * state.usual.mean) : size;
      count += 1;
      tick = nextOf(book, side, tick);
    }
  }
  learn(state.usual, total / count, event.at, 60_000);
  if (state.usual.count >= 20) state.large = p.timesTouch * state.usual.mean;
}

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
    if (state.gates[0].on || state.gates[1].on) settle(state, event, p);
    return NOTHING;
  }
  return speak(state, event, p);
}

function place(state: State, event: DepthEvent, side: 0 | 1, tick: number, size: number, p: P): void {
  const best = side === 0 ? event.book.bestBid : event.book.bestAsk;
  const away = side === 0 ? best - tick : tick - best;
  if (away * 1e4 > p.nearBps * best) return;
  if (state.placed.length >= SLOTS) state.placed.shift();
  state.placed.push({ side, tick, size, at: event.at, filled: 0, opposite: 0 });
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
    // Larger orders, and those under which the other side traded, weigh more.
    const weight = Math.min(2, one.size / state.large) * (one.opposite > 0 ? 1 : 0.5);
    state.pulled.push({ side, tick, size: one.size, at: event.at, lifeMs, opposite: one.opposite, weight });
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

/** Lets a gate close while nothing is pulled. */
function settle(state: State, event: DepthEvent, p: P): void {
  for (const side of [0, 1] as const) {
    const gate = state.gates[side];
    if (gate.on && event.at - gate.firedAt > p.windowMs)
      pass(gate, scoreOf(weightOf(state, side, event.at, p), p.pulls), event.at, SETTINGS);
  }
}

const SETTINGS = { release: 0.5, holdMs: 5000, quietMs: 30_000 };

function speak(state: State, event: DepthEvent, p: P): readonly Finding[] {
  const side = state.pulled.at(-1)!.side;
  const weight = weightOf(state, side, event.at, p);
  const score = scoreOf(weight, p.pulls);
  if (pass(state.gates[side], score, event.at, SETTINGS) !== "fire") return NOTHING;
  const mine = state.pulled.filter((one) => one.side === side);
  const scale = 10 ** event.book.decimals;
  const levels = new Set(mine.map((one) => one.tick)).size;
  const evidence = {
    side: side === 0 ? "bid" : "ask",
    pulledOrders: mine.length,
    levels,
    largestSize: Math.max(...mine.map((one) => one.size)),
    usualLevelSize: state.usual.mean,
    meanLifeMs: mine.reduce((sum, one) => sum + one.lifeMs, 0) / mine.length,
    tradedOnOtherSide: mine.reduce((sum, one) => sum + one.opposite, 0),
    lastPrice: mine.at(-1)!.tick / scale,
    weightedPulls: weight,
  };
  const title = `${mine.length} large ${side === 0 ? "bids" : "asks"} of ${event.market.instrument} were placed and pulled untraded`;
  const chart = { title: "size of pulled orders", at: mine.map((one) => one.at), value: mine.map((one) => one.size) };
  return [firing(event, score, title, evidence, chart)];
}
