import { randomBytes } from "node:crypto";
import type { Hono } from "hono";
import { Webhook } from "standardwebhooks";
import type { Alert } from "../../../src/kernel/alert.ts";
import { type Clock, fakeClock } from "../../../src/kernel/clock.ts";
import { silentLog } from "../../../src/kernel/log.ts";
import { NOBODY, type Networks } from "../../../src/kernel/networks.ts";
import { Secret } from "../../../src/kernel/secret.ts";
import { type Taker, webhookRoutes } from "../../../src/sources/webhooks/receive.ts";
import { openSources, webhooksSettings } from "../../../src/sources/webhooks/settings.ts";

export const TOKEN = randomBytes(32).toString("hex");
export const SIGNING = `whsec_${randomBytes(32).toString("base64")}`;
const SECRETS: Readonly<Record<string, string>> = { HOOK_TOKEN: TOKEN, HOOK_SIGNING: SIGNING };

export const secretOf = (name: string): Secret | undefined =>
  SECRETS[name] === undefined ? undefined : new Secret(SECRETS[name]);

/** One source of each kind. */
export const DESK = {
  alertmanager: { sender: "alertmanager", secret: "HOOK_TOKEN" },
  tradingview: { sender: "tradingview", secret: "HOOK_TOKEN" },
  signed: { sender: "generic", secret: "HOOK_SIGNING" },
};

/** A taker that remembers, and gives the same delivery the same ids. */
function rememberingTaker(): Taker & { readonly alerts: Alert[] } {
  const known = new Map<string, readonly number[]>();
  const alerts: Alert[] = [];
  return {
    alerts,
    take(list, { key }) {
      const ids = known.get(key) ?? list.map((one) => alerts.push(one));
      known.set(key, ids);
      return Promise.resolve({ ids });
    },
  };
}

/** The receivers with a taker behind them. */
export function openDoor(options: { desk?: unknown; taker?: Taker; clock?: Clock; proxies?: Networks } = {}): {
  readonly app: Hono;
  readonly taken: Alert[];
  readonly clock: Clock;
} {
  const taker = rememberingTaker();
  const clock = options.clock ?? fakeClock(new Date("2026-03-12T10:00:00Z"));
  const { sources, problems } = openSources(webhooksSettings.parse(options.desk ?? DESK), secretOf);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const app = webhookRoutes({
    sources,
    intake: options.taker ?? taker,
    proxies: options.proxies ?? NOBODY,
    clock,
    log: silentLog,
  });
  return { app, taken: taker.alerts, clock };
}

/** A request to the Alertmanager route that would be believed. */
export const bearer = (body: NonNullable<RequestInit["body"]>, change: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}`, ...change },
});

/** A request to the signed route that would be believed. */
export function signed(body: string, clock: Clock, change: Record<string, string> = {}, id = "msg_1"): RequestInit {
  const at = clock.now();
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(SIGNING).sign(id, at, body),
  };
  return { method: "POST", body, headers: { ...headers, ...change } };
}

/** The alert's own form, as small as it may be. */
export const SMALL = JSON.stringify({ kind: "risk.limit", title: "Limit reached", labels: { account: "paper-a" } });

/** What Alertmanager sends, with two alerts; after its documentation. */
export function alertmanagerBody(change: Record<string, unknown> = {}): string {
  const one = {
    status: "firing",
    labels: { alertname: "FeedStale", severity: "critical", venue: "deribit" },
    annotations: { summary: "No trades for 30 s", value: "3.05e+01" },
    startsAt: "2026-03-12T09:59:30.123456789Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "http://prometheus.test/graph",
    fingerprint: "a1bc48475b20e73d",
  };
  const over = { ...one, status: "resolved", endsAt: "2026-03-12T09:59:45Z", labels: { ...one.labels, venue: "okx" } };
  return JSON.stringify({
    version: "4",
    groupKey: '{}:{alertname="FeedStale"}',
    truncatedAlerts: 0,
    status: "firing",
    receiver: "breakwater",
    groupLabels: { alertname: "FeedStale" },
    commonLabels: { alertname: "FeedStale", severity: "critical" },
    commonAnnotations: {},
    externalURL: "http://alertmanager.test",
    alerts: [one, over],
    ...change,
  });
}
