import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, type Faults, answerUnder, bodyOf, faults } from "../faults.ts";
import { serveWebSockets } from "../websocket.ts";
import { type FakeGateway, fakeGateway } from "./gateway.ts";
import { type Guild, guild, route } from "./rest.ts";

/** What the program answered to an interaction, or null where it did not within the time. */
export type FirstResponse = Readonly<Record<string, unknown>> | null;

/** A Discord on loopback: REST and gateway, with state and with faults. */
export interface FakeDiscord {
  readonly url: string;
  readonly guild: Guild;
  /** By "METHOD /path" with ids left out ("POST /channels/messages"), or `*`. */
  readonly faults: Faults;
  readonly gateway: FakeGateway;
  /**
   * Sends an interaction through the gateway and waits for the first response over REST; what comes later than
   * `withinMs`, three seconds where left out, is too late for Discord.
   */
  interact(interaction: { readonly id: string; readonly member?: unknown }, withinMs?: number): Promise<FirstResponse>;
  close(): Promise<void>;
}

/** "POST /channels/messages" of "/channels/123/messages": what a fault is named by. */
const nameOf = (method: string, path: string): string =>
  `${method} ${path
    .split("/")
    .filter((part) => part !== "" && !/^\d+$|^@|^tok-/.test(part))
    .map((part) => `/${part}`)
    .join("")}`;

const userOf = (interaction: { readonly member?: unknown }): string =>
  (interaction.member as { user?: { id?: string } } | undefined)?.user?.id ?? "";

/** Starts it on a free port of loopback. */
export async function openFakeDiscord(): Promise<FakeDiscord> {
  const state = guild();
  const box = faults();
  const waiting = new Map<string, (response: FirstResponse) => void>();
  state.onCallback = (id, response) => {
    waiting.get(id)?.(response);
    waiting.delete(id);
  };
  const server: Server = createServer((request, response) => {
    void (async () => {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const url = new URL(request.url ?? "/", base);
      const path = url.pathname.replace(/^\/api\/v10/, "");
      const body = await bodyOf(request);
      const method = request.method ?? "GET";
      const authorised = request.headers.authorization === `Bot ${state.token}`;
      const open = path.startsWith("/interactions/") || path.startsWith("/webhooks/");
      state.calls.push({ name: nameOf(method, path), at: performance.now() });
      await answerUnder(box.take(nameOf(method, path)), response, (): Answer => {
        if (!open && !authorised) return { status: 401, body: { code: 0, message: "401: Unauthorized" } };
        if (path === "/gateway/bot") {
          const limit = { total: 1_000, remaining: 999, reset_after: 1_000, max_concurrency: 1 };
          return { status: 200, body: { url: base.replace("http", "ws"), shards: 1, session_start_limit: limit } };
        }
        return route(state, method, path, request.headers["content-type"] ?? "", body);
      });
    })();
  });
  const gateway = fakeGateway(state, () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  serveWebSockets(server, () => (gateway.refuses ? 503 : gateway.take));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    guild: state,
    faults: box,
    gateway,
    interact(interaction, withinMs = 3_000) {
      return new Promise<FirstResponse>((resolve) => {
        const standing = { acknowledged: false, expired: false, user: userOf(interaction) };
        const late = setTimeout(() => {
          standing.expired = true;
          resolve(null);
        }, withinMs);
        waiting.set(interaction.id, (response) => {
          clearTimeout(late);
          resolve(response);
        });
        state.interactions.set(interaction.id, standing);
        gateway.dispatch("INTERACTION_CREATE", interaction);
      });
    },
    async close() {
      gateway.cutAll();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
