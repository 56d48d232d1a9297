import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { addTo, createWindow, slide } from "./stats.ts";

const params = {
  windowMs: { default: 300_000, unit: "ms", about: "Window over which suspect volume is compared with all" },
  shareRatio: { default: 0.25, unit: "ratio", about: "Suspect part of the volume" },
  pairs: { default: 10, unit: "count", about: "Suspect trades below which nothing is said" },
  pairMs: { default: 1000, unit: "ms", about: "A trade and its reversal lie at most this far apart" },
} as const;

interface Last {
  price: number;
  size: number;
  taker: number;
  at: number;
  buyer: string;
  seller: string;
}

/**
 * Trades that change nothing: the same party on both sides, two parties trading to and fro, or, where no parties are
 * known, equal sizes at an equal price bought and sold within a moment.
 */
export const washTrading = detector(
  {
    name: "wash-trading",
    title: "Volume looks washed",
    alert: "market.wash-trading",
    stream: ["trade"],
    scope: "market",
    params,
    source: "Victor & Weintraud 2021 (parties known); Cong, Li, Tang & Yang 2023 (parties unknown)",
  },
  {
    init: (p) => ({
      all: createWindow(p.windowMs),
      suspect: createWindow(p.windowMs),
      last: [] as Last[],
      next: 0,
      gate: createGate(),
    }),
    step(state, event, p) {
      const { price, size, taker, at, buyer, seller } = event;
      const value = price * size;
      addTo(state.all, at, value);
      let washed = buyer !== "" && buyer === seller;
      // The last sixteen trades are enough: a reversal follows at once or is none.
      for (const one of state.last) {
        if (one.size !== size || washed || at - one.at > p.pairMs) continue;
        if (buyer !== "") washed = buyer === one.seller && seller === one.buyer;
        else washed = one.price === price && one.taker === -taker && taker !== 0;
        // Each trade is matched once.
        if (washed) one.size = Number.NaN;
      }
      const slot = state.last[state.next];
      if (slot === undefined) state.last.push({ price, size, taker, at, buyer, seller });
      else {
        slot.price = price;
        slot.size = size;
        slot.taker = taker;
        slot.at = at;
        slot.buyer = buyer;
        slot.seller = seller;
      }
      state.next = (state.next + 1) % 16;
      if (washed) addTo(state.suspect, at, value);
      else {
        if (state.suspect.count === 0 && !state.gate.on) return NOTHING;
        slide(state.suspect, at);
      }
      const share = state.suspect.sum / state.all.sum;
      const score = Math.min(scoreOf(share, p.shareRatio), scoreOf(state.suspect.count, p.pairs));
      const verdict = pass(state.gate, score, at, { release: 0.6, holdMs: 30_000, quietMs: 600_000 });
      if (verdict === "silent") return NOTHING;
      const { instrument, venue } = event.market;
      if (verdict === "resolve") return [resolved(event, `Volume of ${instrument} looks ordinary again`)];
      const evidence = {
        suspectRatio: share,
        suspectTrades: state.suspect.count,
        suspectValue: state.suspect.sum,
        tradesInWindow: state.all.count,
        partiesKnown: buyer !== "",
      };
      return [
        firing(
          event,
          score,
          `${(share * 100).toFixed(0)} % of the volume of ${instrument} at ${venue} goes to and fro`,
          evidence,
        ),
      ];
    },
  },
);
