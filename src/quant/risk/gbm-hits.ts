import { requireFinite, requireNotNegative } from "../options/checks.ts";
import { seededRandom, type Random } from "../random.ts";
import type { HitProbability } from "./hit-probability.ts";

/** A walk of the log price towards a barrier `distance` away (its sign is the side). */
export interface Walk {
  readonly distance: number;
  readonly drift: number;
  readonly years: number;
  readonly paths: number;
  readonly steps: number;
  readonly seed: number;
}

/** Lognormal jumps: how many a year, and the mean and standard deviation of ln(price after / price before). */
export interface JumpDynamics {
  readonly jumpIntensity: number;
  readonly jumpMeanLog: number;
  readonly jumpSdLog: number;
}

/** exp(−40) is below what a thousand steps can add up to in a double. */
export const FAR = 40;

const BLOCK = 8192;

/** Mean and standard error of per-path probabilities, from their sum and sum of squares. */
export function summarise(sum: number, squares: number, paths: number): HitProbability {
  const probability = sum / paths;
  const variance = Math.max(0, squares / paths - probability * probability) / (paths - 1);
  return { probability: Math.min(1, Math.max(0, probability)), standardError: Math.sqrt(variance) };
}

/** Simulated first passage of geometric Brownian motion, bridge-corrected: unbiased at any number of steps. */
export function simulateGbmHits({
  distance,
  drift,
  years,
  paths,
  steps,
  seed,
  sigma,
}: Walk & { readonly sigma: number }): HitProbability {
  const random = seededRandom(seed);
  const side = distance > 0 ? 1 : -1;
  const start = side * distance;
  const dt = years / steps;
  // The walker is the room left to the barrier: it starts at `start`, and at zero the barrier is touched.
  const pull = -side * (drift - 0.5 * sigma * sigma) * dt;
  const spread = sigma * Math.sqrt(dt);
  const bridge = 2 / (spread * spread);
  const pathsPerBlock = Math.max(1, Math.floor(BLOCK / steps));
  const normals = new Float64Array(pathsPerBlock * steps);
  let sum = 0;
  let squares = 0;
  for (let done = 0; done < paths;) {
    random.fillNormals(normals);
    const count = Math.min(pathsPerBlock, paths - done);
    for (let path = 0; path < count; path += 1) {
      const hit = 1 - gbmSurvival(normals, path * steps, steps, start, pull, spread, bridge);
      sum += hit;
      squares += hit * hit;
    }
    done += count;
  }
  return summarise(sum, squares, paths);
}

/** Probability that one path, known at its steps, never touches the barrier between them. */
function gbmSurvival(
  normals: Float64Array,
  from: number,
  steps: number,
  start: number,
  pull: number,
  spread: number,
  bridge: number,
): number {
  let room = start;
  let survival = 1;
  const end = from + steps;
  for (let index = from; index < end; index += 1) {
    const next = room + pull + spread * normals[index]!;
    if (next <= 0) return 0;
    const exponent = bridge * room * next;
    if (exponent < FAR) survival *= 1 - Math.exp(-exponent);
    room = next;
  }
  return survival;
}

/** Simulated first passage with Merton's jumps: each path stops at its jumps, so the bridge stays exact. */
export function simulateJumpHits(walk: Walk & { readonly sigma: number }, jumps: JumpDynamics): HitProbability {
  const { distance, drift, years, paths, steps, seed, sigma } = walk;
  const { jumpIntensity, jumpMeanLog, jumpSdLog } = jumps;
  requireNotNegative({ jumpIntensity, jumpSdLog });
  requireFinite({ jumpMeanLog });
  const random = seededRandom(seed);
  const side = distance > 0 ? 1 : -1;
  const compensation = jumpIntensity * Math.expm1(jumpMeanLog + 0.5 * jumpSdLog * jumpSdLog);
  const logDrift = -side * (drift - compensation - 0.5 * sigma * sigma);
  const dt = years / steps;
  let sum = 0;
  let squares = 0;
  for (let path = 0; path < paths; path += 1) {
    let room = side * distance;
    let survival = 1;
    let untilJump = waitForJump(random, jumpIntensity);
    for (let step = 0; step < steps && survival > 0; step += 1) {
      let left = dt;
      while (left > 0 && survival > 0) {
        const jumpsNow = untilJump < left;
        const span = jumpsNow ? untilJump : left;
        const next = room + logDrift * span + sigma * Math.sqrt(span) * random.normal();
        survival *= bridgeSurvival(room, next, sigma * sigma * span);
        room = next;
        left -= span;
        untilJump -= span;
        if (!jumpsNow) break;
        room -= side * (jumpMeanLog + jumpSdLog * random.normal());
        if (room <= 0) survival = 0;
        untilJump = waitForJump(random, jumpIntensity);
      }
    }
    const hit = 1 - survival;
    sum += hit;
    squares += hit * hit;
  }
  return summarise(sum, squares, paths);
}

function waitForJump(random: Random, intensity: number): number {
  return intensity === 0 ? Infinity : -Math.log(random.uniform()) / intensity;
}

/** Probability that a Brownian bridge of this variance between two rooms stays above zero. */
function bridgeSurvival(room: number, next: number, variance: number): number {
  if (next <= 0) return 0;
  if (variance === 0) return 1;
  const exponent = (2 * room * next) / variance;
  return exponent < FAR ? 1 - Math.exp(-exponent) : 1;
}
