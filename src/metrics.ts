import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import type { BusState } from "./sources/feeds/bus/bus.ts";
import type { FeedCount } from "./sources/feeds/live-feeds.ts";

/** What the program counts about itself, in Prometheus' form at /metrics. */
export interface Metrics {
  readonly registry: Registry;
  readonly alerts: Counter<"stop">;
  readonly runsStarted: Counter;
  readonly inbound: Counter<"surface" | "ok">;
  readonly commitSeconds: Histogram;
  readonly surfaceUp: Gauge<"surface">;
  readonly signerUp: Gauge;
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
    signerUp: new Gauge({
      name: "breakwater_signer_up",
      help: "1 where the signer answers or none is needed",
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

/** Shows how the market bus is, read at every scrape; nothing where there is none. */
export function countBus(registry: Registry, state: () => BusState | null): void {
  const registers = [registry];
  const gauge = (name: string, help: string, pick: (bus: BusState) => number): void => {
    const one = new Gauge({
      name,
      help,
      registers,
      collect() {
        const bus = state();
        if (bus) one.set(pick(bus));
      },
    });
  };
  if (state() === null) return;
  gauge("breakwater_bus_up", "1 where NATS is connected", (bus) => (bus.up ? 1 : 0));
  gauge("breakwater_bus_partitions", "Parts of the market this process watches", (bus) => bus.partitions.length);
  gauge("breakwater_bus_published", "Messages of market events NATS confirmed", (bus) => bus.published);
  gauge("breakwater_bus_lost", "Messages of market events lost on the way to NATS", (bus) => bus.lost);
  gauge("breakwater_bus_hits", "Detectors' hits taken from NATS and stored", (bus) => bus.hits);
}
