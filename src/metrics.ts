import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { FeedCount } from "./sources/feeds/live-feeds.ts";

/** What the program counts about itself, in Prometheus' form at /metrics. */
export interface Metrics {
  readonly registry: Registry;
  readonly alerts: Counter<"stop">;
  readonly runsStarted: Counter;
  readonly inbound: Counter<"surface" | "ok">;
  readonly commitSeconds: Histogram;
  readonly surfaceUp: Gauge<"surface">;
}

/** Opens a registry of its own, so that two programs in one process (tests) do not meet. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    alerts: new Counter({
      name: "breakwater_alerts_total",
      help: "Alerts committed, by why they went no further",
      labelNames: ["stop"],
      registers,
    }),
    runsStarted: new Counter({ name: "breakwater_runs_started_total", help: "Playbook runs started", registers }),
    inbound: new Counter({
      name: "breakwater_inbound_total",
      help: "Clicks and commands judged",
      labelNames: ["surface", "ok"],
      registers,
    }),
    commitSeconds: new Histogram({
      name: "breakwater_alert_commit_seconds",
      help: "From an alert's arrival to its commit",
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    surfaceUp: new Gauge({
      name: "breakwater_surface_up",
      help: "1 where the surface is up",
      labelNames: ["surface"],
      registers,
    }),
  };
}

/** Shows what each venue's feed counted, read at every scrape. */
export function countFeeds(registry: Registry, counts: () => readonly FeedCount[]): void {
  const figures = new Gauge({
    name: "breakwater_feed_count",
    help: "What a venue's public feed counted since the start: messages, gaps, crossed books, failed checksums, malformed messages, reconnections",
    labelNames: ["venue", "what"],
    registers: [registry],
    collect() {
      for (const { venue, ...figured } of counts())
        for (const [what, value] of Object.entries(figured)) this.set({ venue, what }, value);
    },
  });
  figures.reset();
}
