import { detector } from "./detector.ts";
import { NOTHING, firing, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";
import { addTo, createDecayed, createWindow, learn, sigma } from "./stats.ts";

const params = {
  burstMs: { default: 3000, unit: "ms", about: "Length of the burst" },
  oneSidedRatio: { default: 0.85, unit: "ratio", about: "Part of the burst's volume that takes one side" },
  volumeSigmas: { default: 8, unit: "sigma", about: "Volume of the burst above its usual value" },
  moveBps: { default: 25, unit: "bps", about: "Move of the price during the burst" },
  backRatio: { default: 0.5, unit: "ratio", about: "Part of the move that is taken back" },
  backMs: { default: 60_000, unit: "ms", about: "Time within which it is taken back" },
} as const;

interface Ignition {
  readonly at: number;
  readonly from: number;
  readonly side: 1 | -1;
  readonly volume: number;
  extreme: number;
}

/** A burst of one-sided aggressive trades moves the price, and the move is soon sold or bought back. */
export const momentumIgnition = detector(
  {
    name: "momentum-ignition",
    title: "A move was set off and taken back",
    alert: "market.momentum-ignition",
    stream: ["trade"],
    scope: "market",
    params,
    source: "MAR Annex I; Tse, Lin & Vincent 2012 (Credit Suisse AES)",
  },
  {
    init: (p) => ({
      buys: createWindow(p.burstMs, 6),
      sells: createWindow(p.burstMs, 6),
      usual: createDecayed(),
      sampledAt: Number.NEGATIVE_INFINITY,
      /** Prices at the last two samples: where the burst began. */
      from: Number.NaN,
      earlier: Number.NaN,
      ignition: undefined as Ignition | undefined,
      gate: createGate(),
    }),
    step(state, event, p) {
      const { at, price, size } = event;
      addTo(event.taker === 1 ? state.buys : state.sells, at, size);
      const { ignition } = state;
      if (ignition) {
        if (at - ignition.at > p.backMs) state.ignition = undefined;
        else if ((price - ignition.extreme) * ignition.side > 0) ignition.extreme = price;
        else {
          const move = Math.abs(ignition.extreme / ignition.from - 1);
          const back = Math.abs(ignition.extreme - price) / Math.abs(ignition.extreme - ignition.from);
          if (back >= p.backRatio) {
            state.ignition = undefined;
            const score = scoreOf(move * 1e4, p.moveBps);
            if (pass(state.gate, score, at, { release: 0.5, holdMs: 0, quietMs: 60_000 }) !== "fire") return NOTHING;
            // The pattern is a finished story: it does not go on, so the gate closes at once.
            pass(state.gate, 0, at, { release: 0.5, holdMs: 0, quietMs: 60_000 });
            const evidence = {
              from: ignition.from,
              extreme: ignition.extreme,
              price,
              moveBps: move * 1e4 * ignition.side,
              takenBackRatio: back,
              burstVolume: ignition.volume,
              overMs: at - ignition.at,
            };
            return [
              firing(
                event,
                score,
                `${event.market.instrument} was pushed ${(move * 1e4).toFixed(0)} bps and came back`,
                evidence,
              ),
            ];
          }
        }
      }
      if (at - state.sampledAt < p.burstMs) return NOTHING;
      state.sampledAt = at;
      const volume = state.buys.sum + state.sells.sum;
      const side = state.buys.sum >= state.sells.sum ? 1 : -1;
      const oneSided = Math.max(state.buys.sum, state.sells.sum) >= p.oneSidedRatio * volume;
      const start = state.earlier;
      state.earlier = state.from;
      state.from = price;
      const moved = (price / start - 1) * 1e4 * side >= p.moveBps;
      const large = state.usual.count >= 30 && volume > state.usual.mean + p.volumeSigmas * sigma(state.usual);
      learn(state.usual, volume, at, 1_800_000);
      if (moved && large && oneSided && !state.ignition)
        state.ignition = { at, from: start, side, volume, extreme: price };
      return NOTHING;
    },
  },
);
