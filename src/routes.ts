import { sql } from "drizzle-orm";
import type { Hono } from "hono";
import { type Guarded, errorBody } from "./chat/console/guard.ts";
import type { Surface } from "./chat/surface.ts";
import type { Database } from "./db/client.ts";
import type { Account } from "./kernel/account.ts";
import type { Intake } from "./intake/intake.ts";
import type { Clock } from "./kernel/clock.ts";
import { DeskError } from "./kernel/errors.ts";
import type { Log } from "./kernel/log.ts";
import type { Networks } from "./kernel/networks.ts";
import type { Secret } from "./kernel/secret.ts";
import type { Metrics } from "./metrics.ts";
import { whetherFrozen } from "./policy/freeze/frozen.ts";
import type { HaltMarker } from "./policy/freeze/halt-marker.ts";
import type { BusState } from "./sources/feeds/bus/bus.ts";
import { webhookRoutes } from "./sources/webhooks/receive.ts";
import type { SignerHealth } from "./signer/link.ts";
import type { OpenSource } from "./sources/webhooks/settings.ts";

/** What the program's own routes stand on. */
export interface RouteParts {
  readonly database: Database;
  readonly accounts: ReadonlyMap<string, Account>;
  /** The kill switch's marker, where it stands. */
  readonly halted: () => HaltMarker | null;
  /** What other programs show; null refuses them all. */
  readonly apiToken: Secret | null;
  readonly intake: Intake;
  readonly sources: readonly OpenSource[];
  /** Proxies of ours, which say from where a request comes. */
  readonly proxies: Networks;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the signer answers; null where no account needs one. */
  readonly signer: () => SignerHealth | null;
  readonly surfaces: () => readonly Surface[];
  readonly slack: () => Receiver | null;
  readonly discord: () => Receiver | null;
  /** The market bus; null where detectors run in this process. */
  readonly bus: () => BusState | null;
  /** Instruments of public streams, and how many are not heard; null where none is asked for. */
  readonly heard: () => { readonly asked: number; readonly unheard: number } | null;
}

/** A chat surface that takes what its platform posts; it verifies for itself. */
interface Receiver {
  http(request: Request): Promise<Response>;
}

const PROBE_MS = 2_000;

/** Ready though the bus is away: people, accounts and orders do not need it. */
const busState = (bus: BusState | null) =>
  bus && {
    state: bus.up ? "up" : "down",
    since: bus.since,
    ...(bus.up ? {} : { why: bus.why }),
    partitions: bus.partitions,
    publishing: bus.publishing,
  };

/** Adds webhooks, health and metrics to the console's server. */
export function mountRoutes(app: Hono<Guarded>, parts: RouteParts): void {
  const { database, clock, metrics } = parts;
  app.route(
    "/",
    webhookRoutes({
      sources: parts.sources,
      intake: parts.intake,
      proxies: parts.proxies,
      clock,
      log: parts.log,
    }),
  );
  // Alive says nothing about the database: restarting us would not bring it back.
  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", async (c) => {
    const answered = await Promise.race([
      database.db.execute(sql`select 1`).then(
        () => true,
        () => false,
      ),
      clock.sleep(PROBE_MS).then(() => false),
    ]);
    const surfaces = parts.surfaces().map((one) => ({ name: one.name, ...one.health() }));
    for (const one of surfaces) metrics.surfaceUp.set({ surface: one.name }, one.state === "up" ? 1 : 0);
    const bus = busState(parts.bus());
    // A signer that is away stops orders, not alerts: whoever sends them must not turn elsewhere.
    const signer = parts.signer();
    const feeds = parts.heard();
    // A database that answers may still store nothing, as on a full disk.
    const { waiting, refusingSince } = parts.intake;
    const ok = answered && refusingSince === null;
    metrics.signerUp.set(signer === null || signer.state === "up" ? 1 : 0);
    return c.json(
      {
        ok,
        database: answered ? "up" : "down",
        alertsWaiting: waiting,
        ...(refusingSince ? { alertsRefusedSince: refusingSince } : {}),
        surfaces,
        ...(bus ? { bus } : {}),
        ...(feeds ? { feeds } : {}),
        ...(signer ? { signer: { state: signer.state, frozen: signer.frozen !== null } } : {}),
      },
      ok ? 200 : 503,
    );
  });
  app.get("/api/frozen", async (c) => {
    c.header("cache-control", "no-store");
    const [, shown] = /^Bearer ([^\s]{1,512})$/i.exec(c.req.header("authorization") ?? "") ?? [];
    if (shown === undefined || parts.apiToken?.equals(shown) !== true) {
      c.header("www-authenticate", "Bearer");
      return c.json(errorBody(new DeskError("NOT_SIGNED_IN", "show the desk's API token as a bearer token")), 401);
    }
    return c.json(await whetherFrozen(database.db, c.req.query("scope") ?? "", parts.accounts, parts.halted()));
  });
  const receive = async (receiver: Receiver | null, request: Request): Promise<Response> =>
    receiver
      ? receiver.http(request)
      : Response.json({ error: { code: "ROUTE_UNKNOWN", message: "this surface is not configured" } }, { status: 404 });
  app.post("/slack/events", (c) => receive(parts.slack(), c.req.raw));
  app.post("/discord/interactions", (c) => receive(parts.discord(), c.req.raw));
  app.get("/metrics", async (c) =>
    c.text(await metrics.registry.metrics(), 200, { "content-type": metrics.registry.contentType }),
  );
}
