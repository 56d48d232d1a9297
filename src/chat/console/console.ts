import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { TooMany, retryAfter } from "../../kernel/bucket.ts";
import { lostDatabase } from "../../db/lost.ts";
import type { Clock } from "../../kernel/clock.ts";
import { type Decimal, decimal } from "../../kernel/decimal.ts";
import { DeskError, ERRORS, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Networks } from "../../kernel/networks.ts";
import type { Inbound, MessageRef, Surface, SurfaceHealth } from "../surface.ts";
import { loadAssets } from "./assets.ts";
import { type OnLimited, openAttempts } from "./attempts.ts";
import type { ConsoleBackend } from "./backend.ts";
import { openFeed } from "./feed.ts";
import { type Guarded, HEADERS, errorBody, placeOf, statusOf } from "./guard.ts";
import { type HubEvent, type Hub, openHub } from "./hub.ts";
import { renderBare } from "./layout.ts";
import { type Ways, askAgain, forward, problemPage, signInPage } from "./pages/sign-in.ts";
import type { RulesBackend } from "./rules.ts";
import type { EmergencyBackend } from "./emergency.ts";
import type { PasskeySignIn } from "./passkey-sign-in.ts";
import type { PasskeyBackend } from "./passkeys.ts";
import { addRoutes } from "./routes.ts";
import type { Limits } from "./side.ts";
import type { SingleSignOn } from "./single-sign-on.ts";

/**
 * How long an idle connection stays open: longer than proxies and senders keep theirs (60 s is usual), so that it is they
 * who close it and no delivery meets a connection that is just being closed.
 */
const KEEP_ALIVE_MS = 75_000;

/** What the console needs from the composition root. */
export interface ConsoleOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly backend: ConsoleBackend;
  readonly inbound: Inbound;
  /** Plans and passkeys; their pages are absent where it is left out. */
  readonly passkeys?: PasskeyBackend;
  /** Signing in with a passkey alone; not offered where left out. */
  readonly passkeySignIn?: PasskeySignIn;
  /** Single sign-on through an OpenID provider; absent where the desk has none. */
  readonly sso?: SingleSignOn;
  /** Hears of an address that begins to wait because its sign-ins were refused; the log alone where left out. */
  readonly onLimited?: OnLimited;
  /** Changing the rules; not offered where left out. */
  readonly rules?: RulesBackend;
  /** Emergency powers; none where left out. */
  readonly emergency?: EmergencyBackend;
  readonly clock: Clock;
  readonly log: Log;
  /** Origin under which people reach it through a proxy, "https://desk.example"; null where they come directly. */
  readonly publicOrigin: string | null;
  /** Proxies of ours, which say from where a request comes; none where left out. */
  readonly proxies?: Networks;
  readonly environment: "paper" | "live";
  readonly deskName: string;
  /** Shared with whoever announces changes; one of its own where left out. */
  readonly hub?: Hub;
  /** Lines across the margin bars and charts, and when figures count as stale; 0.60, 0.80 and 15 s where left out. */
  readonly limits?: Limits;
  /** Above this notional an approval asks for a typed word; 1,000,000 USD where left out. */
  readonly typedAboveUsd?: Decimal<"usd">;
  /** Adds routes that are not the console's, such as /hooks, /healthz and /metrics: no session, no Host check there. */
  readonly mount?: (app: Hono<Guarded>) => void;
}

/** The console as a surface, with its address. */
export interface ConsoleSurface extends Surface {
  readonly url: string;
  readonly hub: Hub;
  /** Announces a change; pages that show it follow within a moment. */
  publish(event: HubEvent): void;
  /** How many live streams are open. */
  watching(): number;
  close(): Promise<void>;
}

const LIMITS: Limits = { warnRatio: decimal("0.6"), limitRatio: decimal("0.8"), staleAfterMs: 15_000 };

/**
 * Opens the console on its address.
 * @throws Error where the page is not built or the address is taken
 */
export async function openConsole(options: ConsoleOptions): Promise<ConsoleSurface> {
  const { backend, clock, log } = options;
  const assets = await loadAssets();
  const hub = options.hub ?? openHub(clock);
  const shared = {
    hub,
    backend,
    clock,
    log,
    limits: options.limits ?? LIMITS,
    card: { typedAboveUsd: options.typedAboveUsd ?? decimal<"usd">("1000000") },
  };
  const feed = openFeed(shared);
  let place = placeOf(options.host, options.port, options.publicOrigin, options.proxies);
  const app = new Hono<Guarded>();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        c.json(errorBody(new DeskError("METHOD_NOT_ALLOWED")), 405, { allow: methods.join(", ") }),
    }),
  );
  options.mount?.(app);
  const { deskName, environment, inbound } = options;
  const { passkeys = null, passkeySignIn = null, rules = null, emergency = null, sso = null } = options;
  const ways: Ways = { sso: sso?.name ?? null, passkey: passkeySignIn !== null };
  const attempts = openAttempts(clock, (door, address) => {
    log.warn({ event: "sign-in.limited", door, address });
    options.onLimited?.(door, address);
  });
  addRoutes(app, {
    ...shared,
    attempts,
    feed,
    assets,
    inbound,
    passkeys,
    passkeySignIn,
    rules,
    emergency,
    sso,
    deskName,
    environment,
    place: () => place,
  });
  app.notFound((c) => refuse(c, new DeskError("ROUTE_UNKNOWN"), assets.build, ways));
  app.onError((error, c) => {
    if (error instanceof DeskError) return refuse(c, error, assets.build, ways);
    log.error({ event: "console.request.failed", path: c.req.path, why: messageOf(error) });
    const shown = lostDatabase(error) ? new DeskError("DATABASE_UNAVAILABLE", AWAY) : new DeskError("INTERNAL");
    return refuse(c, shown, assets.build, ways);
  });

  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const { host: hostname, port } = options;
    const serverOptions = { keepAliveTimeout: KEEP_ALIVE_MS };
    const opened = serve({ fetch: app.fetch, hostname, port, serverOptions }, () => resolve(opened));
    opened.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new Error(
              `${nameOf(hostname)}:${port} is taken by another program, perhaps a desk that runs already; ` +
                `stop it, or set BREAKWATER_HTTP to a free address such as ${nameOf(hostname)}:${port + 1}`,
              { cause: error },
            )
          : error,
      ),
    );
  });
  const { port } = server.address() as AddressInfo;
  place = placeOf(options.host, port, options.publicOrigin, options.proxies);
  const since = clock.now();
  let health: SurfaceHealth = { state: "up", since };
  const close = async (): Promise<void> => {
    if (health.state === "down") return;
    health = { state: "down", since: clock.now(), why: "closed" };
    feed.close();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  };
  return {
    name: "console",
    url: options.publicOrigin ?? `http://${nameOf(options.host)}:${port}`,
    hub,
    publish: (event) => hub.publish(event),
    watching: () => feed.size(),
    close,
    start: async () => {},
    stop: close,
    health: () => health,
    // The console always shows the newest state: posting and updating only wake its pages.
    post: async (_channel, card) => {
      hub.publish({ type: "card", incident: card.incident, version: card.version });
      return { outcome: "sent", ref: ref(card.incident) };
    },
    update: async (where, card) => {
      hub.publish({ type: "card", incident: card.incident, version: card.version });
      return { outcome: "sent", ref: where };
    },
    note: async (where) => ({ outcome: "sent", ref: where }),
    find: async (_channel, key) => ref(key),
  };
}

const ref = (incident: string): MessageRef => ({ surface: "console", channel: "console", message: incident });

/** What a person reads who opens a page while the database is away. */
const AWAY =
  "The database does not answer, so nothing can be seen or decided here until it is back. Runs wait and go on then; whether a button pressed just now was taken is seen then too. To stop trading at once, run breakwater halt on the desk's machine: it needs no database.";

/** A name that a browser on this machine can open. */
const nameOf = (host: string): string =>
  host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;

/** An error as JSON for programs and the page's script, as a page for people. */
function refuse(c: Context<Guarded>, error: DeskError, build: string, ways: Ways): Response {
  const status = error.code === "INTERNAL" ? 500 : statusOf(error);
  const wantsPage =
    (c.req.header("accept") ?? "").includes("text/html") && !/^\/(api|events|complete|assets)\b/.test(c.req.path);
  c.header("cache-control", "no-store");
  if (error instanceof TooMany) c.header("retry-after", retryAfter(error.waitMs));
  if (!wantsPage) return c.json(errorBody(error), status);
  if (error.code === "NOT_SIGNED_IN") {
    // A strict cookie does not travel with a link from another site: the page asks once more by itself.
    const elsewhere = c.req.method === "GET" && c.req.header("sec-fetch-site") === "cross-site";
    const again = elsewhere ? forward(new URL(c.req.url).pathname) : undefined;
    return c.html(renderBare("Sign in", build, signInPage(null, ways), again).toString(), status);
  }
  const row = ERRORS[error.code];
  const again = error.code === "DATABASE_UNAVAILABLE" && c.req.method === "GET" ? askAgain : undefined;
  const back = error.code.startsWith("SSO_") || error.code === "RATE_LIMITED" ? "/sign-in" : "/";
  return c.html(renderBare(row.title, build, problemPage(row, error.message, back), again).toString(), status);
}
