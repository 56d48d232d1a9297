import { webApi } from "@slack/bolt";
import { messageOf } from "../../kernel/errors.ts";
import type { Sent } from "../surface.ts";

/** Wait where Slack did not say how long, milliseconds. */
const PAUSE_MS = 1_000;
/** Wait while the token is refused: somebody has to install the app again. */
const TOKEN_PAUSE_MS = 30_000;

/** Slack's words for a token that is no good. */
const TOKEN_ERRORS = new Set([
  "invalid_auth",
  "not_authed",
  "account_inactive",
  "token_revoked",
  "token_expired",
  "no_permission",
]);
/** Slack's words for its own faults: the post may stand. */
const OWN_FAULTS = new Set(["internal_error", "fatal_error", "service_unavailable", "request_timeout"]);
/** Errors of the operating system after which nothing was sent. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/** The platform's word where it gave one: "channel_not_found". */
export const platformError = (error: unknown): string | null =>
  error instanceof webApi.WebAPIPlatformError ? error.data.error : null;

/** True where Slack no longer takes our token. */
export const tokenRefused = (error: unknown): boolean => TOKEN_ERRORS.has(platformError(error) ?? "");

/** The code of the deepest cause. */
function systemCode(error: unknown): string {
  let code = "";
  for (let at = error; at instanceof Error; at = at.cause ?? (at as Error & { original?: unknown }).original) {
    const own = (at as NodeJS.ErrnoException).code;
    if (typeof own === "string") code = own;
  }
  return code;
}

/**
 * What a failed send means.
 * @param repeatable an update may be sent again at any time, a post only after it was looked up
 */
export function sentFrom(error: unknown, repeatable: boolean): Sent {
  const doubt = (why: string): Sent =>
    repeatable ? { outcome: "later", afterMs: PAUSE_MS } : { outcome: "ambiguous", why };
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return { outcome: "later", afterMs: Math.max(1, error.retryAfter) * 1_000 };
  }
  const word = platformError(error);
  if (word === "message_not_found") return { outcome: "gone" };
  if (word === "ratelimited" || word === "rate_limited") return { outcome: "later", afterMs: PAUSE_MS };
  if (word !== null && TOKEN_ERRORS.has(word)) return { outcome: "later", afterMs: TOKEN_PAUSE_MS };
  if (word !== null) return OWN_FAULTS.has(word) ? doubt(word) : { outcome: "refused", why: word };
  if (NEVER_SENT.has(systemCode(error))) return { outcome: "later", afterMs: PAUSE_MS };
  return doubt(messageOf(error));
}
