import type { Clock } from "../../kernel/clock.ts";

/** Lets so many through a second, and as many as `burst` at once after a rest. */
export interface Bucket {
  /** 0 where one more may pass, else the milliseconds until it may. */
  take(): number;
  /** As `take`, but takes nothing. */
  look(): number;
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
  };
}

/** Addresses remembered at most; the one that failed longest ago is forgotten first. */
const ADDRESSES = 10_000;

/** Counts failed checks by address, so that a flood of forgeries is turned away before it costs anything. */
export interface Strikes {
  /** 0 where the address may try, else the milliseconds until it may. */
  waitOf(address: string): number;
  add(address: string): void;
}

/** Opens the count: each address may fail `burst` times at once and `perSecond` times a second. */
export function openStrikes(clock: Clock, perSecond: number, burst: number): Strikes {
  const buckets = new Map<string, Bucket>();
  return {
    waitOf: (address) => buckets.get(address)?.look() ?? 0,
    add(address) {
      const bucket = buckets.get(address) ?? openBucket(clock, perSecond, burst);
      bucket.take();
      buckets.delete(address);
      buckets.set(address, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > ADDRESSES && oldest !== undefined) buckets.delete(oldest);
    },
  };
}
