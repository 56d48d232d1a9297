import { Client, Events, GatewayIntentBits } from "discord.js";
import type { Clock } from "../../kernel/clock.ts";
import { DeskError, messageOf } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import { withDeadline } from "../deadline.ts";
import { REST_OPTIONS } from "./rest.ts";

/** Login neither resolves nor rejects where the gateway refuses connections. */
const LOGIN_MS = 15_000;
/** Discord asks for a heartbeat about every 41 s; two missed ones and a little is silence. */
const SILENT_MS = 100_000;
const WATCH_MS = 5_000;
const LEAVE_MS = 2_000;

export interface GatewayOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Raw interactions, in the order they came; may be the same one twice after a resume. */
  readonly onInteraction: (interaction: unknown) => void;
  readonly onChange: () => void;
  /** Fifteen seconds where left out. */
  readonly loginMs?: number;
}

/** A connection to Discord's gateway. */
export interface Gateway {
  start(): Promise<void>;
  stop(): Promise<void>;
  connected(): boolean;
  trouble(): string | undefined;
}

interface RawPacket {
  t: string | null;
  readonly d: unknown;
}

/**
 * The gateway through discord.js. Its own status stays "ready" after a token reset, so health comes from its events
 * and from the age of the last heartbeat.
 */
export function openGateway(options: GatewayOptions): Gateway {
  const { clock, log } = options;
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    rest: { ...REST_OPTIONS, api: options.apiUrl, timeout: 5_000, rejectOnRateLimit: () => true },
  });
  endForGood(client, clock, log);
  let up = false;
  let why: string | undefined = "not connected";
  let ended = false;
  let unwatch = (): void => {};
  const change = (connected: boolean, reason?: string): void => {
    up = connected && !ended;
    why = reason;
    if (!ended) options.onChange();
  };
  client.on(Events.ClientReady, () => change(true));
  client.on(Events.ShardReady, () => change(true));
  client.on(Events.ShardResume, () => change(true));
  client.on(Events.ShardReconnecting, () => change(false, "reconnecting"));
  client.on(Events.ShardDisconnect, (event) => change(false, closeReason(event.code)));
  client.on(Events.Invalidated, () => change(false, "Discord ended the session; the token may have been reset"));
  client.on(Events.ShardError, (error) => log.warn({ err: messageOf(error) }, "discord gateway failed"));
  client.on(Events.Error, (error) => log.warn({ err: messageOf(error) }, "discord client failed"));
  const onRaw = (packet: RawPacket): void => {
    if (packet.t !== "INTERACTION_CREATE") return;
    // Taken away from the library: its own parsing throws on shapes it does not expect, where nobody can catch it.
    packet.t = "BREAKWATER_TOOK_IT";
    options.onInteraction(packet.d);
  };
  (client as unknown as { on(event: string, listener: (packet: RawPacket) => void): void }).on(Events.Raw, onRaw);

  const watch = (): void => {
    const beat = client.ws.shards.first()?.lastPingTimestamp ?? -1;
    const age = clock.now().getTime() - beat;
    if (up && beat > 0 && age > SILENT_MS) change(false, `no heartbeat for ${Math.round(age / 1_000)} s`);
  };
  return {
    connected: () => up,
    trouble: () => why,
    async start() {
      const ready = new Promise<void>((resolve) => {
        client.once(Events.ClientReady, () => resolve());
      });
      try {
        const login = Promise.all([client.login(options.token), ready]);
        await withDeadline(login, options.loginMs ?? LOGIN_MS, clock, "Discord's login");
      } catch (error) {
        ended = true;
        await client.destroy();
        if (error instanceof DeskError) throw error;
        throw loginError(error);
      }
      unwatch = clock.every(WATCH_MS, watch);
    },
    async stop() {
      unwatch();
      ended = true;
      up = false;
      await client.destroy();
    },
  };
}

/** discord.js names what a person has to change; all else is the network or Discord itself. */
const OURS = new Set(["TokenInvalid", "TokenMissing", "InvalidIntents", "DisallowedIntents"]);

function loginError(error: unknown): DeskError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return OURS.has(code)
    ? new DeskError("CHAT_REFUSED", `Discord refused the login: ${messageOf(error)}; check DISCORD_TOKEN`, {
        cause: error,
      })
    : new DeskError(
        "CHAT_UNREACHABLE",
        `Discord's gateway could not be reached: ${messageOf(error)}; it is tried again`,
        {
          cause: error,
        },
      );
}

interface Shard {
  internalConnect(): Promise<void>;
  readonly connection?: { terminate?(): void } | null;
}
interface Inside {
  destroy(): Promise<void>;
  readonly _ws?: { readonly strategy?: { readonly shards?: ReadonlyMap<number, Shard> } };
}

/**
 * Makes the library's own end final. A shard that is between two tries is "idle" to it: its `destroy` passes that shard
 * by, and half a second later it connects again and would take clicks that nobody answers. So the shards unlearn
 * connecting before they are destroyed; the library destroys them itself where a login fails. And it waits for a server
 * that may never answer, so the line is cut after a while of politeness.
 */
function endForGood(client: Client, clock: Clock, log: Log): void {
  const inside = client.ws as unknown as Inside;
  const destroy = inside.destroy.bind(inside);
  inside.destroy = async () => {
    const shards = [...(inside._ws?.strategy?.shards?.values() ?? [])];
    for (const shard of shards) shard.internalConnect = async () => {};
    await withDeadline(destroy(), LEAVE_MS, clock, "leaving Discord's gateway").catch((error: unknown) =>
      log.warn({ err: messageOf(error) }, "discord gateway left"),
    );
    for (const shard of shards) shard.connection?.terminate?.();
  };
}

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
function closeReason(code: number): string {
  if (code === 4_004) return "Discord no longer takes the token (4004); set the new one";
  if (code === 4_014 || code === 4_013) return `Discord refuses our intents (${code})`;
  return `Discord closed the connection (${code})`;
}
