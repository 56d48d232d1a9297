import { TooMany, openBucket, openStrikes } from "../../kernel/bucket.ts";
import type { Clock } from "../../kernel/clock.ts";
import { spanOf } from "../../kernel/duration.ts";

/** A way to a session. Each is counted by itself: who floods one leaves the others open. */
export type Door = "one-time token" | "passkey" | "single sign-on";

/** Refused tries that one address may have at a door at once, and a second. */
const FAILURES = { burst: 20, perSecond: 0.2 };
/** However many addresses there are, so many of them are told of at once, and a minute. */
const TOLD = { burst: 20, perSecond: 1 / 60 };
/** An address that goes on is told of again after this long. */
const AGAIN_MS = 3_600_000;

/** Hears of an address that begins to wait; what became of telling is its own. */
export type OnLimited = (door: Door, address: string) => void;

/** Counts tries at the doors to a session by address. */
export interface Attempts {
  /**
   * Counts a try as refused; the returned function takes that back, where it opened a session after all. Counted first,
   * so that a thousand at once do not all pass.
   * @throws TooMany where this address was refused too often here
   */
  begin(door: Door, address: string): () => void;
}

/** Opens the count. It keeps guesses from costing the database anything; a token of 256 bits is not guessed anyway. */
export function openAttempts(clock: Clock, onLimited: OnLimited): Attempts {
  const strikes = openStrikes(clock, FAILURES.perSecond, FAILURES.burst);
  const told = openStrikes(clock, 1_000 / AGAIN_MS, 1);
  const telling = openBucket(clock, TOLD.perSecond, TOLD.burst);
  return {
    begin(door, address) {
      const name = `${door} ${address}`;
      const waitMs = strikes.add(name);
      if (waitMs === 0) return () => strikes.forgive(name);
      if (told.waitOf(name) === 0 && telling.take() === 0) {
        told.add(name);
        onLimited(door, address);
      }
      throw new TooMany(
        `too many sign-ins by ${door} from this address were refused; try again in ${spanOf(waitMs)}, or by another way`,
        waitMs,
      );
    },
  };
}
