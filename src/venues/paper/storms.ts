import type { Leg, StormShape } from "../../quant/scenario/storm.ts";

/** A storm by name: its shape, what really happened, and how the paper exchange plays it. */
export interface Storm extends StormShape {
  readonly title: string;
  /** The facts of the day that the levels were taken from. */
  readonly facts: string;
  /** When the first wave ends; demo accounts are sized to be in danger, not lost, from here to the second wave. */
  readonly firstWaveMs: number;
  /** The margin ratio to which the demo's endangered account comes by then. */
  readonly endangeredRatio: number;
  readonly fundingEveryMs: number;
  /** Whether losses beyond the insurance fund are taken from winners (auto-deleveraging), as happened on that day. */
  readonly deleverages: boolean;
}

type Levels = Partial<Omit<Leg, "untilMs" | "btc" | "eth">>;
const QUIET = {
  vol: 0.0002,
  jumpsPerSecond: 0,
  jumpSize: 0,
  basis: 0.0002,
  impliedVol: 0.55,
  depth: 1,
  funding: 0.0001,
  liquidationsPerSecond: 0.02,
} as const;
const leg = (untilMs: number, btc: number, eth: number, levels: Levels): Leg => ({
  ...QUIET,
  untilMs,
  btc,
  eth,
  ...levels,
});
const CALM_START = leg(0, 1, 1, {});
const HOURS = 3_600_000;

/**
 * Storms by name. Each plays a day in five minutes at speed 1: a quiet start, a first wave (3 s to 12 s), an uneasy minute
 * in which people can decide, the second wave (72 s to 100 s), and what followed.
 */
export const STORMS = {
  calm: {
    title: "A calm day",
    facts: "No wave: prices wander by a few tenths of a per cent, books are deep, funding is 0.01 % per eight hours.",
    btcUsd: 64_000,
    ethUsd: 3_200,
    start: CALM_START,
    legs: [leg(60_000, 1.001, 1.001, {}), leg(300_000, 1, 1, {})],
    firstWaveMs: 12_000,
    endangeredRatio: 0.4,
    fundingEveryMs: 8 * HOURS,
    deleverages: false,
  },
  "2020-03-12": {
    title: "12 March 2020",
    facts:
      "BTC opened near 7,935 USD, fell below 5,900 before noon UTC, then to about 3,850 in the night and closed near 4,860 (-39 %); books lost most of their depth and perpetuals traded far below spot.",
    btcUsd: 7_935,
    ethUsd: 194.6,
    start: CALM_START,
    legs: [
      leg(3_000, 0.985, 0.98, { vol: 0.0005, depth: 0.8, impliedVol: 0.7 }),
      leg(12_000, 0.76, 0.73, {
        vol: 0.001,
        jumpsPerSecond: 0.5,
        jumpSize: 0.002,
        basis: -0.006,
        impliedVol: 1.3,
        depth: 0.22,
        funding: -0.0003,
        liquidationsPerSecond: 6,
      }),
      leg(72_000, 0.757, 0.727, {
        vol: 0.00035,
        jumpsPerSecond: 0.05,
        jumpSize: 0.0008,
        basis: -0.006,
        impliedVol: 1.4,
        depth: 0.22,
        funding: -0.0005,
        liquidationsPerSecond: 1,
      }),
      leg(100_000, 0.49, 0.46, {
        vol: 0.0025,
        jumpsPerSecond: 1,
        jumpSize: 0.004,
        basis: -0.04,
        impliedVol: 2.4,
        depth: 0.08,
        funding: -0.0015,
        liquidationsPerSecond: 15,
      }),
      leg(130_000, 0.58, 0.54, {
        vol: 0.002,
        jumpsPerSecond: 0.5,
        jumpSize: 0.003,
        basis: -0.015,
        impliedVol: 2,
        depth: 0.15,
        funding: -0.001,
        liquidationsPerSecond: 3,
      }),
      leg(300_000, 0.612, 0.57, {
        vol: 0.0006,
        basis: -0.004,
        impliedVol: 1.6,
        depth: 0.3,
        funding: -0.0005,
        liquidationsPerSecond: 0.5,
      }),
    ],
    firstWaveMs: 12_000,
    endangeredRatio: 0.88,
    fundingEveryMs: 60_000,
    deleverages: false,
  },
  "2021-05-19": {
    title: "19 May 2021",
    facts:
      "BTC opened near 42,900 USD, lost the 38,000 area in the morning, touched about 30,000 at 13:10 UTC (-30 %) and was back near 40,000 within two hours, closing near 36,700.",
    btcUsd: 42_900,
    ethUsd: 3_380,
    start: CALM_START,
    legs: [
      leg(3_000, 0.99, 0.985, { vol: 0.0005, depth: 0.8, impliedVol: 0.9 }),
      leg(12_000, 0.89, 0.85, {
        vol: 0.0008,
        jumpsPerSecond: 0.4,
        jumpSize: 0.0015,
        basis: -0.004,
        impliedVol: 1.3,
        depth: 0.3,
        funding: -0.0002,
        liquidationsPerSecond: 5,
      }),
      leg(72_000, 0.887, 0.845, {
        vol: 0.00035,
        jumpsPerSecond: 0.05,
        jumpSize: 0.0008,
        basis: -0.004,
        impliedVol: 1.4,
        depth: 0.28,
        funding: -0.0003,
        liquidationsPerSecond: 1,
      }),
      leg(100_000, 0.7, 0.56, {
        vol: 0.002,
        jumpsPerSecond: 1,
        jumpSize: 0.003,
        basis: -0.02,
        impliedVol: 2,
        depth: 0.12,
        funding: -0.001,
        liquidationsPerSecond: 12,
      }),
      leg(130_000, 0.92, 0.82, {
        vol: 0.002,
        jumpsPerSecond: 0.5,
        jumpSize: 0.003,
        basis: -0.002,
        impliedVol: 1.6,
        depth: 0.25,
        funding: -0.0004,
        liquidationsPerSecond: 2,
      }),
      leg(300_000, 0.856, 0.727, {
        vol: 0.0006,
        basis: -0.002,
        impliedVol: 1.3,
        depth: 0.5,
        funding: -0.0002,
        liquidationsPerSecond: 0.5,
      }),
    ],
    firstWaveMs: 12_000,
    endangeredRatio: 0.88,
    fundingEveryMs: 60_000,
    deleverages: false,
  },
  "2025-10-10": {
    title: "10 October 2025",
    facts:
      "BTC traded near 121,700 USD, slipped by some 4-5 % on the first tariff news, fell to about 102,000-105,000 around 21:20 UTC in the largest liquidation cascade on record (some 19 billion USD), ETH to about 3,435; venues auto-deleveraged winners; BTC closed near 113,000.",
    btcUsd: 121_700,
    ethUsd: 4_370,
    start: CALM_START,
    legs: [
      leg(3_000, 0.995, 0.992, { vol: 0.0004, depth: 0.8, impliedVol: 0.5 }),
      leg(12_000, 0.955, 0.925, {
        vol: 0.0006,
        jumpsPerSecond: 0.3,
        jumpSize: 0.001,
        basis: -0.003,
        impliedVol: 0.65,
        depth: 0.35,
        funding: -0.0002,
        liquidationsPerSecond: 6,
      }),
      leg(72_000, 0.952, 0.92, {
        vol: 0.0003,
        jumpsPerSecond: 0.05,
        jumpSize: 0.0006,
        basis: -0.003,
        impliedVol: 0.7,
        depth: 0.3,
        funding: -0.0003,
        liquidationsPerSecond: 1.5,
      }),
      leg(100_000, 0.845, 0.785, {
        vol: 0.002,
        jumpsPerSecond: 1,
        jumpSize: 0.003,
        basis: -0.03,
        impliedVol: 1.3,
        depth: 0.06,
        funding: -0.0012,
        liquidationsPerSecond: 25,
      }),
      leg(130_000, 0.925, 0.87, {
        vol: 0.0015,
        jumpsPerSecond: 0.5,
        jumpSize: 0.002,
        basis: -0.006,
        impliedVol: 0.9,
        depth: 0.2,
        funding: -0.0005,
        liquidationsPerSecond: 4,
      }),
      leg(300_000, 0.93, 0.876, {
        vol: 0.0005,
        basis: -0.002,
        impliedVol: 0.7,
        depth: 0.4,
        funding: -0.0002,
        liquidationsPerSecond: 0.5,
      }),
    ],
    firstWaveMs: 12_000,
    endangeredRatio: 0.88,
    fundingEveryMs: 60_000,
    deleverages: true,
  },
} as const satisfies Record<string, Storm>;

/** Storms that `--storm` takes. */
export type StormName = keyof typeof STORMS;

/** All of them, for help texts. */
export const STORM_NAMES = Object.keys(STORMS) as readonly StormName[];
