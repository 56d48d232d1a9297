import { App } from "@slack/bolt";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { CommandHead } from "../command-head.ts";
import { withDeadline } from "../deadline.ts";
import { inTurn } from "../outbox-order.ts";
import type { Painter } from "../picture/picture.ts";
import type { Inbound, Surface, SurfaceHealth } from "../surface.ts";
import { boltLogger } from "./bolt-log.ts";
import { slackHttp } from "./http.ts";
import { listen } from "./listen.ts";
import { platformError, tokenRefused } from "./outcome.ts";
import { findCard, postCard, postNote, postPicture, updateCard } from "./send.ts";
import { type Socket, openSocket } from "./socket.ts";

/** Slack as its address on the internet. */
export const SLACK_API_URL = "https://slack.com/api/";
/** The second connection opens this much later, so that Slack does not refresh both at once. */
const STAGGER_MS = 60_000;
const AUTH_MS = 8_000;

export interface SlackOptions {
  readonly tokens: {
    /** `xoxb-…` */
    readonly bot: Secret;
    /** `xapp-…`, for Socket Mode. */
    readonly app?: Secret;
    /** For HTTP. */
    readonly signing?: Secret;
  };
  readonly urls?: { readonly api?: string; /** Where people open the console. */ readonly console?: string };
  readonly mode: "socket" | "http";
  /** The workspace whose people are heard; that of the token where left out. */
  readonly team?: string;
  readonly commands: readonly CommandHead[];
  /** Draws the pictures of answers. */
  readonly paint: Painter["paint"];
  readonly clock: Clock;
  readonly log: Log;
  readonly staggerMs?: number;
  readonly pongMs?: number;
  readonly helloMs?: number;
}

/** How somebody stands in the workspace: only members may be linked to a person. */
export type Standing = "member" | "guest" | "bot" | "foreign" | "gone";

/** Slack as a surface; `http` answers `POST /slack/events` in HTTP mode and 404 otherwise. */
export interface SlackSurface extends Surface {
  http(request: Request): Promise<Response>;
  /** Asked before an account is linked. @throws what the platform answers */
  standing(user: string): Promise<Standing>;
}

/** A 429 without a waiting time makes the SDK throw something nameless: one second is put in. */
const politeFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.status !== 429 || /^\d+$/.test(response.headers.get("retry-after") ?? "")) return response;
  const headers = new Headers(response.headers);
  headers.set("retry-after", "1");
  return new Response(response.body, { status: 429, headers });
};

const clientOptions = (url: string) => ({
  slackApiUrl: url,
  timeout: 4_000,
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
  fetch: politeFetch,
});

interface Running {
  readonly app: App;
  readonly stop: AbortController;
  readonly sockets: readonly Socket[];
  readonly kept: Promise<unknown>;
  readonly http: (request: Request) => Promise<Response>;
  readonly botId: string | undefined;
  readonly team: string;
}

/**
 * Slack through Bolt: verifies, stores, acknowledges, and sends; whoever decides stands behind `inbound`.
 * `start` throws CHAT_REFUSED or CHAT_UNREACHABLE and can be called again.
 */
export function openSlack(options: SlackOptions): SlackSurface {
  const { clock, log } = options;
  const api = options.urls?.api ?? SLACK_API_URL;
  const order = inTurn();
  let running: Running | undefined;
  let health: SurfaceHealth = { state: "down", since: clock.now(), why: "not started" };
  let refused: string | undefined;

  const become = (state: SurfaceHealth["state"], why?: string): void => {
    if (health.state === state && health.why === why) return;
    health = { state, since: clock.now(), ...(why === undefined ? {} : { why }) };
    log.info({ state, why }, "slack changed");
  };
  const look = (): void => {
    if (running === undefined) return;
    if (refused !== undefined) become("down", refused);
    else if (options.mode === "http") become("up");
    else {
      const connected = running.sockets.filter((socket) => socket.connected()).length;
      if (connected === running.sockets.length) become("up");
      else if (connected > 0) become("degraded", `${connected} of ${running.sockets.length} connections`);
      else become("down", running.sockets.map((socket) => socket.trouble()).find(Boolean) ?? "no connection");
    }
  };
  const onError = (method: string, error: unknown): void => {
    log.warn({ method, err: platformError(error) ?? messageOf(error) }, "slack call failed");
    if (!tokenRefused(error)) return;
    refused = `Slack refuses the bot token: ${platformError(error)}`;
    look();
  };
  const sender = () => {
    if (running === undefined) throw new DeskError("CHAT_UNREACHABLE", "Slack is not connected; it is tried again");
    return { client: running.app.client, consoleUrl: options.urls?.console ?? null, onError };
  };
  const down = { outcome: "later", afterMs: 2_000 } as const;

  return {
    name: "slack",
    health: () => health,
    async start(inbound: Inbound) {
      become("starting");
      refused = undefined;
      running = await begin(options, api, inbound, look).catch((error: unknown) => {
        become("down", messageOf(error));
        throw error;
      });
      look();
    },
    async stop() {
      const was = running;
      running = undefined;
      become("down", "stopped");
      was?.stop.abort(new Error("stopped"));
      await was?.kept;
    },
    async http(request) {
      return running?.http(request) ?? new Response(null, { status: 503, headers: { "retry-after": "5" } });
    },
    post: async (channel, card, key) => (running === undefined ? down : postCard(sender(), channel, card, key)),
    update: async (ref, card) =>
      order(ref.channel + ref.message, card.version, { outcome: "sent", ref }, async () =>
        running === undefined ? down : updateCard(sender(), ref, card),
      ),
    note: async (ref, text, picture) =>
      running === undefined
        ? down
        : picture === undefined
          ? postNote(sender(), ref, text)
          : postPicture(sender(), ref, text, picture),
    find: (channel, key) => findCard(sender(), channel, key, running?.botId),
    async standing(user) {
      const answer = await sender().client.users.info({ user });
      const who = answer.user;
      if (who === undefined || who.deleted === true) return "gone";
      if (who.is_bot === true) return "bot";
      if (who.team_id !== undefined && who.team_id !== running?.team) return "foreign";
      return who.is_restricted === true || who.is_ultra_restricted === true || who.is_stranger === true
        ? "guest"
        : "member";
    },
  };
}

async function begin(options: SlackOptions, api: string, inbound: Inbound, look: () => void): Promise<Running> {
  const { clock, log } = options;
  const stop = new AbortController();
  const sockets = options.mode === "socket" ? [0, 1].map(() => socketOf(options, api, look)) : [];
  const app = new App({
    token: options.tokens.bot.reveal(),
    deferInitialization: true,
    logger: boltLogger(log),
    clientOptions: clientOptions(api),
    receiver: sockets[0]?.receiver ?? { init() {}, start: async () => {}, stop: async () => {} },
  });
  const identity = await who(app, clock);
  const team = options.team ?? identity.team;
  if (team !== identity.team) {
    throw new DeskError(
      "CHAT_REFUSED",
      `the Slack token belongs to workspace ${identity.team}, desk.yaml names ${team}; correct one of them`,
    );
  }
  listen({ app, inbound, team, heads: options.commands, paint: options.paint, clock, log });
  sockets[1]?.receiver.init(app);
  const kept = Promise.all(
    sockets.map(async (socket, at) => {
      if (at > 0) {
        const waited = await clock.sleep(options.staggerMs ?? STAGGER_MS, stop.signal).then(
          () => true,
          () => false,
        );
        if (!waited) return;
      }
      await socket.keep(stop.signal);
    }),
  );
  const signing = options.tokens.signing;
  const http =
    options.mode === "http" && signing !== undefined
      ? slackHttp({ signingSecret: signing, clock, log }, (event) => app.processEvent(event))
      : async () => new Response(null, { status: 404 });
  return { app, stop, sockets, kept, http, botId: identity.bot, team };
}

function socketOf(options: SlackOptions, api: string, onChange: () => void): Socket {
  const appToken = options.tokens.app;
  if (appToken === undefined) {
    throw new DeskError("CHAT_REFUSED", "Socket Mode needs SLACK_APP_TOKEN (xapp-…); set it, or choose HTTP");
  }
  return openSocket({
    appToken: appToken.reveal(),
    apiUrl: api,
    fetch: politeFetch,
    clock: options.clock,
    log: options.log,
    onChange,
    ...(options.pongMs === undefined ? {} : { pongMs: options.pongMs }),
    ...(options.helloMs === undefined ? {} : { helloMs: options.helloMs }),
  });
}

/** Asks Slack who we are, where a failure can be caught: later it would end the process. */
async function who(app: App, clock: Clock): Promise<{ readonly team: string; readonly bot: string | undefined }> {
  const asked = async () => {
    await app.init();
    const answer = await app.client.auth.test();
    return { team: answer.team_id ?? "", bot: answer.bot_id };
  };
  try {
    return await withDeadline(asked(), AUTH_MS, clock, "Slack's auth.test");
  } catch (error) {
    const word = platformError(error);
    if (word === null) {
      if (error instanceof DeskError) throw error;
      const why = `Slack could not be reached: ${messageOf(error)}; it is tried again`;
      throw new DeskError("CHAT_UNREACHABLE", why, { cause: error });
    }
    throw new DeskError("CHAT_REFUSED", `Slack refused the bot token: ${word}; install the app again and set it anew`, {
      cause: error,
    });
  }
}
