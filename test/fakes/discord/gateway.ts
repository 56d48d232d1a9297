import type { Peer } from "../websocket.ts";
import { APP, type Guild, GUILD } from "./rest.ts";

/** The gateway: one session that can be resumed, and ways to lose it. */
export interface FakeGateway {
  readonly take: (peer: Peer) => void;
  readonly peers: Peer[];
  /** Every identify and resume that was seen. */
  readonly seen: string[];
  /** New connections get 503. */
  refuses: boolean;
  /** No HELLO: the login hangs. */
  silent: boolean;
  /** Heartbeats stay without an acknowledgement. */
  deaf: boolean;
  heartbeatMs: number;
  /** Sends an event; while nobody is connected it is kept for RESUME. */
  dispatch(type: string, data: unknown): void;
  /** Sends a bare opcode: 7 asks to reconnect, 9 ends the session. */
  opcode(op: number, data?: unknown): void;
  close(code: number): void;
  cutAll(): void;
}

interface Packet {
  readonly op: number;
  readonly d?: unknown;
  readonly s?: number | null;
  readonly t?: string | null;
}

const UNKNOWN_TOKEN = 4_004;

export function fakeGateway(state: Guild, url: () => string): FakeGateway {
  const peers: Peer[] = [];
  const seen: string[] = [];
  const history: Packet[] = [];
  let sequence = 0;
  let session = "session-1";
  let ready: Peer | undefined;

  const packet = (op: number, d: unknown = null): string => JSON.stringify({ op, d, s: null, t: null });
  const event = (t: string, d: unknown): Packet => {
    sequence += 1;
    return { op: 0, d, s: sequence, t };
  };
  const identify = (peer: Peer, token: string): void => {
    seen.push("identify");
    if (token !== state.token) {
      peer.close(UNKNOWN_TOKEN, "Authentication failed.");
      return;
    }
    session = `session-${seen.length}`;
    history.length = 0;
    sequence = 0;
    const user = { id: APP, username: "breakwater", discriminator: "0", avatar: null, bot: true, flags: 0 };
    const first = event("READY", {
      v: 10,
      user,
      guilds: [{ id: GUILD, unavailable: true }],
      session_id: session,
      resume_gateway_url: url(),
      application: { id: APP, flags: 0 },
      shard: [0, 1],
    });
    peer.send(JSON.stringify(first));
    peer.send(JSON.stringify(event("GUILD_CREATE", GUILD_DATA)));
    ready = peer;
  };
  const resume = (peer: Peer, from: { token: string; session_id: string; seq: number }): void => {
    seen.push("resume");
    if (from.token !== state.token) {
      peer.close(UNKNOWN_TOKEN, "Authentication failed.");
      return;
    }
    if (from.session_id !== session) {
      peer.send(packet(9, false));
      return;
    }
    for (const missed of history.filter((one) => (one.s ?? 0) > from.seq)) peer.send(JSON.stringify(missed));
    peer.send(JSON.stringify(event("RESUMED", {})));
    ready = peer;
  };

  const gateway: FakeGateway = {
    peers,
    seen,
    refuses: false,
    silent: false,
    deaf: false,
    heartbeatMs: 30_000,
    take(peer) {
      peers.push(peer);
      peer.onClose = () => {
        peers.splice(peers.indexOf(peer), 1);
        if (ready === peer) ready = undefined;
      };
      peer.onText = (text) => {
        const { op, d } = JSON.parse(text) as Packet;
        if (op === 1 && !gateway.deaf) peer.send(packet(11));
        if (op === 2) identify(peer, (d as { token: string }).token);
        if (op === 6) resume(peer, d as { token: string; session_id: string; seq: number });
      };
      if (!gateway.silent) peer.send(packet(10, { heartbeat_interval: gateway.heartbeatMs }));
    },
    dispatch(type, data) {
      const one = event(type, data);
      history.push(one);
      ready?.send(JSON.stringify(one));
    },
    opcode(op, data) {
      ready?.send(packet(op, data));
    },
    close(code) {
      ready?.close(code, "told to");
    },
    cutAll() {
      while (peers.length > 0) peers[0]?.cut();
    },
  };
  return gateway;
}

/** The least that discord.js takes for a server. */
const GUILD_DATA = {
  id: GUILD,
  name: "desk",
  unavailable: false,
  icon: null,
  features: [],
  roles: [],
  emojis: [],
  stickers: [],
  channels: [],
  threads: [],
  members: [],
  presences: [],
  voice_states: [],
  stage_instances: [],
  guild_scheduled_events: [],
  member_count: 1,
  owner_id: "1",
  joined_at: "2026-01-01T00:00:00.000Z",
  large: false,
  preferred_locale: "en-US",
  verification_level: 0,
  default_message_notifications: 0,
  explicit_content_filter: 0,
  mfa_level: 0,
  nsfw_level: 0,
  premium_tier: 0,
  system_channel_flags: 0,
  afk_timeout: 300,
};
