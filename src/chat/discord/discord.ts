import { REST, Routes } from "discord.js";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { Secret } from "../../kernel/secret.ts";
import type { CommandHead } from "../command-head.ts";
import { withDeadline } from "../deadline.ts";
import { inTurn } from "../outbox-order.ts";
import type { Painter } from "../picture/picture.ts";
import type { Inbound, Sent, Surface, SurfaceHealth } from "../surface.ts";
import { discordCommands } from "./commands.ts";
import { type Gateway, openGateway } from "./gateway.ts";
import { discordHttp } from "./http.ts";
import { apiCode, tokenRefused } from "./outcome.ts";
import { type RespondOptions, answerOverRest, respondTo } from "./respond.ts";
import { REST_OPTIONS } from "./rest.ts";
import { findCard, postCard, postNote, updateCard } from "./send.ts";

/** Discord as its address on the internet. */
export const DISCORD_API_URL = "https://discord.com/api";
const REGISTER_MS = 10_000;
const DOWN: Sent = { outcome: "later", afterMs: 2_000 };

export interface DiscordOptions {
  readonly token: Secret;
  readonly appId: string;
  /** The one server whose people are heard. */
  readonly guildId: string;
  /** 64 hexadecimal digits, for HTTP. */
  readonly publicKey?: string;
  readonly urls?: { readonly api?: string; /** Where people open the console. */ readonly console?: string };
  readonly mode: "gateway" | "http";
  readonly commands: readonly CommandHead[];
  /** Draws the pictures of answers. */
  readonly paint: Painter["paint"];
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds within which the gateway has to let us in; fifteen seconds where left out. */
  readonly loginMs?: number;
}

/** Discord as a surface; `http` answers `POST /discord/interactions` in HTTP mode and 404 otherwise. */
export interface DiscordSurface extends Surface {
  http(request: Request): Promise<Response>;
  /** Asked before an account is linked. @throws what the platform answers */
  standing(user: string): Promise<"member" | "bot" | "gone">;
}

interface Running {
  readonly rest: REST;
  readonly gateway: Gateway | null;
  readonly http: (request: Request) => Promise<Response>;
}

/**
 * Discord through discord.js: verifies, stores, acknowledges, and sends; whoever decides stands behind `inbound`.
 * `start` throws CHAT_REFUSED or CHAT_UNREACHABLE and can be called again.
 */
export function openDiscord(options: DiscordOptions): DiscordSurface {
  const { clock, log } = options;
  const order = inTurn();
  let running: Running | undefined;
  let refused: string | undefined;
  let health: SurfaceHealth = { state: "down", since: clock.now(), why: "not started" };

  const become = (state: SurfaceHealth["state"], why?: string): void => {
    if (health.state === state && health.why === why) return;
    health = { state, since: clock.now(), ...(why === undefined ? {} : { why }) };
    log.info({ state, why }, "discord changed");
  };
  const look = (): void => {
    if (running === undefined) return;
    if (refused !== undefined) become("down", refused);
    else if (running.gateway === null || running.gateway.connected()) become("up");
    else become("down", running.gateway.trouble() ?? "no connection");
  };
  const onError = (method: string, error: unknown): void => {
    log.warn({ method, code: apiCode(error), err: messageOf(error) }, "discord call failed");
    if (!tokenRefused(error)) return;
    refused = "Discord no longer takes the token; set the new one";
    look();
  };
  const send = async (call: (to: Parameters<typeof postCard>[0]) => Promise<Sent>): Promise<Sent> => {
    // A refused token stays refused: ten thousand such calls in ten minutes would ban our address.
    if (running === undefined || refused !== undefined) return DOWN;
    return call({ rest: running.rest, appId: options.appId, consoleUrl: options.urls?.console ?? null, onError });
  };

  return {
    name: "discord",
    health: () => health,
    async start(inbound) {
      become("starting");
      refused = undefined;
      try {
        running = await begin(options, inbound, look);
      } catch (error) {
        become("down", messageOf(error));
        throw error;
      }
      look();
    },
    async stop() {
      const was = running;
      running = undefined;
      become("down", "stopped");
      await was?.gateway?.stop();
    },
    http: async (request) =>
      running?.http(request) ?? new Response(null, { status: 503, headers: { "retry-after": "5" } }),
    post: (channel, card, key) => send((to) => postCard(to, channel, card, key)),
    update: (ref, card) =>
      order(ref.channel + ref.message, card.version, { outcome: "sent", ref }, () =>
        send((to) => updateCard(to, ref, card)),
      ),
    note: (ref, text, picture) => send((to) => postNote(to, ref, text, picture)),
    async find(channel, key) {
      if (running === undefined) throw new DeskError("CHAT_UNREACHABLE", "Discord is not connected; it is tried again");
      return findCard({ rest: running.rest, appId: options.appId, consoleUrl: null, onError }, channel, key);
    },
    async standing(user) {
      if (running === undefined) throw new DeskError("CHAT_UNREACHABLE", "Discord is not connected; it is tried again");
      const member = (await running.rest.get(Routes.guildMember(options.guildId, user)).catch((error: unknown) => {
        if (apiCode(error) === 10_007 || apiCode(error) === 10_013) return null;
        throw error;
      })) as { user?: { bot?: boolean } } | null;
      if (member === null) return "gone";
      return member.user?.bot === true ? "bot" : "member";
    },
  };
}

async function begin(options: DiscordOptions, inbound: Inbound, look: () => void): Promise<Running> {
  const { clock, log } = options;
  const api = options.urls?.api ?? DISCORD_API_URL;
  const rest = new REST({
    ...REST_OPTIONS,
    api,
    timeout: 4_000,
    rejectOnRateLimit: () => true,
  }).setToken(options.token.reveal());
  // https://discord.com/developers/docs/topics/rate-limits#global-rate-limit: interactions are not bound by it, and in a
  // storm of presses the library's own count of 50 a second would leave people without a word.
  const answers = new REST({
    ...REST_OPTIONS,
    api,
    timeout: 2_000,
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
  }).setToken(options.token.reveal());
  const responding: RespondOptions = {
    rest: answers,
    appId: options.appId,
    guild: options.guildId,
    inbound,
    heads: options.commands,
    paint: options.paint,
    clock,
    log,
  };
  await register(options, rest);
  if (options.mode === "http") {
    if (options.publicKey === undefined) {
      throw new DeskError("CHAT_REFUSED", "HTTP interactions need DISCORD_PUBLIC_KEY; set it, or choose the gateway");
    }
    const http = discordHttp({ publicKey: options.publicKey, clock, log }, async (interaction) => {
      const answer = await respondTo(responding, interaction);
      const afterwards = answer?.afterwards;
      if (afterwards !== undefined)
        void afterwards().catch((error: unknown) => log.warn({ err: messageOf(error) }, "answer lost"));
      return answer?.first ?? null;
    });
    return { rest, gateway: null, http };
  }
  const gateway = openGateway({
    token: options.token.reveal(),
    apiUrl: api,
    clock,
    log,
    onChange: look,
    ...(options.loginMs === undefined ? {} : { loginMs: options.loginMs }),
    onInteraction: (interaction) => {
      answerOverRest(responding, interaction).catch((error: unknown) => {
        log.warn({ err: messageOf(error) }, "discord interaction failed");
      });
    },
  });
  await gateway.start();
  return { rest, gateway, http: async () => new Response(null, { status: 404 }) };
}

/** Puts the commands into the one server: at once there, and the same list again changes nothing. */
async function register(options: DiscordOptions, rest: REST): Promise<void> {
  const body = discordCommands(options.commands);
  try {
    await withDeadline(
      rest.put(Routes.applicationGuildCommands(options.appId, options.guildId), { body }),
      REGISTER_MS,
      options.clock,
      "Discord's command registration",
    );
  } catch (error) {
    const code = apiCode(error);
    if (code === null) {
      if (error instanceof DeskError) throw error;
      const why = `Discord could not be reached: ${messageOf(error)}; it is tried again`;
      throw new DeskError("CHAT_UNREACHABLE", why, { cause: error });
    }
    throw new DeskError(
      "CHAT_REFUSED",
      `Discord refused to register the commands (${code}: ${messageOf(error)}); check token, app id and guild`,
      { cause: error },
    );
  }
}
