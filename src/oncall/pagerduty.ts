import { messageOf } from "../kernel/errors.ts";
import type { Severity } from "../kernel/alert.ts";
import type { Secret } from "../kernel/secret.ts";
import { type Page, type Paged, type Pager, pagedFrom } from "./pager.ts";

/** PagerDuty's events address. */
const PAGERDUTY_URL = "https://events.pagerduty.com";

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const SUMMARY_MAX = 1_024;
const KEY_MAX = 255;
const TIMEOUT_MS = 5_000;

const SEVERITY = {
  critical: "critical",
  high: "error",
  medium: "warning",
  low: "warning",
  info: "info",
} as const satisfies Record<Severity, string>;

export interface PagerDutyOptions {
  readonly routingKey: Secret;
  readonly url?: string;
}

/** PagerDuty through Events v2: the key is its `dedup_key`, so that sending again is harmless. */
export function openPagerDuty(options: PagerDutyOptions): Pager {
  const send = async (event: Record<string, unknown>): Promise<Paged> => {
    try {
      const response = await fetch(new URL("/v2/enqueue", options.url ?? PAGERDUTY_URL), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ routing_key: options.routingKey.reveal(), ...event }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return pagedFrom(response.status, response.headers, await response.text());
    } catch (error) {
      return { outcome: "later", afterMs: null, why: messageOf(error) };
    }
  };
  const key = (page: Page): string => page.key.slice(0, KEY_MAX);
  return {
    name: "pagerduty",
    trigger: (page) =>
      send({
        event_action: "trigger",
        dedup_key: key(page),
        payload: {
          summary: page.summary.slice(0, SUMMARY_MAX),
          source: "breakwater",
          severity: SEVERITY[page.severity],
        },
        ...(page.link === null ? {} : { links: [{ href: page.link, text: "Open in console" }] }),
      }),
    acknowledge: (page) => send({ event_action: "acknowledge", dedup_key: key(page) }),
    resolve: (page) => send({ event_action: "resolve", dedup_key: key(page) }),
  };
}
