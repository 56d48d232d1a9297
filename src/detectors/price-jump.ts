import { detector } from "./detector.ts";
import { NOTHING, firing, resolved, scoreOf } from "./finding.ts";
import { createGate, pass } from "./gate.ts";

/** π/2: turns the product of neighbouring absolute returns into a variance. */
const BIPOWER = Math.PI / 2;

const params = {
  sigmas: { default: 8, unit: "sigma", about: "A return of this many local standard deviations is a jump" },
  moveBps: { default: 40, unit: "bps", about: "And of at least this size" },
  memory: { default: 60, unit: "count", about: "Samples over which local volatility is measured" },
  sampleMs: {
    default: 5000,
    unit: "ms",
    about: "Distance of samples of a quoted price; candles are samples as they come",
  },
} as const;

/** A single return far outside local volatility, which bipower variation measures without the jumps themselves. */
export const priceJump = detector(
  {
    name: "price-jump",
    title: "The price jumped",
    alert: "market.jump",
    stream: ["candle", "quote"],
    scope: "market",
    params,
    source: "Lee & Mykland 2008, with an exponential window",
  },
  {
    init: () => ({
      price: Number.NaN,
      at: Number.NaN,
      before: Number.NaN,
      variance: 0,
      /** Usual distance of samples, ms. */
      usualMs: Number.NaN,
      count: 0,
      gate: createGate(),
    }),
    step(state, event, p) {
      if (event.kind === "quote" && event.at - state.at < p.sampleMs) return NOTHING;
      const price = event.kind === "candle" ? event.close : (event.bid + event.ask) / 2;
      if (!(price > 0)) return NOTHING;
      const change = Math.log(price / state.price);
      const elapsed = event.at - state.at;
      state.price = price;
      state.at = event.at;
      if (Number.isNaN(change) || !(elapsed > 0)) return NOTHING;
      const size = Math.abs(change);
      const weight = Math.max(1 / p.memory, 1 / (state.count + 1));
      if (Number.isNaN(state.usualMs)) state.usualMs = elapsed;
      // What was not heard for a while has moved with the root of the time since, and did not jump for that.
      const stretch = Math.sqrt(Math.max(1, elapsed / state.usualMs));
      const deviation = stretch * Math.sqrt(state.variance);
      const learned = state.count >= p.memory;
      const score = learned ? Math.min(scoreOf(size, p.sigmas * deviation), scoreOf(size * 1e4, p.moveBps)) : 0;
      const local = size / stretch;
      if (!Number.isNaN(state.before)) {
        state.variance += (BIPOWER * local * state.before - state.variance) * weight;
        state.count += 1;
      }
      state.usualMs += (Math.min(elapsed, 4 * state.usualMs) - state.usualMs) * weight;
      state.before = local;
      const verdict = pass(state.gate, score, event.at, { release: 0.5, holdMs: elapsed * 2, quietMs: 0 });
      if (verdict === "silent") return NOTHING;
      const { instrument } = event.market;
      if (verdict === "resolve") return [resolved(event, `${instrument} moves as before`)];
      const evidence = {
        moveBps: change * 1e4,
        sigmas: size / deviation,
        localSigmaBps: deviation * 1e4,
        overMs: elapsed,
        price,
      };
      return [firing(event, score, `${instrument} jumped by ${(change * 100).toFixed(2)} %`, evidence)];
    },
  },
);
