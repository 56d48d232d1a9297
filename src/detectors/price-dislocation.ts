import { moneyOf } from "../kernel/dollar.ts";
import { detector } from "./detector.ts";
import { NOTHING, type Finding, firing, resolved, scoreOf } from "./finding.ts";
import { type Gate, createGate, pass } from "./gate.ts";
import type { Market, QuoteEvent } from "./event.ts";
import { oneCoin } from "./tops.ts";

/** One instrument's last quote. */
interface Place {
  readonly market: Market;
  bid: number;
  ask: number;
  mid: number;
  receivedAt: number;
}

/** Two instruments of one coin and kind, as seen from the first. */
interface Pair {
  readonly other: Place;
  /** Usual ratio of the mids: stablecoins and index differences stand in it. */
  usual: number;
  usualAt: number;
  since: number;
  /** Since when the edge has been open. */
  openAt: number;
  readonly gate: Gate;
}

interface State {
  readonly places: (Place | undefined)[];
  readonly pairs: (Pair[] | undefined)[];
}

const params = {
  feeBps: { default: 5, unit: "bps", about: "Taker's fee at each venue" },
  edgeBps: { default: 10, unit: "bps", about: "What must be left after both fees" },
  freshMs: { default: 2000, unit: "ms", about: "Older quotes are not compared" },
  openMs: { default: 500, unit: "ms", about: "How long the edge must last: shorter is the speed of light" },
  learnMs: { default: 10_000, unit: "ms", about: "Time over which the usual ratio is learned before anything is said" },
  tauMs: { default: 300_000, unit: "ms", about: "Memory of the usual ratio" },
} as const;

/** One coin trades apart at two venues by more than both fees, after the usual difference is taken off. */
export const priceDislocation = detector(
  {
    name: "price-dislocation",
    title: "Prices are apart across venues",
    alert: "market.dislocation",
    stream: ["quote"],
    scope: "asset",
    concerns: ({ type }) => type === "spot" || type === "perpetual",
    params,
    source: "own; arbitrage net of fees as in Makarov & Schoar 2020",
  },
  {
    init: (): State => ({ places: [], pairs: [] }),
    step(state, event, p) {
      const { id } = event.market;
      let place = state.places[id];
      if (place === undefined) {
        place = { market: event.market, bid: Number.NaN, ask: Number.NaN, mid: Number.NaN, receivedAt: Number.NaN };
        join(state, place);
      }
      place.receivedAt = event.receivedAt;
      if (place.bid === event.bid && place.ask === event.ask) return NOTHING;
      place.bid = event.bid;
      place.ask = event.ask;
      place.mid = (event.bid + event.ask) / 2;
      const pairs = state.pairs[id]!;
      for (let i = 0; i < pairs.length; i += 1) {
        const pair = pairs[i]!;
        if (event.receivedAt - pair.other.receivedAt > p.freshMs || !(pair.other.mid > 0)) continue;
        const findings = compare(place, pair, event, p);
        // A place has one alert, which ends with the last of its pairs.
        if (findings[0]?.status === "resolved" && pairs.some((one) => one.gate.on)) continue;
        if (findings.length > 0) return findings;
      }
      return NOTHING;
    },
  },
);

/** Pairs the newcomer with those of its kind; the pair belongs to both, told from the side whose quote moved. */
function join(state: State, place: Place): void {
  const { id, type, venueId, quote } = place.market;
  state.places[id] = place;
  state.pairs[id] = [];
  for (const other of state.places) {
    if (other === undefined || other === place || other.market.type !== type) continue;
    if (moneyOf(other.market.quote) !== moneyOf(quote)) continue;
    // A venue's own instruments are quoted one after the other: in a fast market the second always looks dearer.
    if (other.market.venueId === venueId) continue;
    const fresh = (to: Place): Pair => ({
      other: to,
      usual: Number.NaN,
      usualAt: Number.NaN,
      since: Number.NaN,
      openAt: Number.NaN,
      gate: createGate(),
    });
    state.pairs[id].push(fresh(other));
    state.pairs[other.market.id]!.push(fresh(place));
  }
}

function compare(
  place: Place,
  pair: Pair,
  event: QuoteEvent,
  p: { feeBps: number; edgeBps: number; openMs: number; learnMs: number; tauMs: number },
): readonly Finding[] {
  const { other } = pair;
  const ratio = place.mid / other.mid;
  if (Number.isNaN(pair.usual)) {
    pair.usual = ratio;
    pair.usualAt = event.receivedAt;
    pair.since = event.receivedAt;
    return NOTHING;
  }
  // Buy at the dearer side of one spread, sell at the other, at the usual ratio.
  const over = place.bid / (other.ask * pair.usual) - 1;
  const under = (other.bid * pair.usual) / place.ask - 1;
  const edgeBps = (over > under ? over : under) * 1e4 - 2 * p.feeBps;
  const elapsed = event.receivedAt - pair.usualAt;
  if (elapsed >= 100) {
    const early = event.receivedAt - pair.since < p.learnMs;
    // While it learns, the memory is short; a dislocation itself must hardly be learned.
    const tau = early ? p.learnMs / 4 : pair.gate.on ? p.tauMs * 10 : p.tauMs;
    pair.usual += (ratio - pair.usual) * Math.min(1, elapsed / tau);
    pair.usualAt = event.receivedAt;
    if (early) return NOTHING;
  }
  // Two coins of one ticker have no usual ratio near one, and move apart as they like.
  if (!oneCoin(pair.usual)) return NOTHING;
  if (edgeBps < p.edgeBps) pair.openAt = Number.NaN;
  else if (Number.isNaN(pair.openAt)) pair.openAt = event.receivedAt;
  if (!pair.gate.on && !(event.receivedAt - pair.openAt >= p.openMs)) return NOTHING;
  const score = scoreOf(edgeBps, p.edgeBps);
  const verdict = pass(pair.gate, score, event.at, { release: 0.5, holdMs: 3000, quietMs: 10_000 });
  if (verdict === "silent") return NOTHING;
  const { market } = other;
  if (verdict === "resolve") return [resolved(event, `${event.market.instrument} is level with ${market.venue} again`)];
  const dearer = over > under ? event.market.venue : market.venue;
  const title = `${event.market.base} is ${(edgeBps + 2 * p.feeBps).toFixed(0)} bps dearer at ${dearer}`;
  const evidence = {
    edgeAfterFeesBps: edgeBps,
    otherVenue: market.venue,
    otherInstrument: market.instrument,
    bid: place.bid,
    ask: place.ask,
    otherBid: other.bid,
    otherAsk: other.ask,
    usualRatio: pair.usual,
    openMs: event.receivedAt - pair.openAt,
  };
  return [firing(event, score, title, evidence)];
}
