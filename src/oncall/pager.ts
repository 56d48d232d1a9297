import type { Severity } from "../kernel/alert.ts";

/** What wakes somebody. */
export interface Page {
  /** The same for every try and for acknowledging and resolving; at most 255 characters. */
  readonly key: string;
  /** One plain sentence, enough to act on from a lock screen. */
  readonly summary: string;
  readonly severity: Severity;
  /** Where more stands, or null where people cannot open the console. */
  readonly link: string | null;
}

/** What a pager said: `refused` is final, `later` names when to try again. */
export type Paged =
  | { readonly outcome: "done" }
  | { readonly outcome: "later"; readonly afterMs: number | null; readonly why: string }
  | { readonly outcome: "refused"; readonly why: string };

/**
 * A service that wakes people. All three may be called again with the same page: it stays one page.
 * They never throw for what the service does.
 */
export interface Pager {
  readonly name: string;
  trigger(page: Page): Promise<Paged>;
  acknowledge(page: Page): Promise<Paged>;
  resolve(page: Page): Promise<Paged>;
}

/** Milliseconds of a `retry-after` header in seconds; null where it says nothing readable. */
function retryAfterMs(headers: Headers): number | null {
  const value = headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : null;
}

/** What an HTTP status means to a pager: success, wait (429, 5xx), or a refusal that no repetition changes. */
export function pagedFrom(status: number, headers: Headers, body: string): Paged {
  if (status >= 200 && status < 300) return { outcome: "done" };
  const why = `HTTP ${status}: ${body.slice(0, 300)}`;
  if (status === 429 || status >= 500) return { outcome: "later", afterMs: retryAfterMs(headers), why };
  return { outcome: "refused", why };
}
