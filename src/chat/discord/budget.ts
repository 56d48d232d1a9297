import type { Budget } from "../outbox-budget.ts";

/**
 * Discord's rates: 50 calls a second over all (https://discord.com/developers/docs/topics/rate-limits#global-rate-limit),
 * shared by posts and changes, while answers to interactions do not count; per channel five in five seconds is what its headers say today, and the
 * headers, which the library follows, have the last word.
 */
export const DISCORD_BUDGET: Budget = {
  post: { channel: { max: 5, perMs: 5_000 }, all: { max: 25, perMs: 1_000, reserve: 3 } },
  update: { channel: { max: 5, perMs: 5_000 }, all: { max: 20, perMs: 1_000, reserve: 3 } },
};
