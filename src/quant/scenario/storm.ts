import { seededRandom } from "../random.ts";
import { hashed, mix } from "./hash.ts";

/** One stretch of a storm; all levels are those reached at its end. */
export interface Leg {
  /** End of the stretch, milliseconds after the storm's start at speed 1. */
  readonly untilMs: number;
  /** Price as a share of the price at the start. */
  readonly btc: number;
  readonly eth: number;
  /** Diffusion: standard deviation of log price per square root of a second. */
  readonly vol: number;
  /** Jumps a second and their standard deviation in log price. */
  readonly jumpsPerSecond: number;
  readonly jumpSize: number;
  /** Perpetual over index, as a share: -0.01 is one per cent below. */
  readonly basis: number;
  /** At-the-money implied volatility, a year. */
  readonly impliedVol: number;
  /** Book depth as a share of a calm day's. */
  readonly depth: number;
  /** Funding rate per interval. */
  readonly funding: number;
  /** Forced closures of other people's accounts, a second. */
  readonly liquidationsPerSecond: number;
}

/** A storm: where it starts and the stretches it passes. */
export interface StormShape {
  readonly btcUsd: number;
  readonly ethUsd: number;
  /** Levels at the start; its `untilMs` is 0. */
  readonly start: Leg;
  readonly legs: readonly Leg[];
}

/** The market's inputs at one moment of a storm. */
export interface Weather {
  readonly btcUsd: number;
  readonly ethUsd: number;
  readonly basis: number;
  readonly impliedVol: number;
  readonly depth: number;
  readonly funding: number;
  readonly liquidationsPerSecond: number;
}

const GRID_MS = 250;
const ETH_BETA = 1.2;

/**
 * The seeded path of a storm: jump diffusion (Merton 1976) drawn as a bridge through the ends of the legs, so that depth
 * and duration are the day's own and only the way between them is chance. After the last leg the price wanders by less
 * than 0.2 % around its level. A pure function of shape, seed and time, so a restart continues where it stopped.
 * @returns the weather at `ms` milliseconds after the start, at speed 1
 */
export function stormPath(shape: StormShape, seed: number): (ms: number) => Weather {
  const stretches = shape.legs.map((leg, index) => {
    const from = shape.legs[index - 1] ?? shape.start;
    const steps = Math.max(1, Math.round((leg.untilMs - from.untilMs) / GRID_MS));
    return { from, leg, btc: bridge(leg, steps, mix(seed, index, 1)), eth: bridge(leg, steps, mix(seed, index, 2)) };
  });
  const last = shape.legs.at(-1) ?? shape.start;

  return (ms) => {
    const stretch = stretches.find((one) => ms < one.leg.untilMs);
    if (!stretch) {
      const calm = wander(seed, ms);
      return weather(shape, last, last, 1, calm, ETH_BETA * calm);
    }
    const { from, leg } = stretch;
    const share = Math.max(0, ms - from.untilMs) / (leg.untilMs - from.untilMs);
    const common = along(stretch.btc, share);
    return weather(shape, from, leg, share, common, ETH_BETA * common + 0.4 * along(stretch.eth, share));
  };
}

/** Log-price noise that is zero at both ends. */
function bridge(leg: Leg, steps: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const dt = GRID_MS / 1000;
  const walk = new Float64Array(steps + 1);
  for (let step = 1; step <= steps; step += 1) {
    const jump = random.uniform() < leg.jumpsPerSecond * dt ? random.normal() * leg.jumpSize : 0;
    walk[step] = (walk[step - 1] ?? 0) + random.normal() * leg.vol * Math.sqrt(dt) + jump;
  }
  const end = walk[steps] ?? 0;
  return walk.map((value, step) => value - (end * step) / steps);
}

function along(nodes: Float64Array, share: number): number {
  const place = share * (nodes.length - 1);
  const left = Math.min(Math.floor(place), nodes.length - 2);
  const a = nodes[left] ?? 0;
  const b = nodes[left + 1] ?? a;
  return a + (b - a) * (place - left);
}

/** Smooth noise of ±0.2 % that needs no memory: hashed values a minute and six seconds apart, joined. */
function wander(seed: number, ms: number): number {
  const octave = (periodMs: number, salt: number): number => {
    const place = ms / periodMs;
    const left = Math.floor(place);
    const share = place - left;
    const smooth = share * share * (3 - 2 * share);
    const a = hashed(seed, salt, left) - 0.5;
    return a + (hashed(seed, salt, left + 1) - 0.5 - a) * smooth;
  };
  return 0.003 * octave(60_000, 11) + 0.0008 * octave(6_000, 12);
}

function weather(shape: StormShape, from: Leg, to: Leg, share: number, btcNoise: number, ethNoise: number): Weather {
  const linear = (a: number, b: number): number => a + (b - a) * share;
  const path = (a: number, b: number, noise: number): number => Math.exp(linear(Math.log(a), Math.log(b)) + noise);
  return {
    btcUsd: shape.btcUsd * path(from.btc, to.btc, btcNoise),
    ethUsd: shape.ethUsd * path(from.eth, to.eth, ethNoise),
    basis: linear(from.basis, to.basis),
    impliedVol: linear(from.impliedVol, to.impliedVol),
    depth: linear(from.depth, to.depth),
    funding: linear(from.funding, to.funding),
    liquidationsPerSecond: linear(from.liquidationsPerSecond, to.liquidationsPerSecond),
  };
}
