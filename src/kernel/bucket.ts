import type { Clock } from "./clock.ts";
import { DeskError } from "./errors.ts";

/** Lets so many through a second, and as many as `burst` at once after a rest. */
export interface Bucket {
  /** 0 where one more may pass, else the milliseconds until it may. */
  take(): number;
  /** As `take`, but takes nothing. */
  look(): number;
  /** Gives one back that `take` let through. */
  give(): void;
}

/** Opens a token bucket, full. */
export function openBucket(clock: Clock, perSecond: number, burst: number): Bucket {
  let tokens = burst;
  let atMs = clock.now().getTime();
  const look = (): number => {
    const nowMs = clock.now().getTime();
    tokens = Math.min(burst, tokens + (Math.max(0, nowMs - atMs) * perSecond) / 1_000);
    atMs = nowMs;
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond);
  };
  return {
    look,
    take() {
      const waitMs = look();
      if (waitMs === 0) tokens -= 1;
      return waitMs;
    },
    give() {
      tokens = Math.min(burst, tokens + 1);
    },
  };
}

/** Names remembered at most; the one that failed longest ago is forgotten first. */
const NAMES = 10_000;

/** Counts failed tries by who makes them, an address or a person, so that a flood of guesses is turned away. */
export interface Strikes {
  /** 0 where this one may try, else the milliseconds until it may. */
  waitOf(name: string): number;
  /** Counts a try as failed; 0, or the milliseconds that it came too early. */
  add(name: string): number;
  /** Takes a counted try back, because it did not fail. */
  forgive(name: string): void;
}

/** Opens the count: each may fail `burst` times at once and `perSecond` times a second. */
export function openStrikes(clock: Clock, perSecond: number, burst: number): Strikes {
  const buckets = new Map<string, Bucket>();
  return {
    waitOf: (name) => buckets.get(name)?.look() ?? 0,
    add(name) {
      const bucket = buckets.get(name) ?? openBucket(clock, perSecond, burst);
      const waitMs = bucket.take();
      buckets.delete(name);
      buckets.set(name, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > NAMES && oldest !== undefined) buckets.delete(oldest);
      return waitMs;
    },
    forgive: (name) => buckets.get(name)?.give(),
  };
}

/** A refusal that says how long to wait. */
export class TooMany extends DeskError {
  readonly waitMs: number;

  constructor(message: string, waitMs: number) {
    super("RATE_LIMITED", message);
    this.waitMs = waitMs;
  }
}

/** What `retry-after` says of a wait: whole seconds. */
export const retryAfter = (waitMs: number): string => String(Math.ceil(waitMs / 1_000));
