import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { messageOf } from "../../kernel/errors.ts";
import type { Sent } from "../surface.ts";

const PAUSE_MS = 1_000;
/** Wait while the token is refused: 10,000 such answers in ten minutes ban our address. */
const TOKEN_PAUSE_MS = 60_000;

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
export const CODE = { unknownChannel: 10_003, unknownMessage: 10_008, threadExists: 160_004 } as const;

/** Errors of the operating system after which nothing was sent. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/** Discord's number for what went wrong, where it gave one. */
export const apiCode = (error: unknown): number | null =>
  error instanceof DiscordAPIError ? Number(error.code) : null;

/** True where Discord no longer takes our token. */
export const tokenRefused = (error: unknown): boolean => error instanceof DiscordAPIError && error.status === 401;

function systemCode(error: unknown): string {
  let code = "";
  for (let at = error; at instanceof Error; at = at.cause) {
    const own = (at as NodeJS.ErrnoException).code;
    if (typeof own === "string") code = own;
  }
  return code;
}

/**
 * What a failed send means.
 * @param repeatable an edit may be sent again at any time, a post only after it was looked up
 */
export function sentFrom(error: unknown, repeatable: boolean): Sent {
  const doubt = (why: string): Sent =>
    repeatable ? { outcome: "later", afterMs: PAUSE_MS } : { outcome: "ambiguous", why };
  if (error instanceof RateLimitError) {
    return { outcome: "later", afterMs: Math.max(PAUSE_MS, error.retryAfter, error.timeToReset) };
  }
  if (error instanceof DiscordAPIError) {
    if (error.code === CODE.unknownMessage) return { outcome: "gone" };
    if (error.status === 401) return { outcome: "later", afterMs: TOKEN_PAUSE_MS };
    if (error.status >= 500) return doubt(error.message);
    return { outcome: "refused", why: `${error.code}: ${error.message.slice(0, 300)}` };
  }
  if (error instanceof HTTPError) return doubt(`HTTP ${error.status}`);
  if (NEVER_SENT.has(systemCode(error))) return { outcome: "later", afterMs: PAUSE_MS };
  return doubt(messageOf(error));
}

/** True where the same call may do better in a moment: Discord was busy, or the line broke. */
export const mayPass = (error: unknown): boolean =>
  error instanceof DiscordAPIError ? error.status >= 500 || error.status === 429 : true;
