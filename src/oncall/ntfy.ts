import { messageOf } from "../kernel/errors.ts";
import type { Severity } from "../kernel/alert.ts";
import type { Secret } from "../kernel/secret.ts";
import { type Page, type Paged, type Pager, pagedFrom } from "./pager.ts";

/** The public ntfy server; people who page in earnest run their own. */
const NTFY_URL = "https://ntfy.sh";

/** https://docs.ntfy.sh/publish/#limitations */
const MESSAGE_MAX = 4_000;
const TIMEOUT_MS = 5_000;

/** https://docs.ntfy.sh/publish/#message-priority: 5 rings through silence. */
const PRIORITY = { critical: 5, high: 4, medium: 3, low: 2, info: 1 } as const satisfies Record<Severity, number>;

export interface NtfyOptions {
  /** Who knows the topic can read it: it is a secret. */
  readonly topic: Secret;
  readonly token?: Secret;
  readonly url?: string;
}

/** ntfy as a pager: it knows no acknowledging, so that and the end are quiet messages of their own. */
export function openNtfy(options: NtfyOptions): Pager {
  const send = async (page: Page, title: string, priority: number, tags: readonly string[]): Promise<Paged> => {
    try {
      const response = await fetch(options.url ?? NTFY_URL, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token.reveal()}` }),
        },
        body: JSON.stringify({
          topic: options.topic.reveal(),
          title,
          message: page.summary.slice(0, MESSAGE_MAX),
          priority,
          tags,
          ...(page.link === null ? {} : { click: page.link }),
        }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return pagedFrom(response.status, response.headers, await response.text());
    } catch (error) {
      return { outcome: "later", afterMs: null, why: messageOf(error) };
    }
  };
  return {
    name: "ntfy",
    trigger: (page) =>
      send(page, `${page.severity.toUpperCase()} ${page.key}`, PRIORITY[page.severity], ["rotating_light"]),
    acknowledge: (page) => send(page, `Acknowledged ${page.key}`, PRIORITY.low, ["eyes"]),
    resolve: (page) => send(page, `Resolved ${page.key}`, PRIORITY.low, ["white_check_mark"]),
  };
}
